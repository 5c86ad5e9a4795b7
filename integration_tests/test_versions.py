"""Every sibling range admits the sibling's version in this checkout."""

import tomllib
from pathlib import Path

from packaging.requirements import Requirement


def test_sibling_ranges_hold(member, members):
    versions = {m.name: m.version for m in members}
    extras = member.project.get("optional-dependencies", {})
    for text in sum(extras.values(), list(member.project["dependencies"])):
        need = Requirement(text)
        if need.name in versions:
            assert versions[need.name] in need.specifier, text
            assert {s.operator for s in need.specifier} == {">=", "<"}, text


def test_third_party_ranges_admit_the_pins(member, root: Path):
    lines = (root / "constraints.txt").read_text("utf-8").splitlines()
    texts = (line.split("#")[0].strip() for line in lines)
    pins = [Requirement(text) for text in texts if text]
    pinned = {pin.name: str(pin.specifier).removeprefix("==") for pin in pins}
    for need in map(Requirement, member.project["dependencies"]):
        if need.name in pinned:
            assert pinned[need.name] in need.specifier, need


def test_alone_covers_every_package(root: Path, members):
    text = (root / "hatch.toml").read_text("utf-8")
    alone = tomllib.loads(text)["envs"]["alone"]
    packages = {m.folder.name: m for m in members if not m.is_app}
    assert set(alone["matrix"][0]["package"]) == set(packages)

    (override,) = alone["overrides"]["matrix"]["package"]["workspace"]["members"]
    needing = {
        name
        for name, member in packages.items()
        if any("onehop-interfaces" in text for text in member.project["dependencies"])
    }
    assert override["value"] == "packages/interfaces"
    assert set(override["if"]) == needing


def test_square_has_the_pins_but_for_what_numpy_1_asks(root: Path):
    pinned = {}
    for name in ("constraints", "constraints-square"):
        lines = (root / f"{name}.txt").read_text("utf-8").splitlines()
        pins = [line.split("#")[0].strip() for line in lines]
        pinned[name] = {pin for pin in pins if pin}
    other = pinned["constraints-square"] - pinned["constraints"]
    assert other == {"numpy==1.26.4", "minari==0.5.3", "robosuite==1.5.2"}
    without = {pin.split("==")[0] for pin in pinned["constraints"]} - {
        "numpy",
        "minari",
    }
    assert without <= {pin.split("==")[0] for pin in pinned["constraints-square"]}
