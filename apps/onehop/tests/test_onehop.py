import pytest

import onehop
from onehop.__main__ import PROGRAMS, main


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_program_is_there(program, capsys):
    with pytest.raises(SystemExit) as stop:
        main([program, "--help"])
    assert not stop.value.code
    assert f"usage: onehop-{program}" in capsys.readouterr().out


def test_a_program_is_given_its_words(capsys):
    main(["methods"])
    assert "SwiftPolicy" in capsys.readouterr().out


@pytest.mark.parametrize("words", [[], ["-h"], ["--help"]])
def test_help_names_every_program(words, capsys):
    main(words)
    out = capsys.readouterr().out
    assert all(f"    {name} " in out for name in PROGRAMS)


def test_another_word_is_one_line(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["distil"])
    assert stop.value.code == 2
    assert capsys.readouterr().err.startswith("onehop: expected one of ['collect',")


def test_what_a_user_can_hold_is_in_one_place():
    names = ("decide", "export_onnx", "load_policy", "load_teacher", "save_policy")
    assert all(callable(getattr(onehop, name)) for name in names)
