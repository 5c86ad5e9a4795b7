import hashlib

import pytest
import torch
from safetensors.torch import load_file

from onehop_interfaces import BadInput, Batch
from onehop_interfaces.testing import random_obs
from onehop_koopman_fdk import (
    DNKRecipe,
    FromShards,
    FromTeacher,
    Temperatures,
    endpoint,
    read_pairs,
    write_pairs,
)


@pytest.fixture
def windows(mixture):
    return Batch(random_obs(mixture(horizon=3).signature, 40), torch.randn(40, 3, 2))


@pytest.fixture
def write(mixture, windows, tmp_path):
    def write(teacher=None, score=None, seed=0, count=50, **options):
        source = FromTeacher(
            teacher or mixture(horizon=3), steps=3, score=score, **options
        )
        settings = {"count": count, "shard_size": 20, "batch_size": 8, "seed": seed}
        return write_pairs(source, windows, tmp_path / "pairs", **settings)

    return write


def digests(folder):
    return {
        f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in folder.iterdir()
    }


def test_pairs_are_the_teacher_s_own(write, mixture, windows, tmp_path):
    teacher = mixture(horizon=3)
    files = write(temperatures=Temperatures((0.5, 1.0), (0.5, 0.5)))
    assert [file.name for file in files] == [
        f"pairs-0000{i}-of-00003.safetensors" for i in range(3)
    ]
    pairs = read_pairs(tmp_path / "pairs")
    assert len(pairs.x) == 60
    assert bool((pairs.weight == 1).all())
    expected = endpoint(teacher, pairs.prior, pairs.cond, 3)
    torch.testing.assert_close(pairs.x, expected, rtol=1e-4, atol=1e-5)
    known = teacher.encode(windows.obs)
    same = (pairs.cond[:, None] == known).all(-1)
    assert bool(same.any(1).all()), "conditions are those of the windows"
    assert len(pairs.prior.flatten(1).unique(dim=0)) == 60


def test_a_stopped_run_goes_on_bit_for_bit(write, tmp_path):
    folder = tmp_path / "pairs"
    files = write()
    whole, times = digests(folder), [f.stat().st_mtime_ns for f in files]
    files[1].rename(files[1].with_suffix(".partial"))
    files[1].with_suffix(".partial").write_bytes(b"half")
    assert write() == [files[1]]
    assert digests(folder) == whole
    assert [f.stat().st_mtime_ns for f in (files[0], files[2])] == [times[0], times[2]]
    assert write() == []


def test_pairs_of_different_settings_are_never_mixed(write, mixture):
    write()
    for change, name in (
        ({"seed": 1}, "seed"),
        ({"count": 70}, "shards"),
        ({"teacher": mixture((0.1, 0.1, 0.8), horizon=3)}, "teacher"),
        ({"temperatures": Temperatures((0.5,))}, "tau"),
        ({"mask": torch.ones(3, 2, dtype=torch.bool)}, "mask"),
        ({"score": lambda x, cond: x[:, 0, 0]}, "scored"),
    ):
        with pytest.raises(BadInput, match=f"{name} was"):
            write(**change)


def test_scores_weigh_by_rank_among_all(write, tmp_path):
    write(score=lambda x, cond: x[:, 0, 0].exp())
    pairs = read_pairs(tmp_path / "pairs")
    assert torch.equal(pairs.weight.argsort(), pairs.x[:, 0, 0].argsort())
    assert float(pairs.weight.mean()) == pytest.approx(1.0, abs=1e-6)


def test_broken_folders_are_refused(write, mixture, tmp_path):
    folder = tmp_path / "pairs"
    with pytest.raises(BadInput, match="found none"):
        read_pairs(folder)
    files = write()
    files[2].unlink()
    with pytest.raises(BadInput, match="expected 3 shards, found 2"):
        read_pairs(folder)
    write()
    files[0].write_bytes(files[0].read_bytes()[:100])
    with pytest.raises(BadInput, match=r"pairs-00000.*expected a shard of pairs"):
        read_pairs(folder)


def test_of_too_few_pairs_none_are_written(write):
    with pytest.raises(BadInput, match="expected at least 1, got 0"):
        write(count=0)


def test_a_recipe_trains_from_a_folder_without_its_teacher(write, mixture, tmp_path):
    teacher = mixture(horizon=3)
    write()
    recipe = DNKRecipe(pairs=tmp_path / "pairs", latent=8, width=16, depth=1)
    distiller = recipe.distiller(teacher, steps=2, generator=torch.Generator())
    batch = Batch({}, torch.empty(16, 3, 2))
    drawn = distiller.source(batch, torch.Generator().manual_seed(0))
    stored = load_file(tmp_path / "pairs" / "pairs-00000-of-00003.safetensors")
    assert drawn.x.shape == (16, 3, 2)
    assert stored.keys() == {"cond", "prior", "x"}
    assert distiller.update(batch)["loss"] > 0
    with pytest.raises(BadInput, match="expected chunks"):
        FromShards.read(tmp_path / "pairs", mixture(horizon=2))
