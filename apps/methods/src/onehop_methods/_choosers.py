"""What can choose among plans, from its checkpoint: a critic or a return classifier."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, TypeAlias

import torch
from torch import nn

from onehop_interfaces import BadInput, Signature
from onehop_selectors import (
    ActorPolicy,
    Judge,
    QSelector,
    ReturnClassifier,
    Selector,
    VSelector,
)
from onehop_teachers import checkpoint_in, load_checkpoint

from ._judges import load_judge
from ._returns import Returns, load_returns

__all__ = ["Chooser", "Critic", "Ranking", "load_chooser"]


class Critic(NamedTuple):
    """A judge's critic.

    Attributes:
        judge: Whose.
        ahead: Whether it values where plans end, not how they begin.
    """

    judge: Judge
    ahead: bool = False

    @property
    def module(self) -> nn.Module:
        """What it asks."""
        return self.judge.value if self.ahead else self.judge.critic

    @property
    def actor(self) -> ActorPolicy:
        """What the judge itself would do."""
        return ActorPolicy(self.judge)

    @property
    def classifier(self) -> ReturnClassifier | None:
        """None: it knows nothing of noisy plans."""
        return None

    def selector(self, signature: Signature) -> Selector:
        """Scores plans of a policy of that signature.

        Raises:
            BadInput: if it is of other observations or actions, or no states are
                planned that it is to value.
        """
        judge = self.judge
        wanted = signature.obs.get(judge.name), signature.action_dim
        if wanted != ((judge.state_dim,), judge.action_dim):
            raise BadInput(
                f"expected a critic of the policy's observations {dict(signature.obs)} "
                f"and {signature.action_dim} numbers in an action, got one of "
                f"{judge.name!r} ({judge.state_dim},) and {judge.action_dim}"
            )
        if not self.ahead:
            return QSelector(judge, signature)
        if signature.state_dim != judge.state_dim:
            raise BadInput(
                f"expected a policy that plans states of {judge.state_dim} numbers to "
                f"look ahead by, got one that plans {signature.state_dim}"
            )
        return VSelector(judge, signature)


class Ranking(NamedTuple):
    """A return classifier.

    Attributes:
        returns: Itself, and the spaces it knows plans in.
    """

    returns: Returns

    @property
    def module(self) -> nn.Module:
        """What it asks."""
        return self.returns.module

    @property
    def actor(self) -> None:
        """None: it does nothing itself."""
        return None

    @property
    def classifier(self) -> ReturnClassifier | None:
        """What guides a teacher."""
        return self.returns.classifier

    def selector(self, signature: Signature) -> Selector:
        """Scores plans of a policy of that signature.

        Raises:
            BadInput: if it is of other observations or plans.
        """
        own = self.returns.spaces.signature
        if (own.obs, own.chunk) != (signature.obs, signature.chunk):
            raise BadInput(
                f"expected a classifier of plans {signature.chunk} at "
                f"{dict(signature.obs)}, got one of {own.chunk} at {dict(own.obs)}"
            )
        return self.returns.selector


Chooser: TypeAlias = Critic | Ranking


def load_chooser(
    folder: str | Path, device: torch.device, ahead: bool = False
) -> Chooser:
    """Read what `onehop-train critic` or `onehop-train returns` left.

    Args:
        folder: The checkpoint, or the folder of the run that left it.
        device: Where it is to compute.
        ahead: Whether a critic is to value where plans end, not how they begin.

    Raises:
        BadInput: if it is neither, or not complete and sound.
    """
    folder = checkpoint_in(folder)
    if "returns" in load_checkpoint(folder).config:
        returns = load_returns(folder)
        returns.module.to(device)
        return Ranking(returns)
    return Critic(load_judge(folder).to(device), ahead)
