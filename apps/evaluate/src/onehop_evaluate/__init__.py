"""Evaluate policies side by side.

The command is ``onehop-evaluate``; its parts are here for use from Python.
"""

from ._cost import Cost as Cost
from ._cost import cost_of as cost_of
from ._diversity import drawn_plans as drawn_plans
from ._diversity import mode_entropy as mode_entropy
from ._diversity import spread as spread
from ._entries import Entry as Entry
from ._entries import Role as Role
from ._entries import entries_of as entries_of
from ._episode import Episode as Episode
from ._episode import Record as Record
from ._evaluation import Conditions as Conditions
from ._evaluation import evaluate as evaluate
from ._evaluation import roll_out as roll_out
from ._figures import extent_of as extent_of
from ._figures import save as save
from ._figures import scene as scene
from ._latency import Latency as Latency
from ._latency import decider as decider
from ._latency import measure_latency as measure_latency
from ._latency import threads as threads
from ._likeness import Likeness as Likeness
from ._likeness import carried_out as carried_out
from ._likeness import likeness as likeness
from ._over_tasks import Tasks as Tasks
from ._over_tasks import mean_over_tasks as mean_over_tasks
from ._over_tasks import ratio_over_tasks as ratio_over_tasks
from ._over_tasks import success_over_tasks as success_over_tasks
from ._progress import progress_bars as progress_bars
from ._provenance import provenance as provenance
from ._results import read_results as read_results
from ._results import results as results
from ._rollout import Rollouts as Rollouts
from ._rollout import chance as chance
from ._rollout import rollout as rollout
from ._rollout import windows as windows
from ._row import Measured as Measured
from ._row import Row as Row
from ._row import Timed as Timed
from ._row import rows_of as rows_of
from ._statistics import Estimate as Estimate
from ._statistics import mean as mean
from ._statistics import paired_difference as paired_difference
from ._statistics import proportion as proportion
from ._use import Use as Use
from .columns import Column as Column
from .columns import difference as difference
from .columns import estimate as estimate
from .columns import markdown as markdown

__version__ = "0.1.0"
