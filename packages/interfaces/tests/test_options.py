"""Numbers from outside, each against its rule."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import pytest

from onehop_interfaces import BadInput
from onehop_interfaces.options import (
    Count,
    Decay,
    Decays,
    Fractions,
    NonNegative,
    Positive,
    Rows,
    Seed,
    Share,
    Size,
    Workers,
    check_options,
)

WHOLE = ("steps", "batch", "width", "threads")


@dataclass(frozen=True)
class Inner:
    plain: float = 0.0
    several: tuple[float, ...] = (1.0,)


@dataclass(frozen=True)
class Settings:
    lr: Positive = 1e-4
    weight: NonNegative = 0.0
    share: Share = 1.0
    ema_decay: Decay = 0.999
    betas: Decays = (0.0, 0.999)
    t_range: Fractions = (0.02, 0.95)
    steps: Count = 1
    batch: Rows = 1
    width: Size = 1
    threads: Workers = 1
    seed: Seed = 0
    spread: Positive | None = None
    name: str = "free"
    inner: Inner = field(default_factory=Inner)


@pytest.mark.parametrize(
    "good",
    [
        {},
        {"lr": 1e-300, "weight": 1e6, "share": 0.0, "ema_decay": 0.0},
        {"t_range": (0.5, 0.5), "seed": 2**64 - 1, "threads": 1024, "spread": 2.0},
        {"lr": 1, "share": 1},  # whole numbers are numbers
    ],
)
def test_what_keeps_to_its_rule_passes(good):
    check_options(Settings(**good))


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        *(("lr", x) for x in (0.0, -1.0, math.nan, math.inf, -math.inf, 1e7)),
        *(("spread", x) for x in (0.0, -1.0, math.nan, math.inf)),
        *(("weight", x) for x in (-1e-9, math.nan, math.inf)),
        *(("share", x) for x in (-0.1, 1.1, math.nan)),
        *(("ema_decay", x) for x in (-0.1, 1.0, 2.0, math.nan)),
        *(("betas", x) for x in ((0.9, 1.0), (-0.1, 0.9), (0.9, math.nan))),
        *(("t_range", x) for x in ((0.9, 1.7), (0.9, 0.1), (math.nan, 1.0))),
        *(
            (name, n)
            for name in ("steps", "batch", "width", "threads")
            for n in (0, -1)
        ),
        *((name, 10**9) for name in ("steps", "batch", "width", "threads")),
        *(("seed", n) for n in (-1, 2**64)),
    ],
)
def test_what_does_not_is_named(name, bad):
    option = name.replace("_", "-")
    with pytest.raises(BadInput, match=rf"^--{option}: expected [^\n]*, got [^\n]*$"):
        check_options(Settings(**{name: bad}))


@pytest.mark.parametrize(
    "inner", [{"plain": math.nan}, {"several": (1.0, math.inf)}, {"plain": -math.inf}]
)
def test_no_number_may_be_infinite_without_a_rule_either(inner):
    with pytest.raises(BadInput, match="expected a finite number, got"):
        check_options(Settings(inner=Inner(**inner)))
