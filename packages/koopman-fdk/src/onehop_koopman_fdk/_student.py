"""The student: encode the prior, move the latent once, decode the chunk.

    z = E(prior, cond),     z' = A(z) + B cond,     x = D(z')

FDK shows the condition to the encoder and has no B; KDM the other way round. The
network is the student's own; of the teacher it keeps the spaces alone, so the numbers
that a robot has to hold are those of E, A, B, D and the observation encoder.

FDK's encoder and decoder may start as the two halves of the teacher's network, trunk
and last layer, where it has such: E is then told the noisiest time T for priors and the
least noisy for targets, and before training the student *is* the teacher's single step,
for its operator starts as the identity. That start is ours; the paper's is fresh.

A decoder that is linear and FDK's P are one matrix at decisions,

    x = D P (gamma(z) ⊙ Q z) = (D P) (gamma(z) ⊙ Q z),

of as many rows as the chunk has numbers. It is multiplied out once, when the student is
put into evaluation mode or given weights in it.

References:
    | Dynamic Neural Koopman / FDK, 2026 | https://arxiv.org/abs/2605.24924
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from math import prod
from typing import Any, Self, cast

import torch
from torch import Tensor, nn

from onehop_interfaces import (
    BadInput,
    Spaces,
    Teacher,
    named,
    number,
    settings,
    whole,
)
from onehop_interfaces.acting import Acting
from onehop_interfaces.spaces import Halves, cond_dim, halves_of, spaces_of

from ._networks import AtEnds, mlp
from ._operators import DecomposedKoopman, DenseKoopman, DynamicKoopman, Operator
from ._sizes import Sizes

__all__ = ["Student"]

OPERATORS: Mapping[str, type[Operator]] = {
    cls.__name__: cls for cls in (DynamicKoopman, DenseKoopman, DecomposedKoopman)
}

FLAGS = "encode_cond", "control"
NAMES = "operator", *FLAGS, "latent", "width", "depth", "transitions", "temperature"
LATER = {"from_teacher": False, "blocks": None, "gamma_width": None}
"""Settings that the files of older students have not."""

MOST_TRANSITIONS = 1000
"""Of a student that is read from a file."""


class Student(Acting):
    """A policy that decides in one pass through encoder, operator and decoder.

    Args:
        teacher: Whose spaces it works in; copied, without the network.
        operator: What moves the latent.
        sizes: How large it is made.
        from_teacher: Whether encoder and decoder start as the halves of the teacher's
            network, which then say how large they are.
        encode_cond: Whether the encoder sees the condition (FDK).
        control: Whether the condition is added to the moved latent (KDM).
        transitions: J, how often the operator is applied.
        temperature: tau of the prior at decisions, N(0, tau^2).

    Raises:
        BadInput: if the teacher's network is not to be had in halves, or has fewer
            blocks.
    """

    DP: Tensor | None

    def __init__(
        self,
        teacher: Teacher,
        operator: type[Operator] = DynamicKoopman,
        sizes: Sizes = Sizes(),  # noqa: B008 - it cannot change
        *,
        from_teacher: bool = False,
        encode_cond: bool = True,
        control: bool = False,
        transitions: int = 1,
        temperature: float = 1.0,
    ) -> None:
        super().__init__()
        self.kept = cast(nn.Module, spaces_of(teacher))
        self.cond_dim = cond_dim(teacher)
        self.encode_cond = encode_cond
        self.sizes = sizes
        self.transitions = transitions
        self.temperature = temperature
        self.from_teacher = from_teacher
        self.encoder: nn.Module
        self.decoder: nn.Module
        if from_teacher:
            trunk, last = _halves(teacher, sizes.blocks)
            self.encoder, self.decoder = AtEnds(teacher.schedule, trunk), last
            self.sizes = sizes = replace(sizes, latent=last.in_features)
        else:
            numbers = prod(self.signature.chunk)
            self.encoder = self.new_encoder()
            self.decoder = mlp(sizes.latent, numbers, sizes.width, sizes.depth)
        width = sizes.gamma_width
        self.operator = operator(sizes.latent, **({"width": width} if width else {}))
        self.control = nn.Linear(self.cond_dim, sizes.latent) if control else None
        self.register_buffer("DP", None, persistent=False)
        self.register_load_state_dict_post_hook(_fold)  # type: ignore[no-untyped-call]

    @property
    def spaces(self) -> Spaces:
        """The teacher's."""
        return cast(Spaces, self.kept)

    def train(self, mode: bool = True) -> Self:
        """What is frozen stays in evaluation mode: it must not drift or drop out."""
        super().train(mode)
        learns = any(p.requires_grad for p in self.kept.parameters())
        self.kept.train(mode and learns)
        self.fold()
        return self

    @torch.no_grad()
    def fold(self) -> None:
        """Multiply out what is one matrix at decisions; while it learns it is two."""
        self.DP, D, operator = None, self.decoder, self.operator
        if self.training or self.control is not None:
            return
        if isinstance(D, nn.Linear) and isinstance(operator, DynamicKoopman):
            self.DP = D.weight @ operator.P

    def new_encoder(self) -> nn.Sequential:
        """An encoder like this student's, with weights of its own."""
        seen = self.cond_dim if self.encode_cond else 0
        numbers, sizes = prod(self.signature.chunk) + seen, self.sizes
        return mlp(numbers, sizes.latent, sizes.width, sizes.depth)

    def features(self, chunk: Tensor, cond: Tensor) -> Tensor:
        """What an encoder is shown of a chunk (B, H, A) and its condition."""
        flat = chunk.flatten(1)
        return torch.cat((flat, cond), dim=-1) if self.encode_cond else flat

    def encode(self, prior: Tensor, cond: Tensor) -> Tensor:
        """z (B, d) of a prior (B, H, A)."""
        if self.from_teacher:
            return cast(Tensor, self.encoder(prior, cond))
        return cast(Tensor, self.encoder(self.features(prior, cond)))

    def encode_target(self, x: Tensor, cond: Tensor) -> Tensor:
        """FDK's z (B, d) of a clean chunk (B, H, A), by the same encoder."""
        if self.from_teacher:
            return cast(AtEnds, self.encoder).of_clean(x, cond)
        return self.encode(x, cond)

    def move(self, z: Tensor, cond: Tensor) -> Tensor:
        """z' after one transition, (B, d)."""
        moved: Tensor = self.operator(z)
        return moved if self.control is None else moved + self.control(cond)

    def decode(self, z: Tensor) -> Tensor:
        """The chunk (B, H, A) of a latent (B, d)."""
        x: Tensor = self.decoder(z)
        return x.view(-1, *self.signature.chunk)

    def generate(self, noise: Tensor, cond: Tensor) -> Tensor:
        """The chunks x (B, H, S + A) that the prior, tempered noise, becomes."""
        z = self.encode(self.temperature * noise, cond)
        for _ in range(self.transitions - 1):
            z = self.move(z, cond)
        if self.DP is None:
            return self.decode(self.move(z, cond))
        turned = cast(DynamicKoopman, self.operator).turned(z)
        x = nn.functional.linear(turned, self.DP, cast(nn.Linear, self.decoder).bias)
        return x.view(-1, *self.signature.chunk)

    def config(self) -> dict[str, Any]:
        """The JSON that, with the teacher's own, rebuilds this student."""
        return {
            "operator": type(self.operator).__name__,
            "encode_cond": self.encode_cond,
            "control": self.control is not None,
            "from_teacher": self.from_teacher,
            **asdict(self.sizes),
            "transitions": self.transitions,
            "temperature": self.temperature,
        }

    @classmethod
    def from_config(cls, net: Teacher, config: Mapping[str, Any]) -> Student:
        """Rebuild a student in the spaces of `net`; the weights are loaded after.

        Raises:
            BadInput: if the configuration is not one that `config` writes.
        """
        given = settings(config, "student config", NAMES, LATER)
        operator = named(OPERATORS, "student operator", given.pop("operator"))
        number(given["temperature"], "student temperature")
        whole(given["transitions"], "student transitions", 1, MOST_TRANSITIONS)
        sizes = Sizes.read(
            {field.name: given.pop(field.name) for field in fields(Sizes)}
        )
        if sizes.gamma_width is not None and operator is not DynamicKoopman:
            came = operator.__name__
            raise BadInput(f"student gamma_width: expected DynamicKoopman, got {came}")
        for name in (*FLAGS, "from_teacher"):
            if not isinstance(came := given[name], bool):
                raise BadInput(f"student {name}: expected true or false, got {came!r}")
        return cls(net, operator, sizes, **given)


def _fold(student: Student, _: object) -> None:
    student.fold()


def _halves(teacher: Teacher, blocks: int | None) -> Halves:
    """Both, the trunk with so many of its blocks."""
    halves = halves_of(teacher)
    if halves is None:
        raise BadInput(
            "student: expected a teacher whose network predicts x and has a last "
            "layer, got another; start afresh"
        )
    if blocks is not None:
        there = cast(nn.Sequential, getattr(halves.trunk, "blocks", nn.Sequential()))
        if blocks > len(there):
            raise BadInput(
                f"blocks: expected at most {len(there)}, the teacher's, got {blocks}"
            )
        # The last prepares what the last layer reads: those before it are missed less.
        del there[blocks - 1 : -1]
    return halves
