from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

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


def test_weights_can_be_written_in_half_precision(
    make_teacher: MakeTeacher, tmp_path: Path
) -> None:
    teacher = make_teacher()
    for half in (False, True):
        save_teacher(tmp_path / str(half), teacher, {}, half)
    sizes = [
        (tmp_path / f / "model.safetensors").stat().st_size for f in ("True", "False")
    ]
    assert sizes[0] < 0.7 * sizes[1]
    back, weights = load_teacher(tmp_path / "True").state_dict(), 0
    statistics = {name for name, _ in teacher.named_buffers()}
    for name, tensor in teacher.state_dict().items():
        assert back[name].dtype == tensor.dtype
        expected = tensor if name in statistics else tensor.half().to(tensor)
        assert torch.equal(back[name], expected)
        weights += name not in statistics
    assert weights


def test_a_teacher_may_decide_more_often(
    make_teacher: MakeTeacher, tmp_path: Path
) -> None:
    save_teacher(tmp_path / "t", make_teacher(), {})
    often = load_teacher(tmp_path / "t", n_action=1)
    plan = torch.rand(2, *often.signature.chunk)
    assert often.spaces.signature.due(plan).shape[1] == 1
    with pytest.raises(BadInput, match="n_action: expected a whole number of 1 to"):
        load_teacher(tmp_path / "t", n_action=1_000)


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
