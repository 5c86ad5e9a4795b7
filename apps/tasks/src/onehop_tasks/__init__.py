"""What policies are taught and judged by: one home for every task."""

from ._choice import Choice as Choice
from ._demonstrator import Demonstrator as Demonstrator
from ._demonstrator import Manner as Manner
from ._measure import Measure as Measure
from ._measure import Outcome as Outcome
from ._measure import maximum as maximum
from ._measure import mean as mean
from ._scene import Picture as Picture
from ._scene import Scene as Scene
from ._scene import named as named
from ._starts import Start as Start
from ._starts import Starts as Starts
from ._study import Budget as Budget
from ._study import Group as Group
from ._study import Study as Study
from ._task import Task as Task
from ._tasks import STUDIES as STUDIES
from ._tasks import TASKS as TASKS
from ._tasks import families as families
from ._tasks import study_named as study_named
from ._tasks import task_named as task_named

__version__ = "0.1.0"
