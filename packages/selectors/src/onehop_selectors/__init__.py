"""Choosing among candidates: selectors, and the policy that carries out the best plan.

`BestOf` lets a policy plan several times; a `Selector` scores the plans: a critic
learnt by `IQL`, or geometry.
"""

from ._actor_policy import ActorPolicy as ActorPolicy
from ._best_of import BestOf as BestOf
from ._best_of import candidates as candidates
from ._extraction import Advantage as Advantage
from ._extraction import Extraction as Extraction
from ._geometry import Ball as Ball
from ._geometry import Box as Box
from ._geometry import clearance as clearance
from ._geometry import effort as effort
from ._guided import Guided as Guided
from ._guided import Value as Value
from ._iql import IQL as IQL
from ._iql import IQLRecipe as IQLRecipe
from ._iql import expectile_loss as expectile_loss
from ._judge import Judge as Judge
from ._judge_learning import JudgeLearning as JudgeLearning
from ._networks import Actor as Actor
from ._networks import StateValue as StateValue
from ._networks import TwinCritic as TwinCritic
from ._q_selector import QSelector as QSelector
from ._recalled import Recalled as Recalled
from ._returns import ReturnClassifier as ReturnClassifier
from ._returns import Returning as Returning
from ._returns import ReturnLearning as ReturnLearning
from ._returns import ReturnRecipe as ReturnRecipe
from ._returns import ReturnSelector as ReturnSelector
from ._selector import Selector as Selector
from ._selector import first_best as first_best
from ._tempered import Tempered as Tempered
from ._transitions import Transitions as Transitions
from ._v_selector import VSelector as VSelector

__version__ = "0.1.0"
