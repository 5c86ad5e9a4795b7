"""Multi-step diffusion teachers: schedules, networks, encoders, samplers, checkpoints.

teacher = pusht_teacher().fit(obs, actions)
training = TeacherTraining(teacher, TeacherRecipe(), Run(steps=24_000))
policy = SampledPolicy(teacher, ddim, steps=10)
"""

from ._adapter import foreign_teacher as foreign_teacher
from ._augment import Augment as Augment
from ._augment import crops as crops
from ._augment import in_turn as in_turn
from ._augment import jitter as jitter
from ._augment import random_crop as random_crop
from ._betas import Betas as Betas
from ._betas import Laplace as Laplace
from ._betas import LinearBetas as LinearBetas
from ._betas import ScaledLinearBetas as ScaledLinearBetas
from ._betas import SigmoidBetas as SigmoidBetas
from ._betas import SquaredCosine as SquaredCosine
from ._betas import TrainedBetas as TrainedBetas
from ._budget import within_budget as within_budget
from ._checkpoint import Checkpoint as Checkpoint
from ._checkpoint import checkpoint_in as checkpoint_in
from ._checkpoint import load_checkpoint as load_checkpoint
from ._checkpoint import load_weights as load_weights
from ._checkpoint import save_checkpoint as save_checkpoint
from ._config import from_config as from_config
from ._config import to_config as to_config
from ._convention import Convention as Convention
from ._convention import flow_convention as flow_convention
from ._convention import flow_grid as flow_grid
from ._diffusers import diffusers_convention as diffusers_convention
from ._features import ActionSpace as ActionSpace
from ._features import Encoder as Encoder
from ._features import Flatten as Flatten
from ._features import Joined as Joined
from ._features import RelativeActions as RelativeActions
from ._features import RelativeKeypoints as RelativeKeypoints
from ._features import ScaledActions as ScaledActions
from ._foreign import Encoded as Encoded
from ._foreign import ForeignFlow as ForeignFlow
from ._foreign import ForeignTable as ForeignTable
from ._foreign import Normalised as Normalised
from ._framewise import Framewise as Framewise
from ._identity import checkpoint_sha256 as checkpoint_sha256
from ._inpainted import Inpainted as Inpainted
from ._known import COND as COND
from ._known import Known as Known
from ._known import known as known
from ._known import seeing as seeing
from ._latest import Latest as Latest
from ._networks import Average as Average
from ._networks import Convolutions as Convolutions
from ._networks import KeyPoints as KeyPoints
from ._networks import ResidualMLP as ResidualMLP
from ._networks import ResNet18 as ResNet18
from ._networks import UNet1D as UNet1D
from ._picture import Picture as Picture
from ._places import RelativePlaces as RelativePlaces
from ._plans import ScaledPlans as ScaledPlans
from ._policy import SampledPolicy as SampledPolicy
from ._preconditioning import Coefficients as Coefficients
from ._preconditioning import Karras as Karras
from ._preconditioning import Preconditioning as Preconditioning
from ._preconditioning import PredictEps as PredictEps
from ._preconditioning import PredictFlow as PredictFlow
from ._preconditioning import PredictV as PredictV
from ._preconditioning import PredictX as PredictX
from ._samplers import Grid as Grid
from ._samplers import Sampler as Sampler
from ._samplers import ddim as ddim
from ._samplers import ddim_raw_eps as ddim_raw_eps
from ._samplers import ddpm as ddpm
from ._samplers import euler as euler
from ._samplers import heun as heun
from ._schedule import EDM as EDM
from ._schedule import Cosine as Cosine
from ._schedule import Flow as Flow
from ._standard import avoiding_teacher as avoiding_teacher
from ._standard import kinova_teacher as kinova_teacher
from ._standard import locomotion_teacher as locomotion_teacher
from ._standard import pusht_pixels_teacher as pusht_pixels_teacher
from ._standard import pusht_teacher as pusht_teacher
from ._statistics import Standardise as Standardise
from ._statistics import check_statistics as check_statistics
from ._stored import load_teacher as load_teacher
from ._stored import save_teacher as save_teacher
from ._teacher import DiffusionSpaces as DiffusionSpaces
from ._teacher import DiffusionTeacher as DiffusionTeacher
from ._training import DrawTimes as DrawTimes
from ._training import TeacherRecipe as TeacherRecipe
from ._training import TeacherTraining as TeacherTraining
from ._training import log_normal_times as log_normal_times
from ._training import uniform_times as uniform_times

__version__ = "0.1.0"
