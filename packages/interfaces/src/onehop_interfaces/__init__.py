"""The narrow waist of onehop: what a teacher, a policy and a distiller are.

Everything here is a protocol, a frozen dataclass or plain arithmetic, and needs
nothing but the standard library at run time. The modules beside it use torch or numpy
and are imported by name. Policies act by :mod:`onehop_interfaces.acting` on what
:mod:`onehop_interfaces.history` (numpy) keeps; methods share
:mod:`onehop_interfaces.learning` (a student under training),
:mod:`onehop_interfaces.drawing` (noise and first weights from one seed),
:mod:`onehop_interfaces.gain` (where a denoised chunk can be trusted) and
:mod:`onehop_interfaces.spaces` (a teacher without its network), and say in
:mod:`onehop_interfaces.options` what their numbers may be; what comes from others
:mod:`onehop_interfaces.pickles` (numpy) reads as data; their tests share
:mod:`onehop_interfaces.exact` (teachers whose answer is known in closed form) and
:mod:`onehop_interfaces.testing` (the conformance kit).
"""

from ._algebra import eps_of as eps_of
from ._algebra import expand as expand
from ._algebra import noisy as noisy
from ._algebra import score_of as score_of
from ._algebra import velocity_of as velocity_of
from ._distiller import Batch as Batch
from ._distiller import Distiller as Distiller
from ._distiller import Minimise as Minimise
from ._distiller import Recipe as Recipe
from ._distiller import StudentDistiller as StudentDistiller
from ._distiller import minimise as minimise
from ._errors import BadInput as BadInput
from ._errors import exit_on_bad_input as exit_on_bad_input
from ._errors import named as named
from ._errors import naming as naming
from ._errors import reading as reading
from ._files import file_size as file_size
from ._files import parse_json as parse_json
from ._files import put_in_place as put_in_place
from ._files import read_file as read_file
from ._files import read_json as read_json
from ._files import whole_file as whole_file
from ._files import writing as writing
from ._lock import LOCK as LOCK
from ._lock import locked as locked
from ._path import PathPoint as PathPoint
from ._path import ddim_path as ddim_path
from ._path import ddim_step as ddim_step
from ._policy import Chance as Chance
from ._policy import Obs as Obs
from ._policy import Policy as Policy
from ._policy import Signature as Signature
from ._policy import Student as Student
from ._schedule import Domain as Domain
from ._schedule import Schedule as Schedule
from ._seal import SEAL as SEAL
from ._seal import UNSEALED as UNSEALED
from ._seal import check_seal as check_seal
from ._seal import seal as seal
from ._settings import number as number
from ._settings import settings as settings
from ._settings import whole as whole
from ._teacher import Denoiser as Denoiser
from ._teacher import Spaces as Spaces
from ._teacher import Teacher as Teacher
from ._versions import sources_sha256 as sources_sha256
from ._versions import versions as versions
from ._workers import workers as workers

__version__ = "0.1.0"
