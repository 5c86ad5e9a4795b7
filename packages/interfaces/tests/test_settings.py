import pytest

from onehop_interfaces import BadInput, naming, number, reading, settings, whole


def test_what_fits_passes():
    assert settings({"a": 1, "b": 2}, "thing", ("b", "a")) == {"a": 1, "b": 2}
    assert settings({"a": 1}, "thing", ["a"], {"b": 2}) == {"a": 1, "b": 2}
    assert settings({"a": 1, "b": 3}, "thing", ["a"], {"b": 2}) == {"a": 1, "b": 3}
    assert whole(3, "n", 1, 3) == 3
    assert number(2, "x") == 2
    assert number(0.5, "x") == 0.5


@pytest.mark.parametrize(
    "value", [0, 4, 10**400, -1, 2.0, True, "2", None, [2], {"n": 2}, float("nan")]
)
def test_a_whole_number_within_bounds_is_wanted(value):
    with pytest.raises(BadInput, match="n: expected a whole number from 1 to 3, got"):
        whole(value, "n", 1, 3)


@pytest.mark.parametrize("value", [True, "2", None, [2], {}, float("nan"), 1e999])
def test_a_finite_number_is_wanted(value):
    with pytest.raises(BadInput, match=r"x: expected a (finite )?number, got"):
        number(value, "x")


@pytest.mark.parametrize(
    "value", [{}, {"a": 1, "c": 2}, {"a": 1, "b": 2, "c": 3}, [], 3]
)
def test_just_these_names_are_wanted(value):
    with pytest.raises(BadInput, match=r"thing: expected \['a', 'b'\], got"):
        settings(value, "thing", ("a", "b"))


def test_a_message_is_one_line_whatever_it_quotes():
    assert str(BadInput("a: got é\n\x1b[31m b")) == "a: got é\\n\\x1b[31m b"
    assert len(str(BadInput("a" * 10_000))) == 1_503


def test_what_a_reader_raises_is_one_line():
    with (
        pytest.raises(BadInput, match=r"^f: expected numbers, got KeyError: 'a b'$"),
        reading("f", "numbers"),
    ):
        raise KeyError("a b")
    with pytest.raises(BadInput, match=r"^as it is$"), reading("f", "numbers"):
        raise BadInput("as it is")
    with pytest.raises(KeyboardInterrupt), reading("f", "numbers"):
        raise KeyboardInterrupt


def test_what_is_refused_says_where_and_other_errors_pass():
    with pytest.raises(BadInput, match=r"^file: expected 3, got 4$"), naming("file"):
        raise BadInput("expected 3, got 4")
    with pytest.raises(KeyError), naming("file"):
        raise KeyError("other")
    with naming("file"):
        pass
