"""Evaluate policies side by side.

The command is ``onehop-evaluate``; its parts are here for use from Python.
"""

from ._cost import Cost as Cost
from ._cost import cost_of as cost_of
from ._diversity import Modes as Modes
from ._diversity import mode_entropy as mode_entropy
from ._diversity import modes_of as modes_of
from ._diversity import spread as spread
from ._entries import Entry as Entry
from ._entries import entries_of as entries_of
from ._episode import Episode as Episode
from ._evaluation import Conditions as Conditions
from ._evaluation import evaluate as evaluate
from ._evaluation import roll_out as roll_out
from ._figures import save as save
from ._figures import scene as scene
from ._latency import Latency as Latency
from ._latency import decider as decider
from ._latency import measure_latency as measure_latency
from ._latency import threads as threads
from ._progress import progress_bars as progress_bars
from ._provenance import provenance as provenance
from ._results import results as results
from ._rollout import Rollouts as Rollouts
from ._rollout import chance as chance
from ._rollout import rollout as rollout
from ._row import Measured as Measured
from ._row import Row as Row
from ._starts import Start as Start
from ._starts import Starts as Starts
from ._statistics import Estimate as Estimate
from ._statistics import mean as mean
from ._statistics import paired_difference as paired_difference
from ._statistics import proportion as proportion
from ._table import Column as Column
from ._table import difference as difference
from ._table import estimate as estimate
from ._table import markdown as markdown
from ._tasks import AVOIDING as AVOIDING
from ._tasks import PUSHT as PUSHT
from ._tasks import TASKS as TASKS
from ._tasks import Task as Task

__version__ = "0.1.0"
