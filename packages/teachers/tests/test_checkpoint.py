import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from onehop_interfaces import BadInput
from onehop_teachers import (
    DiffusionTeacher,
    checkpoint_in,
    load_checkpoint,
    load_teacher,
    load_weights,
    save_checkpoint,
    save_teacher,
)
from onehop_teachers import _checkpoint as module

MakeTeacher = Callable[..., DiffusionTeacher]
Change = Callable[[Path], object]
TENSORS = {"w": torch.arange(6.0).view(2, 3), "n": torch.tensor(7)}


def test_round_trip(tmp_path: Path) -> None:
    tied = torch.arange(4.0)
    tensors = {**TENSORS, "one": tied, "two": tied, "turned": torch.ones(2, 3).T}
    save_checkpoint(tmp_path / "a" / "b", tensors, {"policy": {"x": 1}}, {"seed": 3})
    tensors_back, config, provenance = load_checkpoint(tmp_path / "a" / "b")
    assert tensors.keys() == tensors_back.keys()
    assert all(torch.equal(tensors[k], tensors_back[k]) for k in tensors)
    assert config == {"format": "onehop", "version": 1, "policy": {"x": 1}}
    assert provenance == {"seed": 3}
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]


def test_teacher_round_trip(make_teacher: MakeTeacher, tmp_path: Path) -> None:
    teacher = make_teacher()
    save_teacher(tmp_path / "t", teacher, {"seed": 0})
    back = load_teacher(tmp_path / "t")
    assert not back.training
    assert back.config() == teacher.config()
    for name, tensor in teacher.state_dict().items():
        assert torch.equal(tensor, back.state_dict()[name])


def test_a_run_stands_for_its_checkpoint(tmp_path: Path) -> None:
    run = tmp_path / "run"
    save_checkpoint(run / "checkpoint", TENSORS, {}, {"seed": 3})
    (run / "run.json").write_text("{}")
    for folder in (run, str(run), run / "checkpoint"):
        assert checkpoint_in(folder) == run / "checkpoint"
        assert load_checkpoint(folder).provenance == {"seed": 3}
    assert checkpoint_in(tmp_path) == tmp_path
    # As a replacement that was cut short leaves it.
    (run / "checkpoint").rename(run / ".checkpoint.old")
    assert load_checkpoint(run).provenance == {"seed": 3}


class Crash(Exception):
    """The machine stops here."""


@pytest.mark.parametrize("before", [None, "old"])
def test_a_crash_leaves_old_or_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str | None
) -> None:
    """Stop before each change to the disk in turn, and read what is there."""
    survived = set()
    for stop in range(20):
        folder = tmp_path / str(stop) / "model"
        if before:
            save_checkpoint(folder, TENSORS, {"name": before}, {})
        with monkeypatch.context() as patch:
            crash_at(stop, patch)
            try:
                save_checkpoint(folder, TENSORS, {"name": "new"}, {})
                finished = True
            except Crash:
                finished = False
        survived.add(name_of(folder))
        # Neither does what the crash left behind stand in the way.
        save_checkpoint(folder, TENSORS, {"name": "next"}, {})
        assert name_of(folder) == "next"
        assert [path.name for path in folder.parent.iterdir()] == ["model"]
        if finished:
            break
    assert finished
    assert stop > 5
    assert survived == {before, "new"}


def name_of(folder: Path) -> str | None:
    """The name in the checkpoint that is there, whole; None if there is none at all."""
    if not any(path.exists() for path in (folder, module._aside(folder))):
        return None
    return str(load_checkpoint(folder).config["name"])


def crash_at(stop: int, patch: pytest.MonkeyPatch) -> None:
    """Let `stop` changes to the disk happen, then raise instead of the next."""
    done = 0

    def guarded(change: Callable[..., object]) -> Callable[..., object]:
        def maybe(*args: object, **options: object) -> object:
            nonlocal done
            if done >= stop:
                raise Crash
            done += 1
            return change(*args, **options)

        return maybe

    patch.setattr(Path, "mkdir", guarded(Path.mkdir))
    patch.setattr(Path, "rename", guarded(Path.rename))
    patch.setattr(Path, "write_text", guarded(Path.write_text))
    patch.setattr(module, "save_file", guarded(module.save_file))
    patch.setattr(module.shutil, "rmtree", guarded(module.shutil.rmtree))
    patch.setattr(module.os, "fsync", guarded(module.os.fsync))


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_save_leaves_other_things_alone(tmp_path: Path, kind: str) -> None:
    other = tmp_path / "thesis"
    if kind == "file":
        other.write_text("text")
    else:
        other.mkdir()
        (other / "chapter").write_text("text")
    with pytest.raises(BadInput, match="thesis: expected a checkpoint or nothing"):
        save_checkpoint(other, TENSORS, {}, {})
    kept = other if kind == "file" else other / "chapter"
    assert kept.read_text() == "text"


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
        (flip("config.json", 40), "config.json: expected the contents that were"),
        (flip("provenance.json", 6), "provenance.json: expected the contents that"),
        (
            replace("config.json", b'"n_action": 2', b'"n_action": 3'),
            "config.json: expected the contents .* edited: then take out .*seal",
        ),
        (
            truncate("model.safetensors", 0.7),
            "model.safetensors: expected the contents",
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


def test_what_is_not_finite_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"provenance\.json: expected finite numbers"):
        save_checkpoint(tmp_path / "c", TENSORS, {}, {"loss": float("nan")})


def test_load_refuses_what_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match=r"file: expected a .* folder, got a file"):
        load_checkpoint(tmp_path / "file")
    with pytest.raises(BadInput, match=r"none: expected a checkpoint .* got nothing"):
        load_checkpoint(tmp_path / "none")


def test_save_refuses_missing_statistics(
    make_teacher: MakeTeacher, tmp_path: Path
) -> None:
    teacher = make_teacher()
    teacher.actions.standardise.mean.fill_(torch.nan)
    with pytest.raises(BadInput, match=r"actions.standardise: expected fitted"):
        save_teacher(tmp_path / "t", teacher, {})
    assert not list(tmp_path.iterdir())


def test_load_weights_loads() -> None:
    linear = nn.Linear(3, 2)
    weights = {"weight": torch.ones(2, 3), "bias": torch.zeros(2)}
    load_weights(linear, weights, "here")
    assert torch.equal(linear(torch.ones(1, 3)), torch.full((1, 2), 3.0))
