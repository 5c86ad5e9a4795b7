"""What could be run with what is there."""

import sys

import pytest

import onehop_control._doctor as doctor
from onehop_control.__main__ import main


def test_without_the_sdk(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "kortex_api", None)
    main(["doctor"])
    out = capsys.readouterr().out
    assert doctor.INSTALL in out
    for name in doctor.PARTS:
        assert name in out
    (row,) = (line for line in out.splitlines() if "run of metal" in line)
    assert "no" in row


def could(there, fault=""):
    found = doctor.uses(lambda name: name in there, fault)
    return {use.what for use in found if use.holds}


@pytest.mark.parametrize(
    ("there", "more"),
    [
        ({"mujoco"}, {"sim with masses"}),
        ({"onnxruntime"}, {"exported students"}),
        ({"torch"}, set()),
        ({"torch", "onehop-methods", "onehop-teachers"}, {"checkpoints"}),
        ({"imageio"}, set()),
        ({"imageio", "matplotlib"}, {"sim --video"}),
        ({"viser"}, {"sim --view"}),
    ],
)
def test_what_each_part_is_enough_for(there, more):
    assert could(there, "none") == {"sim, replay"} | more
    assert could(there) == {"sim, replay", "preflight, shadow, run of metal"} | more


def test_every_refusal_says_what_to_do():
    for use in doctor.uses(lambda _: False, "No module named 'kortex_api'"):
        assert use.holds or use.how
