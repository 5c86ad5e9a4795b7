"""How policies are used: chosen among, guided, cooled."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from onehop_envs import Demonstrations
from onehop_evaluate import Use, entries_of
from onehop_evaluate.__main__ import main
from onehop_interfaces import BadInput, Signature
from onehop_interfaces.acting import decide
from onehop_methods import save_judge, save_returns
from onehop_selectors import Judge, ReturnClassifier
from onehop_teachers import (
    DiffusionTeacher,
    PredictX,
    SquaredCosine,
)

CPU = torch.device("cpu")
FILES = {
    "table.md",
    "results.json",
    "curves.png",
    "paths.png",
    "trade_off.png",
    "race.gif",
    "rollouts",
}


def save_critic(folder: Path, state_dim: int = 20, name: str = "keypoints") -> None:
    """One that values how far right on the table an action is."""
    judge = Judge(name, state_dim, 2, width=8, depth=1)
    with torch.no_grad():
        for twin in judge.critic.twins:
            for parameter in twin.parameters():
                parameter.zero_()
            twin[0].weight[0, -2] = twin[0].bias[0] = 1.0
            twin[-1].weight[0, 0] = 1.0
    save_judge(folder, judge, {"seed": 2})


def test_a_critic_chooses_among_plans_and_acts_itself(runs, command):
    """Its parameters and products count, and the table says so."""
    save_critic(runs / "critic")
    main([*command(runs), "--no-figures"])
    alone = json.loads((runs / "out" / "results.json").read_text())["rows"]
    main([*command(runs, critic=runs / "critic", candidates=3), "--no-figures"])
    rows = json.loads((runs / "out" / "results.json").read_text())["rows"]
    names = [row["policy"] for row in rows]
    assert names == ["DDPM-12", "DDIM-10", "DDIM-1", "IQL actor", "SDS"]
    # 2 x (22 x 8 + 8 + 8 + 1) numbers of the critic, and its products for each plan.
    assert rows[4]["parameters"] == alone[3]["parameters"] + 2 * (22 * 8 + 17)
    products = 3 * 2 * 2 * (22 * 8 + 8)
    assert rows[4]["flops"] == 3 * alone[3]["flops"] + products
    table = (runs / "out" / "table.md").read_text()
    assert "Carried out is the best of 3 plans by a critic." in table
    assert rows[3]["nfe"] == 1


def test_what_the_data_did_is_chosen_among(runs):
    """In every state of the data something was done; the critic likes the right."""
    draw = np.random.default_rng(0)
    states = np.repeat(np.arange(5.0), 16)[:, None] + np.zeros(20)
    actions = draw.uniform(-1, 1, (80, 2)).astype(np.float32)
    seen, data = {"state": states.astype(np.float32)}, runs / "demos.safetensors"
    Demonstrations(seen, actions, np.array([80])).save(data)
    save_critic(runs / "critic", name="state")
    use = Use(CPU, critic=runs / "critic", candidates=200, data=data)
    obs = {"state": torch.arange(5.0).view(5, 1, 1).expand(5, 1, 20)}
    did = decide(use.recalled(), obs, torch.Generator().manual_seed(0))[:, 0, 0]
    best = torch.from_numpy(actions[:, 0]).view(5, 16).amax(1)
    torch.testing.assert_close(did, best)
    alone = replace(use, critic=None, candidates=1)
    entries = entries_of(runs / "teacher", [], alone)
    assert [entry.name for entry in entries[3:]] == ["data"]
    assert set(entries[3].load().act(obs, torch.zeros(5, 1))[:, 0, 0].tolist()) < set(
        actions[:, 0].tolist()
    )
    assert replace(alone, data=None).recalled() is None
    other = runs / "others.safetensors"
    Demonstrations({"seen": seen["state"]}, actions, np.array([80])).save(other)
    with pytest.raises(BadInput, match="--data: expected an observation 'state'"):
        replace(use, data=other).recalled()


def save_classifier(folder: Path, teacher: DiffusionTeacher) -> ReturnClassifier:
    torch.manual_seed(0)
    sizes = 32, teacher.encoder.cond_dim, 8, 1
    classifier = ReturnClassifier(teacher.schedule, *sizes)
    save_returns(folder, classifier, teacher, {"seed": 2})
    return classifier


@torch.no_grad()
def test_a_return_classifier_ranks_plans_and_guides_the_teacher(runs, small_teacher):
    teacher = small_teacher(SquaredCosine(steps=12), PredictX())
    classifier = save_classifier(runs / "returns", teacher)
    obs, chance = {"keypoints": torch.rand(1, 2, 20)}, torch.Generator().manual_seed(3)
    cond = teacher.encode(obs)
    plain, guided = (
        entries_of(
            runs / "teacher",
            [runs / "student"],
            Use(CPU, None, runs / "returns", 5, guidance=guidance),
        )
        for guidance in (0.0, 40.0)
    )
    # It has no actor.
    assert [entry.name for entry in plain] == ["DDPM-12", "DDIM-10", "DDIM-1", "SDS"]
    assert plain[2].fingerprint != guided[2].fingerprint
    noise = torch.randn(1, *plain[2].policy.noise, generator=chance)
    found = []
    for entries in (plain, guided):
        plan = entries[2].policy.act(obs, noise)
        x = teacher.normalise(plan, obs)
        found.append(float(classifier.at(x, torch.ones(1), torch.zeros(1), cond)))
    assert found[1] > found[0] + 0.01
    student = plain[3].policy
    noise = torch.randn(1, *student.noise, generator=chance)
    x = torch.cat(
        [teacher.normalise(student.policy.act(obs, noise[:, k]), obs) for k in range(5)]
    )
    values = classifier.at(x, torch.ones(5), torch.zeros(5), cond.expand(5, -1))
    assert values.argmax() > 0
    chosen = teacher.normalise(student.act(obs, noise), obs)
    torch.testing.assert_close(chosen[0], x[values.argmax()])


def test_what_is_carried_out_is_what_the_critic_values_most(
    runs, small_teacher, save_student
):
    save_critic(runs / "critic")
    teacher = small_teacher(SquaredCosine(steps=12), PredictX())
    # Within -1 to 1, where the critic tells actions apart.
    teacher.fit({"keypoints": torch.rand(32, 2, 20) / 9}, torch.rand(32, 16, 2) / 9)
    save_student(runs / "careful", teacher)
    use = Use(CPU, critic=runs / "critic", candidates=5)
    *_, student = entries_of(runs / "teacher", [runs / "careful"], use)
    one = use.student(runs / "careful")
    obs, chance = {"keypoints": torch.zeros(1, 2, 20)}, torch.Generator().manual_seed(3)
    noise = torch.randn(1, *student.policy.noise, generator=chance)
    plans = torch.cat([one.act(obs, noise[:, k]) for k in range(5)])
    best = plans[:, 0, 0].argmax()
    assert best > 0
    torch.testing.assert_close(student.policy.act(obs, noise)[0], plans[best])


def test_at_temperature_0_all_decide_without_chance(runs):
    use = Use(CPU, temperature=0.0)
    obs = {"keypoints": torch.rand(1, 2, 20)}
    for entry in entries_of(runs / "teacher", [runs / "student"], use):
        plans = [
            decide(entry.policy, obs, torch.Generator().manual_seed(seed))
            for seed in (0, 1)
        ]
        assert torch.equal(*plans), entry.name
    assert "at temperature 0" in use.said


def test_a_critic_that_looks_ahead_values_where_plans_end(runs):
    judge = Judge("state", 3, 2, width=8, depth=1)
    save_judge(runs / "judge", judge, {})
    use = Use(CPU, critic=runs / "judge", candidates=4, ahead=True)
    plans = torch.randn(2, 4, 6, 5)
    planned = Signature({"state": (3,)}, 1, 6, 1, action_dim=2, state_dim=3)
    selector = use.chooser.selector(planned)
    scores = selector(plans, {"state": torch.zeros(2, 1, 3)})
    torch.testing.assert_close(scores, judge.v(plans[:, :, -1, :3]))
    assert use.needed(nn.ModuleList())[1] is use.chooser.module
    assert "It values the states that plans end in." in str(use)
    with pytest.raises(BadInput, match="expected a policy that plans states of 3"):
        use.chooser.selector(replace(planned, state_dim=0))
    assert replace(use, data=runs / "unread.safetensors").recalled() is None


def test_critics_of_others_are_refused(runs, capsys, command, refused):
    save_critic(runs / "critic", state_dim=21)
    options = {"critic": runs / "critic", "candidates": 2}
    line = refused(command(runs, **options), capsys)
    assert "expected a critic of the policy's observations {'keypoints': (20" in line
    assert "got one of 'keypoints' (21,) and 2" in line
    line = refused([*command(runs, **options), "--ahead"], capsys)
    assert "expected a critic of the policy's observations" in line
    line = refused(command(runs, **options | {"guidance": 0.5}), capsys)
    assert "--guidance: expected --critic to be a return classifier" in line
    line = refused(command(runs, **options | {"critic": runs / "student"}), capsys)
    assert "expected a critic's checkpoint, got another" in line
