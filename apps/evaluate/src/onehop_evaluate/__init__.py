"""Evaluate policies side by side.

The command is ``onehop-evaluate``; its parts are here for use from Python.
"""

from ._cost import Cost as Cost
from ._cost import cost_of as cost_of
from ._entries import Entry as Entry
from ._entries import entries_of as entries_of
from ._evaluation import Conditions as Conditions
from ._evaluation import evaluate as evaluate
from ._latency import Latency as Latency
from ._latency import decider as decider
from ._latency import measure_latency as measure_latency
from ._latency import threads as threads
from ._rollout import Rollouts as Rollouts
from ._rollout import rollout as rollout
from ._row import Measured as Measured
from ._row import Row as Row
from ._starts import Start as Start
from ._starts import Starts as Starts
from ._statistics import Estimate as Estimate
from ._statistics import mean as mean
from ._statistics import paired_difference as paired_difference
from ._statistics import proportion as proportion
from ._tasks import PUSHT as PUSHT
from ._tasks import TASKS as TASKS
from ._tasks import Task as Task

__version__ = "0.1.0"
