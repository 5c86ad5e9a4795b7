"""Episodes that are kept one by one, and run by several processes."""

import pytest
import torch

import onehop_evaluate._evaluation as evaluation
import onehop_evaluate._pool as pool
from onehop_evaluate.__main__ import main
from onehop_teachers import (
    DiffusionTeacher,
    PredictX,
    ResidualMLP,
    SquaredCosine,
    pusht_teacher,
    save_teacher,
)


class Command:
    """An evaluation of a tiny untrained teacher, from two starts."""

    def __init__(self, folder) -> None:
        self.out = folder / "out"
        self.teacher = folder / "teacher"

    def __call__(self, **options: object) -> list[str]:
        chosen = {"teacher": self.teacher, "out": self.out, "episodes": 2, **options}
        words = [w for k, v in chosen.items() for w in (f"--{k}", str(v))]
        return [*words, "--latency-rounds", "1", "--no-figures"]


@pytest.fixture
def command(tmp_path) -> Command:
    like, schedule = pusht_teacher(), SquaredCosine(steps=12)
    torch.manual_seed(0)
    net = ResidualMLP(16, 2, like.encoder.cond_dim, width=16, blocks=1)
    parts = (like.signature, schedule, PredictX(), net, like.encoder, like.actions)
    teacher = DiffusionTeacher(*parts)
    teacher.fit({"keypoints": 512 * torch.rand(32, 2, 20)}, 512 * torch.rand(32, 16, 2))
    command = Command(tmp_path)
    save_teacher(command.teacher, teacher, {})
    return command


def test_interrupted_evaluation_goes_on(command, monkeypatch):
    rolled_out = []
    real = pool.rollout

    def rollout(policy, task, starts, *rest):
        for start, record in real(policy, task, starts, *rest):
            rolled_out.append((policy.nfe, start.seed))
            if len(rolled_out) == stop:
                raise KeyboardInterrupt
            yield start, record

    monkeypatch.setattr(pool, "rollout", rollout)
    stop = 4
    with pytest.raises(SystemExit, match="the same command goes on"):
        main(command())
    out = command.out
    assert {path.name for path in out.iterdir()} == {"rollouts"}
    assert len(list((out / "rollouts").glob("*/*.safetensors"))) == 3
    *before, lost = rolled_out

    stop = None
    rolled_out.clear()
    main(command())
    assert rolled_out[0] == lost
    assert not set(before) & set(rolled_out)
    assert len(before) + len(rolled_out) == 3 * 2

    rolled_out.clear()
    main(command())
    assert rolled_out == []
    main(command(seed=1))
    assert len(rolled_out) == 3 * 2


@pytest.mark.slow
def test_by_processes_every_episode_is_the_same(command, monkeypatch):
    def kept(name: str, workers: int) -> dict[str, bytes]:
        out = command.out.with_name(name)
        words = command(out=out, workers=workers, episodes=6)
        main([*words, "--rollouts-only"])
        files = out.rglob("*.safetensors")
        return {str(f.relative_to(out)): f.read_bytes() for f in files}

    monkeypatch.setattr(evaluation, "WORTH_IT", 4)
    by_two, alone = kept("two", 2), kept("one", 1)
    assert len(alone) == 3 * 6
    assert by_two == alone
