"""The adapter: a network that another project trained, as a teacher.

    x = c_skip x_t + c_out F(c_in x_t, c_time, cond)

is every denoiser here, and a convention (`_convention`) says which coefficients and
which time make a foreign F one. So the adapter is a `DiffusionTeacher` of parts in the
right clothes: its samplers, methods and loss are those of all others.

What goes wrong elsewhere, and what holds here:

* A table's times are integers, and reach the network as int64.
* Observations in double precision come in the encoder's precision, single if it has no
  weights.
* Diffusers clips x by default, and so does the teacher, to what the config says.
* A plan that starts at the first frame seen says so: `Signature(now=n_obs - 1)`.
"""

from torch import nn

from onehop_interfaces import Signature

from ._convention import Convention
from ._foreign import Call, Encode, Encoded, Normalise, Normalised
from ._teacher import DiffusionTeacher

__all__ = ["foreign_teacher"]


def foreign_teacher(
    net: nn.Module,
    convention: Convention,
    signature: Signature,
    encode: Encode,
    normalise: Normalise | None = None,
    denormalise: Normalise | None = None,
    call: Call | None = None,
) -> DiffusionTeacher:
    """A teacher of another project's network, in evaluation mode.

    Args:
        net: The network, trained; (x_t (B, H, A), t (B,), cond (B, C)) -> (B, H, A).
        convention: What its time and its answer mean: `diffusers_convention` or
            `flow_convention`.
        signature: What policies made from it take and give.
        encode: Observations, each (B, n_obs, ...), to conditions; a module if it has
            weights.
        normalise: (actions, obs) -> x; None if the network's chunks are actions.
        denormalise: (x, obs) -> actions, its inverse.
        call: (net, x_t, t, cond) -> (B, H, A), for a network with other arguments.

    Raises:
        BadInput: if the convention's noise is at a time, its time's scale or its clip a
            number that cannot be.
    """
    return DiffusionTeacher(
        signature,
        convention.schedule,
        convention.preconditioning,
        convention.wrap(net, call),
        Encoded(encode),
        Normalised(normalise, denormalise),
        convention.clip,
    ).eval()
