"""Other projects' data: the command, and what it leaves behind."""

import json

import h5py
import numpy as np
import pytest

from onehop_envs import Demonstrations, RobomimicEpisodes, in_memory
from onehop_import.__main__ import main


@pytest.fixture
def source(tmp_path):
    """Four demonstrations of robomimic's."""
    rng = np.random.default_rng(0)
    with h5py.File(tmp_path / "image.hdf5", "w") as file:
        for i in range(4):
            group = file.create_group(f"data/demo_{i}")
            group["obs/wrist_image"] = rng.integers(0, 256, (3, 8, 8, 3), np.uint8)
            group["obs/eef_pos"] = rng.normal(size=(3, 3))
            group["actions"] = rng.normal(size=(3, 7))
    return tmp_path / "image.hdf5"


def test_a_file_of_all_episodes_is_written(source, tmp_path, capsys) -> None:
    out = tmp_path / "demos.safetensors"
    main(["data", str(source), "--out", str(out)])
    said, found = capsys.readouterr().out, Demonstrations.load(out)
    assert said == (
        f"{out}: 4 episodes, 12 steps; eef_pos (3,), wrist_image (8, 8, 3); 0.0 MB, "
        f"sha256 {found.sha256}\n"
    )
    assert found.sha256 == in_memory(RobomimicEpisodes(source)).sha256
    assert sorted(p.name for p in tmp_path.iterdir()) == [out.name, source.name]


def test_what_was_interrupted_goes_on(source, tmp_path, monkeypatch) -> None:
    whole, out = tmp_path / "whole.safetensors", tmp_path / "demos.safetensors"
    main(["data", str(source), "--out", str(whole)])
    read, asked = RobomimicEpisodes.episode, []

    def interrupted(episodes: RobomimicEpisodes, i: int) -> Demonstrations:
        asked.append(i)
        if asked.count(2) == 1 and i == 2:
            raise KeyboardInterrupt
        return read(episodes, i)

    monkeypatch.setattr(RobomimicEpisodes, "episode", interrupted)
    with pytest.raises(SystemExit, match="interrupted; the same command goes on from"):
        main(["data", str(source), "--out", str(out)])
    folder = tmp_path / f"{out.name}.part"
    assert json.loads((folder / "progress.json").read_text())["done"] == 2
    main(["data", str(source), "--out", str(out)])
    assert asked == [0, 1, 2, 0, 2, 3]
    assert out.read_bytes() == whole.read_bytes()
    assert not folder.exists()


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (
            ["absent", "--out", "o"],
            "absent: expected demonstrations, got nothing there",
        ),
        (["empty", "--out", "o"], "empty: expected meta/info.json (LeRobot), "),
        (["text.hdf5", "--out", "o"], "text.hdf5: expected an HDF5 file, got "),
        (["image.hdf5", "--out", "empty"], "empty: expected a file to write, got a"),
        (["image.hdf5", "--out", "text.hdf5/o"], "text.hdf5/o: cannot be written, "),
    ],
)
def test_bad_input_is_one_line(source, tmp_path, monkeypatch, capsys, words, text):
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.hdf5").write_text("no")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as exited:
        main(["data", *words])
    said = capsys.readouterr().err.splitlines()[-1]
    assert exited.value.code == 2
    assert said.startswith(f"onehop-import: {text}")
    assert not (tmp_path / "o").exists()
