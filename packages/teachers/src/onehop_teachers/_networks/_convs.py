"""A small convolutional network: pictures to a map of features.

    h = relu(conv(picture))      5 x 5, at every second place
    h = relu(conv(h))            3 x 3, the first at every second place, others at all

A quarter of height and width is left, fine enough for `KeyPoints` to say where things
are, and the last features see about 40 pixels across. A decision by this, and not by
`ResNet18`, takes a CPU milliseconds. Nothing is normalised: so few layers learn without
it, and it would take a third of the time.

References:
    | End-to-End Training of Deep Visuomotor Policies (Levine et al., 2016), whose
    | encoder is of this kind | https://arxiv.org/abs/1504.00702
"""

import itertools
from collections.abc import Sequence
from typing import cast, final

from torch import Tensor, nn

from onehop_interfaces import BadInput

__all__ = ["Convolutions"]


@final
class Convolutions(nn.Module):
    """(B, 3, H, W) -> (B, C, H / 4, W / 4), rounded up.

    Args:
        widths: Channels after each convolution, of two or more.

    Raises:
        BadInput: if there are no such networks.
    """

    def __init__(self, widths: Sequence[int] = (16, 32, 32, 32)) -> None:
        super().__init__()
        if len(widths) < 2 or min(widths) < 1:
            raise BadInput(
                f"Convolutions.widths: expected two or more, each 1 or more, got "
                f"{tuple(widths)}"
            )
        self.widths = tuple(widths)
        self.first = nn.Conv2d(3, widths[0], 5, stride=2, padding=2)
        self.others = nn.ModuleList(
            nn.Conv2d(before, width, 3, stride=2 if i == 0 else 1, padding=1)
            for i, (before, width) in enumerate(itertools.pairwise(widths))
        )

    def forward(self, pictures: Tensor) -> Tensor:
        """Features of pictures."""
        h = self.first(pictures).relu()
        for convolution in self.others:
            h = convolution(h).relu()
        return cast(Tensor, h)
