"""Pairs are written once, and a Koopman student learns from them."""

import pytest
import torch

from onehop_koopman_fdk import read_pairs
from onehop_methods import load_returns, save_returns
from onehop_selectors import ReturnClassifier
from onehop_teachers import load_teacher
from onehop_train.__main__ import main


@pytest.fixture(scope="module")
def teacher(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("teacher") / "run"
    main(["teacher", "--data", str(data), "--out", str(out), "--steps", "1"])
    return out / "checkpoint"


@pytest.fixture(scope="module")
def words(data, teacher, tmp_path_factory):
    out = tmp_path_factory.mktemp("pairs") / "out"
    common = ["--teacher", str(teacher), "--data", str(data), "--out", str(out)]
    return [*common, "--count", "20", "--shard-size", "8", "--teacher-steps", "2"], out


def test_pairs_are_there_once(words):
    options, out = words
    main(["pairs", *options])
    assert read_pairs(out).x.shape == (24, 16, 2)
    files = {file: file.stat().st_mtime_ns for file in out.iterdir()}
    sorted(files)[1].unlink()
    main(["pairs", *options])
    assert len(list(out.iterdir())) == 3
    assert sum(f.stat().st_mtime_ns == t for f, t in files.items()) == 2


def test_a_student_learns_from_them(words, data, teacher, tmp_path):
    options, out = words
    main(["pairs", *options])
    common = ["--teacher", str(teacher), "--data", str(data), "--batch-size", "8"]
    run = ["--out", str(tmp_path / "run"), "--steps", "2", "--pairs", str(out)]
    main(["dnk", *common, *run, "--width", "16", "--latent", "8"])
    assert (tmp_path / "run" / "checkpoint" / "model.safetensors").is_file()


def test_other_settings_in_the_same_folder_are_refused(words, capfd):
    options, _ = words
    main(["pairs", *options])
    with pytest.raises(SystemExit) as stop:
        main(["pairs", *options, "--seed", "1"])
    assert stop.value.code == 2
    assert "seed was 0, now is 1" in capfd.readouterr().err


def test_pairs_count_by_what_their_chunks_return(words, teacher, data, tmp_path, capfd):
    """And a classifier of another teacher's is refused, as is another in the folder."""
    options, _ = words
    for name, seed in (("returns", 0), ("others", 1)):
        torch.manual_seed(seed)
        taught = load_teacher(teacher)
        sizes = 32, taught.encoder.cond_dim, 8, 1
        classifier = ReturnClassifier(taught.schedule, *sizes)
        save_returns(tmp_path / name, classifier, taught, {})
    taught.encoder.standardise.mean += 1
    save_returns(tmp_path / "strangers", classifier, taught, {})
    out = str(tmp_path / "scored")
    main(["pairs", *options, "--out", out, "--returns", str(tmp_path / "returns")])
    pairs = read_pairs(tmp_path / "scored")
    known = load_returns(tmp_path / "returns").classifier
    with torch.no_grad():
        returned = known.clean(pairs.x, pairs.cond)
    assert torch.equal(pairs.weight.argsort(), returned.argsort())
    assert float(pairs.weight.mean()) == pytest.approx(1.0)
    for name, line in (
        ("others", "scored was"),
        ("strangers", "expected a classifier of this teacher's"),
    ):
        with pytest.raises(SystemExit) as stop:
            main(["pairs", *options, "--out", out, "--returns", str(tmp_path / name)])
        assert stop.value.code == 2
        assert line in capfd.readouterr().err
