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
    assert METHODS[name].about.endswith(".")


@pytest.mark.parametrize("name", METHODS)
def test_a_newcomer_is_told_what_it_is(name):
    """And when to choose it, not the names of its classes."""
    about = METHODS[name].about
    assert ": " in about
    assert "`" not in about
    assert not about.startswith("Settings")


def test_no_two_share_a_title_or_a_recipe():
    assert len({m.title for m in METHODS.values()}) == len(METHODS)
    assert len({m.recipe for m in METHODS.values()}) == len(METHODS)


def test_the_command_lists_every_method(capsys):
    main([])
    text = capsys.readouterr().out
    heads = [line.split()[0] for line in text.splitlines() if line[0] != " "]
    assert heads == list(METHODS)
    words = " ".join(text.split())
    for method in METHODS.values():
        assert f"{method.title}, " in words
        assert method.about in words
