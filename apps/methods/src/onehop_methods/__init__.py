"""The distillation methods that the commands know, and their students' checkpoints."""

from ._choosers import Chooser as Chooser
from ._choosers import load_chooser as load_chooser
from ._judges import load_judge as load_judge
from ._judges import save_judge as save_judge
from ._methods import METHODS as METHODS
from ._methods import FromTeacher as FromTeacher
from ._methods import Method as Method
from ._methods import Temperatures as Temperatures
from ._methods import write_pairs as write_pairs
from ._policies import load_policy as load_policy
from ._policies import save_policy as save_policy
from ._returns import Returns as Returns
from ._returns import load_returns as load_returns
from ._returns import save_returns as save_returns

__version__ = "0.1.0"
