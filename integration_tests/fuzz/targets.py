"""What is read from outside: for each kind, a valid sample, and how it is read.

`make` fills a folder. `read` reads it, as a command would, and gives what came of it as
nested dicts of tensors, arrays and JSON, to be compared with what came of the sample.
"""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from recordings import RECORDINGS, arrays

from onehop_envs import (
    Demonstrations,
    Rewards,
    load_actors,
    read_d3il_avoiding,
    read_d4rl_hdf5,
    read_diffusion_policy_zarr,
)
from onehop_evaluate import Record, Use, entries_of
from onehop_evaluate._kept import Kept
from onehop_interfaces import Batch, Signature
from onehop_interfaces.learning import Run
from onehop_koopman_fdk import FromShards, FromTeacher, write_pairs
from onehop_methods import METHODS, load_chooser, save_judge, save_returns
from onehop_selectors import Judge, ReturnClassifier
from onehop_tasks import Start
from onehop_teachers import (
    EDM,
    DiffusionTeacher,
    Flatten,
    Karras,
    PredictX,
    ResidualMLP,
    ScaledActions,
    SquaredCosine,
    UNet1D,
    load_teacher,
    save_checkpoint,
    save_teacher,
)
from onehop_train._state import restore, write_state

__all__ = ["TARGETS", "Target", "demonstrations", "teacher"]


class Target(NamedTuple):
    """A kind of file.

    Attributes:
        make: Fills a folder.
        read: Reads it.
        sure: The kinds of mutation after which what is read must be what was written;
            formats of others have no checksums.
    """

    make: Callable[[Path], object]
    read: Callable[[Path], Any]
    sure: frozenset[str] = frozenset({"damage", "loss", "plant"})


def demonstrations() -> Demonstrations:
    """Two short episodes of noise in Push-T's shapes."""
    draw = np.random.default_rng(0)
    obs = {
        "keypoints": draw.uniform(0, 512, (24, 20)).astype(np.float32),
        "state": draw.uniform(0, 512, (24, 3)).astype(np.float32),
    }
    actions = draw.uniform(0, 512, (24, 2)).astype(np.float32)
    rewards = Rewards(actions[:, 0].astype(np.float16), np.array([True, False]))
    meta = {"seed": 0, "units": "px"}
    return Demonstrations(obs, actions, np.array([14, 24]), meta, rewards)


def make_demonstrations(folder: Path) -> None:
    """The project's own file."""
    demonstrations().save(folder / "demos.safetensors")


def read_demonstrations(folder: Path) -> Any:
    """All its arrays."""
    return arrays(Demonstrations.load(folder / "demos.safetensors"))


def make_zarr(folder: Path) -> None:
    """Diffusion Policy's replay buffer, in several chunks."""
    import zarr

    draw = np.random.default_rng(0)
    root = zarr.open_group(zarr.DirectoryStore(str(folder / "replay.zarr")), mode="w")
    for name, shape in (
        ("state", (24, 5)),
        ("keypoint", (24, 9, 2)),
        ("action", (24, 2)),
    ):
        values = draw.uniform(0, 512, shape).astype(np.float32)
        root.create_dataset(f"data/{name}", data=values, chunks=(10, *shape[1:]))
    root.create_dataset("meta/episode_ends", data=np.array([14, 24]))


def read_zarr(folder: Path) -> Any:
    """All the arrays that there are in it."""
    return arrays(read_diffusion_policy_zarr(folder / "replay.zarr"))


def make_zip(folder: Path) -> None:
    """The same, zipped."""
    make_zarr(folder)
    shutil.make_archive(str(folder / "replay.zarr"), "zip", folder / "replay.zarr")
    shutil.rmtree(folder / "replay.zarr")


def read_zip(folder: Path) -> Any:
    """The same."""
    return arrays(read_diffusion_policy_zarr(folder / "replay.zarr.zip"))


def make_pickles(folder: Path) -> None:
    """Two of D3IL's episodes, of an old protocol and a new one."""
    draw = np.random.default_rng(0)
    for i, protocol in enumerate((2, 4)):
        robot = {name: draw.normal(size=(9, 3)) for name in ("des_c_pos", "c_pos")}
        content = {"robot": {**robot, "width": np.float64(0.1)}, "context": [("a", 1)]}
        (folder / f"{i}.pkl").write_bytes(pickle.dumps(content, protocol))


def read_pickles(folder: Path) -> Any:
    """All episodes; a file that is gone is none of them."""
    return arrays(read_d3il_avoiding(folder))


@cache
def teacher(kind: str = "mlp") -> DiffusionTeacher:
    """A small teacher of Push-T, its statistics fitted."""
    torch.manual_seed(0)
    signature = Signature({"keypoints": (20,)}, 2, 4, 2, 2)
    encoder = Flatten({"keypoints": (20,)}, n_obs=2)
    if kind == "mlp":
        parts: Any = (SquaredCosine(), PredictX())
        net: Any = ResidualMLP(4, 2, 40, width=8, blocks=1, time_dim=4)
    else:
        parts = (EDM(), Karras())
        net = UNet1D(4, 2, 40, down_dims=(4, 8), time_dim=4, kernel=3, groups=2)
    made = DiffusionTeacher(signature, *parts, net, encoder, ScaledActions(2))
    windows = demonstrations().windows(2, 4)
    obs = {"keypoints": torch.from_numpy(windows.obs["keypoints"])}
    return made.fit(obs, torch.from_numpy(windows.actions))


def make_teachers(folder: Path) -> None:
    """A residual MLP and a U-Net."""
    for kind in ("mlp", "unet"):
        save_teacher(
            folder / kind, teacher(kind), {"seed": 0, "metrics": {"loss": 0.1}}
        )


def read_teachers(folder: Path) -> Any:
    """Settings and weights of both."""
    read = {kind: load_teacher(folder / kind) for kind in ("mlp", "unet")}
    return {k: {"config": t.config(), **t.state_dict()} for k, t in read.items()}


SMALL: dict[str, dict[str, Any]] = {
    "sds": {},
    "oneflow": {},
    "ctm": {},
    "vdd": {"experts": 2, "width": 8, "head_width": 8, "gate_width": 8, "blocks": 1},
    "dnk": {"latent": 8, "width": 8, "depth": 1},
    "kdm-f": {"latent": 8, "width": 8, "depth": 1},
}
"""A student of each kind, and what makes it small."""


def _distiller(method: str, settings: dict[str, Any]) -> Any:
    kind = METHODS[method].recipe
    torch.manual_seed(0)
    known = set(kind.__dataclass_fields__)
    recipe = kind(**{k: v for k, v in settings.items() if k in known})
    return recipe.distiller(teacher(), Run(2, torch.Generator().manual_seed(0)))


def make_students(folder: Path) -> None:
    """The teacher, and a student of each kind."""
    save_teacher(folder / "teacher", teacher(), {"seed": 0})
    for method, settings in SMALL.items():
        policy = _distiller(method, settings).policy
        config = {
            "method": method,
            "policy": policy.config(),
            "teacher": teacher().config(),
        }
        save_checkpoint(folder / method, policy.state_dict(), config, {"seed": 0})


def read_students(folder: Path) -> Any:
    """Settings, weights and a decision of each."""
    students = [folder / method for method in SMALL]
    obs = {"keypoints": torch.full((1, 2, 20), 256.0)}
    read = {}
    use = Use(torch.device("cpu"))
    for entry in entries_of(folder / "teacher", students, use)[3:]:
        student: Any = entry.policy
        decision = student(obs, torch.Generator().manual_seed(0))
        weights = student.state_dict()
        read[entry.name] = {"config": student.config(), "acts": decision, **weights}
    return read


def make_choosers(folder: Path) -> None:
    """A critic and a return classifier."""
    torch.manual_seed(0)
    save_judge(folder / "critic", Judge("keypoints", 20, 2, 8, 1), {"seed": 0})
    sizes = 8, teacher().encoder.cond_dim, 8, 1
    classifier = ReturnClassifier(teacher().schedule, *sizes)
    save_returns(folder / "returns", classifier, teacher(), {"seed": 0})


def read_choosers(folder: Path) -> Any:
    """Settings, weights and scores of both."""
    obs = {"keypoints": torch.full((1, 2, 20), 256.0)}
    plans, read = torch.linspace(0, 512, 40).view(1, 5, 4, 2), {}
    for name in ("critic", "returns"):
        chooser = load_chooser(folder / name, torch.device("cpu"))
        scores = chooser.selector(teacher().signature)(plans, obs)
        read[name] = {"scores": scores, **chooser.module.state_dict()}
    return read


def make_actors(folder: Path) -> None:
    """Two actors of an environment."""
    draw = np.random.default_rng(0)
    shapes = {
        "weight0": (4, 3),
        "bias0": (4,),
        "mean_weight": (2, 4),
        "mean_bias": (2,),
    }
    arrays = {
        f"Toy/{name}/{array}": draw.normal(size=shape).astype(np.float32)
        for name in ("ppo", "trpo")
        for array, shape in {**shapes, "std": (2,)}.items()
    }
    said = {f"Toy/{name}/activation": np.array("tanh") for name in ("ppo", "trpo")}
    np.savez(folder / "actors.npz", **arrays, **said)


def read_actors(folder: Path) -> Any:
    """What each does."""
    actors, rng = load_actors(folder / "actors.npz", "Toy"), np.random.default_rng(0)
    return {name: actor.act(np.ones(3), 1.0, rng) for name, actor in actors.items()}


def make_hdf5(folder: Path) -> None:
    """A data set of D4RL's."""
    import h5py

    demos = demonstrations()
    with h5py.File(folder / "set.hdf5", "w") as file:
        file["observations"], file["actions"] = demos.obs["state"], demos.actions
        file["rewards"], file["terminals"] = demos.rewards.each, np.arange(24) == 13


def read_hdf5(folder: Path) -> Any:
    """All its arrays."""
    return arrays(read_d4rl_hdf5(folder / "set.hdf5"))


def make_pairs(folder: Path) -> None:
    """Three shards."""
    obs = {"keypoints": torch.rand(24, 2, 20)}
    source = FromTeacher(teacher(), steps=2)
    batch = Batch(obs, torch.rand(24, 4, 2))
    write_pairs(source, batch, folder, count=24, shard_size=8)


def read_pairs(folder: Path) -> Any:
    """All pairs, for the teacher's student."""
    return FromShards.read(folder, teacher()).pairs._asdict()


KEY = {"policy": "abc", "seed": 0}


STARTS = [Start(seed) for seed in range(3)]


def _record(start: Start) -> Record:
    draw = np.random.default_rng(start.seed)
    steps = 4 + start.seed
    agent = draw.random((steps + 1, 2)).astype(np.float32)
    return Record(draw.random(steps), agent, 2, success=True, mode=start.seed)


def make_rollouts(folder: Path) -> None:
    """Three episodes."""
    kept = Kept(folder, KEY)
    for start in kept.missing(STARTS):
        kept.save(start, _record(start))


def read_rollouts(folder: Path) -> Any:
    """All episodes; a file that is gone is made anew."""
    make_rollouts(folder)
    return {str(start.seed): vars(Kept(folder, KEY).load(start)) for start in STARTS}


def make_states(folder: Path) -> None:
    """The state of a distillation after a step."""
    distiller = _distiller("sds", {})
    distiller.update(Batch({"keypoints": torch.rand(4, 2, 20)}, torch.rand(4, 4, 2)))
    write_state(folder, 1, distiller.state_dict())


def read_states(folder: Path) -> Any:
    """The state that a distiller goes on from."""
    distiller = _distiller("sds", {})
    restore(distiller, folder)
    return json.loads(json.dumps(_listed(distiller.state_dict())))


def _listed(state: Any) -> Any:
    if isinstance(state, torch.Tensor):
        return state.tolist()
    if isinstance(state, dict):
        return [[key, _listed(value)] for key, value in state.items()]
    return [_listed(v) for v in state] if isinstance(state, list | tuple) else state


FOREIGN = frozenset({"loss", "plant"})
"""A flipped bit in a file without a checksum cannot be seen."""

TARGETS: dict[str, Target] = {
    "demonstrations": Target(make_demonstrations, read_demonstrations),
    "zarr": Target(make_zarr, read_zarr, FOREIGN),
    "zip": Target(make_zip, read_zip),
    "pickles": Target(make_pickles, read_pickles, frozenset()),
    "teachers": Target(make_teachers, read_teachers),
    "students": Target(make_students, read_students),
    "choosers": Target(make_choosers, read_choosers),
    "actors": Target(make_actors, read_actors),
    "hdf5": Target(make_hdf5, read_hdf5, FOREIGN),
    "pairs": Target(make_pairs, read_pairs),
    "rollouts": Target(make_rollouts, read_rollouts),
    "states": Target(make_states, read_states),
    **{name: Target(*of, FOREIGN) for name, of in RECORDINGS.items()},
}
