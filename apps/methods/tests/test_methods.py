"""The list, and the command that prints it."""

import dataclasses

import pytest

from onehop_methods import METHODS
from onehop_methods.__main__ import main


@pytest.mark.parametrize("name", METHODS)
def test_a_recipe_is_settings_with_defaults_and_explanations(name):
    recipe = METHODS[name].recipe
    assert dataclasses.is_dataclass(recipe)
    assert recipe() == recipe()
    assert METHODS[name].about.endswith((".", ":"))


def test_no_two_share_a_title_or_a_recipe():
    assert len({m.title for m in METHODS.values()}) == len(METHODS)
    assert len({m.recipe for m in METHODS.values()}) == len(METHODS)


def test_the_command_lists_every_method(capsys):
    main([])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(METHODS)
