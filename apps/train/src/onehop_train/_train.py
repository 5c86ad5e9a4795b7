"""What each sub-command composes: data, teacher, distiller, loop, checkpoint."""

from __future__ import annotations

from typing import cast

import torch
from torch import nn

from onehop_envs import Demonstrations
from onehop_interfaces import BadInput, Recipe
from onehop_interfaces.learning import Run
from onehop_methods import METHODS, save_judge, save_policy, save_returns
from onehop_selectors import JudgeLearning, ReturnLearning
from onehop_tasks import task_named
from onehop_teachers import (
    Encoder,
    TeacherRecipe,
    TeacherTraining,
    checkpoint_sha256,
    crops,
    in_turn,
    load_teacher,
    save_teacher,
    seeing,
)

from ._augment import augment
from ._conditions import of_conditions
from ._config import CriticCommand, DistilCommand, ReturnsCommand, TeacherCommand
from ._data import WindowData
from ._folder import noted
from ._held_out import hold_out, ranks
from ._kind import check_kind
from ._meter import Metered
from ._provenance import provenance
from ._return_data import ReturnData
from ._running import begin, carry_out, last_metrics
from ._teachers import draw_times, fit, untrained_teacher
from ._transitions import TransitionData

__all__ = ["distil", "train_critic", "train_returns", "train_teacher"]


def train_teacher(command: TeacherCommand) -> None:
    """Train a teacher from demonstrations and save it."""
    command, accelerator, demonstrations = begin(command)
    task = task_named(command.task)
    if command.mirror:
        if task.mirror is None:
            raise BadInput(f"--mirror: expected a task that has one, got {task.name!r}")
        both = [demonstrations, task.mirror(demonstrations)]
        demonstrations = Demonstrations.concatenate(both)
    torch.manual_seed(command.seed)
    teacher = untrained_teacher(
        task, command.net, command.predict, command.clip, command.crop
    )
    seen = augment(command, teacher)
    data = WindowData(demonstrations, teacher.signature, accelerator.device)
    fit(teacher.to(accelerator.device), data)
    contents = {"data": demonstrations.sha256}

    settings = TeacherRecipe(
        lr=command.lr,
        ema_decay=command.ema_decay,
        draw_times=draw_times(command.predict),
        first_action=command.first_action,
        draws=command.draws,
    )

    def make(run: Run) -> TeacherTraining:
        return TeacherTraining(teacher, settings, run)

    def save(training: TeacherTraining) -> None:
        notes = provenance(command, noted(command.out), last_metrics(command))
        save_teacher(command.out / "checkpoint", training.averaged, notes, command.half)

    carry_out(command, contents, make, save, data, accelerator, seen)


def distil(command: DistilCommand[Recipe]) -> None:
    """Distil a teacher by the command's recipe and save the student."""
    command, accelerator, demonstrations = begin(command)
    whole = load_teacher(command.teacher).to(accelerator.device)
    teacher = of_conditions(whole, command.teacher, demonstrations)
    trains_encoder = getattr(command.recipe, "train_encoder", False)
    if teacher is not whole and trains_encoder:
        raise BadInput(
            "--train-encoder: expected --data that the encoder sees, got conditions"
        )
    data = WindowData(demonstrations, teacher.signature, accelerator.device)
    check_kind(teacher, data.sample())
    contents = {
        "data": demonstrations.sha256,
        "teacher": checkpoint_sha256(command.teacher),
    }

    def make(run: Run) -> Metered:
        torch.manual_seed(command.seed)
        return Metered(command.recipe.distiller(teacher, run), teacher.net)

    def save(distiller: Metered) -> None:
        metrics = last_metrics(command) | distiller.cost
        notes = provenance(command, noted(command.out), metrics)
        names = {method.recipe: name for name, method in METHODS.items()}
        method = names[type(command.recipe)]
        if teacher is not whole:
            seeing(cast(nn.Module, distiller.policy), whole)
        folder = command.out / "checkpoint"
        save_policy(folder, distiller.policy, method, whole, notes)

    seen = crops(teacher.encoder) if trains_encoder else in_turn()
    carry_out(command, contents, make, save, data, accelerator, seen)


def train_critic(command: CriticCommand) -> None:
    """Train a critic from demonstrations with rewards, and save the judge."""
    command, accelerator, demonstrations = begin(command)
    learned, held = hold_out(demonstrations, command.held_out, command.seed)
    data = TransitionData(learned, command.obs, accelerator.device)
    recipe, sizes = command.recipe, (data.states.shape[1], data.of.a.shape[1])
    run = Run(command.steps, torch.Generator().manual_seed(command.seed))
    judge = recipe.judge(command.obs, *sizes, run).to(accelerator.device)
    judge.fit(data.states, data.returns)
    data.of = judge.normal(data.of)
    contents = {"data": demonstrations.sha256}

    def make(run: Run) -> JudgeLearning:
        return JudgeLearning(recipe, run, judge)

    def save(learning: JudgeLearning) -> None:
        judge.critic.load_state_dict(learning.iql.target.state_dict())
        found = {} if held is None else ranks(judge, held, recipe.gamma)
        metrics = last_metrics(command) | found
        notes = provenance(command, noted(command.out), metrics)
        if found:
            print(*(f"{name} {value:.2f}" for name, value in found.items()))
        save_judge(command.out / "checkpoint", judge, notes)

    carry_out(command, contents, make, save, data, accelerator)


def train_returns(command: ReturnsCommand) -> None:
    """Train a return classifier in a teacher's spaces and save it."""
    command, accelerator, demonstrations = begin(command)
    teacher = load_teacher(command.teacher).to(accelerator.device)
    windows = WindowData(demonstrations, teacher.signature, accelerator.device)
    check_kind(teacher, windows.sample())
    data = ReturnData(demonstrations, windows, command.gamma, command.unknown)
    contents = {
        "data": demonstrations.sha256,
        "teacher": checkpoint_sha256(command.teacher),
    }

    def make(run: Run) -> ReturnLearning:
        cond_dim = cast(Encoder, teacher.encoder).cond_dim
        learning = command.recipe.learning(teacher, cond_dim, run)
        learning.classifier.to(accelerator.device).fit(data.returns)
        return learning

    def save(learning: ReturnLearning) -> None:
        notes = provenance(command, noted(command.out), last_metrics(command))
        folder = command.out / "checkpoint"
        save_returns(folder, learning.classifier, teacher, notes)

    carry_out(command, contents, make, save, data, accelerator)
