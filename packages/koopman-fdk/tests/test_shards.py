import dataclasses
import hashlib
import json

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from onehop_interfaces import BadInput, Batch
from onehop_interfaces.learning import Run
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
from onehop_koopman_fdk._shards import _observations


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


@pytest.mark.parametrize("parts", [1, 3])
def test_windows_need_not_be_in_memory_all_at_once(
    mixture, tmp_path, monkeypatch, parts
):
    teacher = mixture(horizon=3)
    batch = Batch(random_obs(teacher.signature, 40), torch.randn(40, 3, 2))
    size = sum(each.nbytes for each in batch.obs.values())
    monkeypatch.setattr("onehop_koopman_fdk._shards.HASHED", size // parts + parts)
    asked = []

    class Far:
        def __len__(self):
            return len(batch)

        def __getitem__(self, rows):
            asked.append(rows)
            return batch[rows]

    source = FromTeacher(teacher, steps=2)
    numbers = {"count": 24, "shard_size": 24, "batch_size": 8}
    write_pairs(source, Far(), tmp_path / "far", **numbers)
    write_pairs(source, batch, tmp_path / "near", **numbers)
    assert digests(tmp_path / "far") == digests(tmp_path / "near")
    assert max(map(len, asked)) == (40 if parts == 1 else 13)
    assert set(torch.cat(asked).tolist()) == set(range(40)), "all are hashed"


@pytest.mark.parametrize("most", [2**26, 100])
def test_a_hash_sees_every_observation(mixture, monkeypatch, most):
    monkeypatch.setattr("onehop_koopman_fdk._shards.HASHED", most)
    batch = Batch(random_obs(mixture().signature, 40), torch.zeros(40, 1, 2))
    (name,) = batch.obs
    hashes = {_observations(batch)}
    for row in range(40):
        changed = batch.obs[name].clone()
        changed[row] += 1e-3
        hashes.add(_observations(Batch({name: changed}, batch.actions)))
    assert len(hashes) == 41


def test_a_stopped_run_goes_on_bit_for_bit(write, tmp_path):
    folder = tmp_path / "pairs"
    files = write()
    whole, times = digests(folder), [f.stat().st_mtime_ns for f in files]
    files[1].unlink()
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
    with pytest.raises(BadInput, match=r"pairs-00000.*expected "):
        read_pairs(folder)


@pytest.mark.parametrize("place", [20, 200, -1, -1000])
def test_a_flipped_bit_is_seen(write, tmp_path, place):
    file = write()[1]
    damaged = bytearray(file.read_bytes())
    damaged[place] ^= 1
    file.write_bytes(damaged)
    with pytest.raises(
        BadInput, match=r"pairs-00001.*: expected (the contents|a shard)"
    ):
        read_pairs(tmp_path / "pairs")


def rewrite(file, change):
    """Change tensors and settings of a shard, and take out its seal."""
    with safe_open(file, "pt") as shard:
        settings = json.loads(shard.metadata()["pairs"])
        tensors = {name: shard.get_tensor(name) for name in shard.keys()}  # noqa: SIM118
    del settings["seal"]
    change(settings, tensors)
    save_file(tensors, file, {"pairs": json.dumps(settings)})


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda s, t: s.update(seed=1), "seed was 1, now is 0"),
        (lambda s, t: s.update(teacher="another"), "teacher was another, now is"),
        (lambda s, t: s.pop("steps"), "expected .*'steps'"),
        (lambda s, t: s.update(shards="3"), "shards: expected a whole number"),
        (lambda s, t: t.pop("x"), r"tensors: expected \['cond', 'prior', 'x'\]"),
        (lambda s, t: t.update(x=t["x"][:5].clone()), "x: expected 20 rows"),
        (lambda s, t: t.update(x=t["x"][..., :1].clone()), "expected x and prior of"),
        (lambda s, t: t.update(cond=t["cond"].long()), "cond: expected finite floats"),
        (lambda s, t: t["x"][3].fill_(torch.nan), "x: expected finite floats"),
        (
            lambda s, t: t.update(cond=t["cond"].repeat(1, 2)),
            "cond: expected rows as in .*pairs-00000",
        ),
    ],
)
def test_shards_that_do_not_fit_are_refused(write, tmp_path, change, line):
    rewrite(write()[1], change)
    with pytest.raises(BadInput, match=rf"pairs-00001.*: {line}"):
        read_pairs(tmp_path / "pairs")


def test_files_are_as_when_pairs_had_masks(write, tmp_path):
    files = write()
    with safe_open(files[0], "pt") as shard:
        assert json.loads(shard.metadata()["pairs"])["mask"] is None
    rewrite(files[1], lambda s, t: s.pop("mask"))
    assert len(read_pairs(tmp_path / "pairs").x) == 60
    rewrite(files[0], lambda s, t: s.update(mask=[[True]]))
    with pytest.raises(BadInput, match=r"mask was \[\[True\]\], now is None"):
        write()


def test_pairs_of_another_teacher_are_refused(write, mixture, tmp_path):
    write()
    FromShards.read(tmp_path / "pairs", mixture(horizon=3))
    with pytest.raises(BadInput, match="expected pairs of the teacher given"):
        FromShards.read(tmp_path / "pairs", mixture((0.1, 0.1, 0.8), horizon=3))


def test_of_too_few_pairs_none_are_written(write):
    with pytest.raises(BadInput, match="expected at least 1, got 0"):
        write(count=0)


def test_a_recipe_trains_from_a_folder_without_its_teacher(write, mixture, tmp_path):
    teacher = mixture(horizon=3)
    write()
    recipe = DNKRecipe(pairs=tmp_path / "pairs", latent=8, width=16, depth=1)
    distiller = recipe.distiller(teacher, Run(2))
    batch = Batch({}, torch.empty(16, 3, 2))
    drawn = distiller.source(batch, torch.Generator().manual_seed(0))
    stored = load_file(tmp_path / "pairs" / "pairs-00000-of-00003.safetensors")
    assert drawn.x.shape == (16, 3, 2)
    assert stored.keys() == {"cond", "prior", "x"}
    assert distiller.update(batch)["loss"] > 0
    with pytest.raises(
        BadInput, match="train_encoder: expected pairs made on the spot"
    ):
        dataclasses.replace(recipe, train_encoder=True).distiller(teacher, Run(2))
    with pytest.raises(BadInput, match="expected chunks"):
        FromShards.read(tmp_path / "pairs", mixture(horizon=2))
