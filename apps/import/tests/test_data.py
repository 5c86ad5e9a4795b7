"""Other projects' data: the command, and what it leaves behind."""

import io
import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from onehop_envs import Demonstrations, RobomimicEpisodes, episodes_at, in_memory
from onehop_import import from_diffusion_policy, from_lerobot
from onehop_import.__main__ import main

PUSHT = Path(__file__).parents[3].parent / "shared/data/pusht_cchi_v7_replay.zarr.zip"


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
    assert asked == [0, 0, 1, 2, 0, 2, 3]
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


def check_fit(teacher, demonstrations: Demonstrations) -> None:
    """What a teacher sees and does is there, by its names."""
    shapes = {name: array.shape[1:] for name, array in demonstrations.obs.items()}
    seen = teacher.signature.obs
    assert {name: shapes.get(name) for name in seen} == dict(seen)
    assert demonstrations.actions.shape[1] == teacher.signature.action_dim


def test_lerobot_s_data_fit_its_policies(golden, tmp_path) -> None:
    pa = pytest.importorskip("pyarrow", reason="writes what is read")
    pq = pytest.importorskip("pyarrow.parquet", reason="writes what is read")
    folder, _ = golden("lerobot_new")
    picture = io.BytesIO()
    Image.new("RGB", (96, 96)).save(picture, "PNG")
    columns = {
        "observation.state": [[1.0, 2.0, 3.0]] * 2,
        "observation.image": [{"bytes": picture.getvalue(), "path": None}] * 2,
        "action": [[1.0, 2.0]] * 2,
        "timestamp": [0.0, 0.1],
        "frame_index": [0, 1],
        "episode_index": [0, 0],
    }
    shapes = {"observation.state": [3], "observation.image": [96, 96, 3], "action": [2]}
    kinds = {name: "image" if "image" in name else "float32" for name in shapes}
    info = {
        "codebase_version": "v2.1",
        "fps": 10,
        "total_episodes": 1,
        "data_path": "data/{episode_index:06d}.parquet",
        "features": {k: {"dtype": kinds[k], "shape": s} for k, s in shapes.items()},
    }
    for name in ("data", "meta"):
        (tmp_path / "set" / name).mkdir(parents=True)
    pq.write_table(pa.table(columns), tmp_path / "set/data/000000.parquet")
    (tmp_path / "set/meta/info.json").write_text(json.dumps(info))
    (tmp_path / "set/meta/episodes.jsonl").write_text(
        json.dumps({"episode_index": 0, "length": 2})
    )
    main(["data", str(tmp_path / "set"), "--out", str(tmp_path / "demos")])
    check_fit(from_lerobot(folder), Demonstrations.load(tmp_path / "demos"))


@pytest.mark.skipif(not PUSHT.exists(), reason=f"needs {PUSHT.name} beside the project")
def test_diffusion_policy_s_data_fit_its_policies(golden) -> None:
    folder, _ = golden("diffusion_policy_image")
    (file,) = folder.glob("checkpoints/*")
    check_fit(from_diffusion_policy(file), episodes_at(PUSHT).episode(0))
