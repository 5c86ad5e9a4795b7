"""VDD: a diffusion policy distilled into a mixture of Gaussian experts.

`Student` is the policy, one network call to a `Mixture` whose density is known exactly.
`VDD` trains it from a teacher's score; `WeightedEM` trains it from data, by EM or by
IMC's curriculum. The losses are `expert_loss`, `likelihood_loss` and `gate_loss`.
"""

from ._data_loss import Curriculum as Curriculum
from ._data_loss import Weigh as Weigh
from ._data_loss import gate_loss as gate_loss
from ._data_loss import likelihood_loss as likelihood_loss
from ._data_loss import responsibilities as responsibilities
from ._expert_loss import Bound as Bound
from ._expert_loss import Score as Score
from ._expert_loss import expert_loss as expert_loss
from ._expert_loss import marginal_score as marginal_score
from ._expert_loss import rescaled_score as rescaled_score
from ._experts import Experts as Experts
from ._experts import Network as Network
from ._mixture import Mixture as Mixture
from ._recipes import EMRecipe as EMRecipe
from ._recipes import IMCRecipe as IMCRecipe
from ._recipes import VDDRecipe as VDDRecipe
from ._student import Choose as Choose
from ._student import Draw as Draw
from ._student import Student as Student
from ._student import expert_mean as expert_mean
from ._student import expert_sample as expert_sample
from ._student import likeliest_expert as likeliest_expert
from ._student import sampled_expert as sampled_expert
from ._vdd import VDD as VDD
from ._weighted_em import WeightedEM as WeightedEM

__version__ = "0.1.0"
