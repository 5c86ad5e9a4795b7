"""FDK, KDM and KDM-F: a diffusion policy distilled into one step of a linear operator.

Four pieces: pairs of the teacher's own map from noise to chunk (`FromTeacher`, or
`write_pairs` and `FromShards`); `Student`, the one-step policy around a Koopman
operator; what it descends (`DNK`, `KDM`, `KDMF`); and `KoopmanDistiller`, which puts
them to work.
"""

from ._distiller import KoopmanDistiller as KoopmanDistiller
from ._distiller import Source as Source
from ._from_teacher import FromTeacher as FromTeacher
from ._from_teacher import Score as Score
from ._losses import Terms as Terms
from ._losses import dnk_terms as dnk_terms
from ._losses import first_action_weight as first_action_weight
from ._losses import kdm_terms as kdm_terms
from ._losses import kdmf_terms as kdmf_terms
from ._objectives import DNK as DNK
from ._objectives import KDM as KDM
from ._objectives import KDMF as KDMF
from ._objectives import Objective as Objective
from ._operators import DecomposedKoopman as DecomposedKoopman
from ._operators import DenseKoopman as DenseKoopman
from ._operators import DynamicKoopman as DynamicKoopman
from ._operators import Operator as Operator
from ._pairs import Pairs as Pairs
from ._pairs import Temperatures as Temperatures
from ._pairs import endpoint as endpoint
from ._pairs import quantile_weights as quantile_weights
from ._recipes import DNKRecipe as DNKRecipe
from ._recipes import KDMFRecipe as KDMFRecipe
from ._recipes import KDMRecipe as KDMRecipe
from ._shards import FromShards as FromShards
from ._shards import Windows as Windows
from ._shards import read_pairs as read_pairs
from ._shards import write_pairs as write_pairs
from ._sizes import Sizes as Sizes
from ._student import Student as Student

__version__ = "0.1.0"
