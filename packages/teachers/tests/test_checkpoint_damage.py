"""Checkpoints that are damaged, or ask for what they do not hold."""

import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from onehop_interfaces import BadInput
from onehop_teachers import DiffusionTeacher, load_teacher, save_teacher

MakeTeacher = Callable[..., DiffusionTeacher]
Change = Callable[[Path], object]


def edit_config(**changes: object) -> Change:
    """Change values at the root, and take out the seal as the reader asks to."""

    def edit(folder: Path) -> None:
        path = folder / "config.json"
        config = {**json.loads(path.read_text()), **changes}
        del config["seal"]
        path.write_text(json.dumps(config))

    return edit


def edit_part(part: str, **changes: object) -> Change:
    """Change arguments of one of the teacher's parts."""

    def edit(folder: Path) -> None:
        teacher = json.loads((folder / "config.json").read_text())["teacher"]
        teacher[part].update(changes)
        edit_config(teacher=teacher)(folder)

    return edit


def replace(name: str, old: bytes, new: bytes) -> Change:
    def edit(folder: Path) -> None:
        content = (folder / name).read_bytes()
        assert old in content
        (folder / name).write_bytes(content.replace(old, new))

    return edit


def flip(name: str, place: int) -> Change:
    """Flip the lowest bit of a byte."""

    def edit(folder: Path) -> None:
        content = bytearray((folder / name).read_bytes())
        content[place] ^= 1
        (folder / name).write_bytes(content)

    return edit


def fifo(name: str) -> Change:
    def edit(folder: Path) -> None:
        (folder / name).unlink()
        os.mkfifo(folder / name)

    return edit


def edit_tensors(change: Callable[[dict[str, Tensor]], object]) -> Change:
    def edit(folder: Path) -> None:
        tensors = load_file(folder / "model.safetensors")
        change(tensors)
        save_file(tensors, folder / "model.safetensors")

    return edit


def write(name: str, content: bytes) -> Change:
    return lambda folder: (folder / name).write_bytes(content)


def truncate(name: str, keep: float) -> Change:
    def cut(folder: Path) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: int(keep * len(content))])

    return cut


def remove(name: str) -> Change:
    return lambda folder: (folder / name).unlink()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (remove("model.safetensors"), "model.safetensors: expected a file, found none"),
        (remove("config.json"), "config.json: expected a file, found none"),
        (remove("provenance.json"), "provenance.json: expected a file, found none"),
        (fifo("model.safetensors"), "model.safetensors: expected a file, got a FIFO"),
        (fifo("config.json"), "config.json: expected a file, got a FIFO"),
        (flip("model.safetensors", -1), "model.safetensors: expected the contents"),
        (flip("config.json", 40), "config.json: expected JSON, but"),
        (flip("provenance.json", 6), "provenance.json: expected the contents that"),
        (
            replace("config.json", b'"n_action": 2', b'"n_action": 3'),
            "config.json: expected the contents .* edited: then take out .*seal",
        ),
        (
            truncate("model.safetensors", 0.7),
            "model.safetensors: expected safetensors",
        ),
        (truncate("model.safetensors", 0.0), "model.safetensors: expected safetensors"),
        (truncate("config.json", 0.5), "config.json: expected JSON"),
        (write("config.json", b"\xff\xfe\x00"), "config.json: expected JSON"),
        (
            write("config.json", b"[1]"),
            "config.json: expected a JSON object, got a list",
        ),
        (write("config.json", b"[" * 10**5), "config.json: expected JSON, .* deeply"),
        (write("provenance.json", b'{"a": NaN}'), "provenance.json: .* not finite"),
        (
            write("model.safetensors", pickle.dumps({"w": 1})),
            "model.safetensors: expected safetensors",
        ),
        (edit_config(format="other"), "expected .*'onehop'.* got .*'other'"),
        (edit_config(version=2), "expected .*'version': 1.* got .*'version': 2"),
        (edit_config(policy={}), "expected a teacher, got a checkpoint of a policy"),
        (
            edit_config(teacher=None),
            r"config.json: teacher: expected \['act.* got None",
        ),
        (edit_config(teacher={"net": 1}), r"teacher: expected .* got \['net'\]"),
        (
            edit_tensors(lambda t: t.pop("net.last.bias")),
            "model.safetensors: tensor 'net.last.bias': expected it, got none",
        ),
        (
            edit_tensors(lambda t: t.update(extra=torch.ones(1))),
            "tensor 'extra': expected none of this name",
        ),
        (
            edit_tensors(lambda t: t.update({"net.last.bias": torch.ones(3)})),
            r"'net.last.bias': expected floats of shape \(8,\), got .* \(3,\)",
        ),
        (
            edit_tensors(lambda t: t.update({"net.last.bias": torch.ones(8).int()})),
            r"'net.last.bias': expected floats .* got integers",
        ),
        (
            edit_tensors(lambda t: t["net.last.bias"].fill_(torch.nan)),
            "tensor 'net.last.bias': expected finite numbers, got NaN",
        ),
        (
            edit_tensors(lambda t: t.pop("actions.standardise.std")),
            "tensor 'actions.standardise.std': expected it, got none",
        ),
        (
            edit_tensors(lambda t: t["actions.standardise.std"].fill_(torch.nan)),
            "tensor 'actions.standardise.std': expected finite numbers",
        ),
        (
            edit_tensors(lambda t: t["actions.standardise.std"].fill_(-1.0)),
            "actions.standardise: expected fitted statistics",
        ),
    ],
)
def test_load_refuses_in_one_line(
    make_teacher: MakeTeacher, tmp_path: Path, change: Change, message: str
) -> None:
    folder = tmp_path / "teacher"
    save_teacher(folder, make_teacher(), {"seed": 0})
    change(folder)
    with pytest.raises(BadInput, match=message) as caught:
        load_teacher(folder)
    assert str(caught.value).startswith(str(folder))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        *(
            edit_part("net", **{name: value})
            for name in ("width", "blocks", "horizon", "cond_dim", "time_dim")
            for value in (10**9, -1, 0, 1.5, "8", None, [8], {"a": 8}, True, 7)
        ),
        edit_part("net", **{"class": "UNet1D"}),
        edit_part("net", depth=3),
        *(edit_part("schedule", steps=n) for n in (0, 10**9, 10**300, 99.5, "1", None)),
        edit_part("encoder", shapes={"state": [10**9]}),
        edit_part("encoder", shapes={"state": ["a"]}),
        edit_part("encoder", shapes=[3]),
        edit_part("encoder", n_obs=10**9),
        edit_part("signature", obs={"state": [3], "camera": [3, 10**9]}),
        edit_part("signature", obs={"state": 3}),
        edit_part("signature", obs={"other": [3]}),
        edit_part("signature", horizon=10**9),
        edit_part("signature", horizon=5),
        edit_part("signature", action_dim=10**12),
        edit_part("actions", action_dim=10**9),
        edit_part("actions", **{"class": ["ScaledActions"]}),
    ],
)
def test_a_config_cannot_ask_for_what_the_tensors_do_not_give(
    make_teacher: MakeTeacher, tmp_path: Path, change: Change
) -> None:
    folder = tmp_path / "teacher"
    save_teacher(folder, make_teacher(), {})
    change(folder)
    with pytest.raises(BadInput) as caught:
        load_teacher(folder)
    assert str(caught.value).startswith(str(folder))
    assert "\n" not in str(caught.value)


def test_checkpoints_without_seals_load(
    make_teacher: MakeTeacher, tmp_path: Path
) -> None:
    """As they were before there were seals, and as the zoo's are."""
    save_teacher(tmp_path / "t", make_teacher(), {})
    edit_config()(tmp_path / "t")
    edit_tensors(lambda tensors: None)(tmp_path / "t")
    (tmp_path / "t" / "provenance.json").write_text("{}")
    assert load_teacher(tmp_path / "t").config() == make_teacher().config()
