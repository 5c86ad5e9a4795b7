"""Limits are finite numbers above 0, of a sensible size, all of them."""

from dataclasses import fields
from math import inf, nan

import pytest

from onehop_interfaces import BadInput
from onehop_kinova_driver import Limits, Motion, Posture, Timing, Workspace

EACH = [
    (kind, field.name)
    for kind in (Motion, Posture, Timing, Workspace)
    for field in fields(kind)
    if "most" in field.metadata
]


@pytest.mark.parametrize(("kind", "name"), EACH)
@pytest.mark.parametrize("bad", [None, nan, inf, -inf, 0.0, -1.0, 1e9, "1", True, []])
def test_no_limit_can_be_off(kind, name, bad):
    with pytest.raises(BadInput, match=name):
        kind(**{name: bad})


def test_every_number_but_corners_and_counts_has_a_bound():
    named = {name for _, name in EACH}
    assert {f.name for f in fields(Motion)} <= named
    assert {f.name for f in fields(Posture)} <= named
    assert {f.name for f in fields(Timing)} - named == {"misses"}


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (Workspace, {"low": (0.0, 0.0, 0.0), "high": (0.03, 1.0, 1.0)}),
        (Workspace, {"low": (0.9, 0.0, 0.0)}),
        (Workspace, {"low": (nan, 0.0, 0.0)}),
        (Workspace, {"high": (inf, 1.0, 1.0)}),
        (Workspace, {"high": None}),
        (Workspace, {"high": (1.0, 1.0)}),
        (Posture, {"slow_clearance": 0.01}),
        (Posture, {"slow_condition": 30.0}),
        (Timing, {"hold_after": 0.2}),
        (Timing, {"feedback_hold": 0.3}),
        (Timing, {"call": 0.1}),
        (Timing, {"misses": 0}),
        (Timing, {"misses": None}),
        (Limits, {"motion": None}),
        (Limits, {"timing": Motion()}),
    ],
)
def test_limits_that_contradict_are_refused(kind, changes):
    with pytest.raises(BadInput, match="expected"):
        kind(**changes)
