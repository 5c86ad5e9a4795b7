"""Arrays come out of pickles as they went in, and nothing else comes out of them."""

import io
import pickle
import struct
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from onehop_interfaces import BadInput
from onehop_interfaces.pickles import (
    Inert,
    Items,
    Name,
    Rules,
    load,
    load_arrays,
    read_arrays,
)

PROTOCOLS = (0, 1, 2, 3, 4, 5)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("dtype", ["<f8", ">f4", "<f2", "|i1", ">i8", "<u2", "|b1"])
def test_arrays_are_what_was_pickled(protocol: int, dtype: str) -> None:
    values = np.arange(24).reshape(2, 3, 4).astype(dtype)
    arrays = [
        values,
        np.asfortranarray(values),
        values.transpose(1, 0, 2),
        values[::-1, ::2],
        values[:0],
        np.asfortranarray(values)[..., :0],
        np.array(values[1, 1, 1]),
    ]
    scalar = values[1, 2, 3]
    *found, number = load_arrays(pickle.dumps([*arrays, scalar], protocol))
    for array, expected in zip(found, arrays, strict=True):
        np.testing.assert_array_equal(array.values, expected, strict=True)
    assert number == scalar
    assert number.dtype == scalar.dtype


F8 = b"cnumpy\ndtype\n(S'f8'\nI00\nI01\ntR"
LITTLE = b"(I3\nS'<'\nNNNI-1\nI-1\nI0\ntb"
BLANK = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntC\x01btR"
PAIRS = b"(t" + b"q\x00h\x00\x86" * 60  # a nest of 2^60 empty tuples
NEST = b"(t" + b"\x85" * 30_000
TEXT = b"X" + struct.pack("<I", 1000) + b"a" * 1000 + b"q\x00"


def array_of(shape: bytes, data: bytes, dtype: bytes = F8 + LITTLE) -> bytes:
    """The pickle of an array whose state says this."""
    raw = b"B" + struct.pack("<I", len(data)) + data
    return BLANK + b"(I1\n(" + shape + b"t" + dtype + b"I00\n" + raw + b"tb."


def test_an_array_put_together_by_hand_is_read() -> None:
    data = array_of(b"I2\n", np.array([1.5, -2.0]).tobytes())
    assert load_arrays(data).values.tolist() == pickle.loads(data).tolist() == [1.5, -2]


def test_fields_of_objects_over_chosen_bytes_are_bytes() -> None:
    """What crashed: Python's own machine makes objects of them, and follows them."""
    objects = b"cnumpy\ndtype\n(S'O8'\nI00\nI01\ntR"
    found = load_arrays(array_of(b"I1\n", b"A" * 8, objects))
    assert (found.dtype, found.values) == ("object", None)
    fields = F8 + b"(I3\nS'|'\nN(S'a'\nt}I8\nI8\nI63\ntb"
    found = load_arrays(array_of(b"I1\n", b"A" * 8, fields))
    assert found.values.dtype == np.float64
    assert found.values.tobytes() == b"A" * 8


@pytest.mark.parametrize(
    "data",
    [
        array_of(b"I1000000000\n", b"A" * 8),
        array_of(b"I-1\n", b"A" * 8),
        array_of(b"F1.0\n", b"A" * 8),
        array_of(b"L99999999999999999999L\nI0\n", b""),
        array_of(b"I1\n" * 40, b"A" * 8),
        array_of(b"I2\n", b"A" * 8),
        array_of(b"I1\n", b"A" * 9),
        array_of(b"I1\n", b"A" * 8, PAIRS),
        array_of(PAIRS, b"A" * 8),
        array_of(b"I1\n", b"A" * 8, F8 + b"(I3\n" + PAIRS + b"tb"),
        b"cnumpy\ndtype\n(S'(1000000000)f8'\ntR.",
        b"cnumpy\ndtype\n(" + PAIRS + b"tR.",
        # The state of what is no array, calls of what is no name.
        b"cnumpy\nndarray\n(NNtb.",
        b"cnumpy\ndtype\n}S'a'\nI1\nsb.",
        b"c_codecs\nencode\nN}S'__defaults__'\n(I1\ntsI1\n\x86b.",
        b"]}b.",
        b"(I1\ntI1\nR.",
        b"cnumpy\ndtype\n(S'f8'\ntR(S'f8'\ntR.",
        b"cnumpy\nndarray\n)R.",
        b"cnumpy\nndarray\n)\x81.",
        b"(cnumpy\nndarray\no.",
        b"(S'a'\ninumpy\nndarray\n.",
        # Without end, in time, memory or depth.
        b"}" + PAIRS + b"Ns.",
        b"}" + NEST + b"Ns.",
        PAIRS + b"Q.",
        b"(" + PAIRS + b"d.",
        b"Nr\xff\xff\xff\xff" + b"N" * 2**15 + b".",
        b"\x96" + struct.pack("<Q", 2**40) + b"A.",
        b"\x8e" + struct.pack("<Q", 2**62) + b"A.",
        b"\x8b\xff\xff\xff\x7fA.",
        b"\x80\x04\x95" + struct.pack("<Q", 2**62) + b"N",
        b"L" + b"9" * 10_000 + b"L\n.",
        TEXT + b"c_codecs\nencode\n(h\x00S'latin1'\ntR" * 40 + b".",
        b"c_codecs\nencode\n(" + PAIRS + b"S'latin1'\ntR.",
        b"c_codecs\nencode\n(S'a'\n" + PAIRS + b"tR.",
        b"N" * 2**15 + b".",
        b"\x8f.",
        b"\x82\x01.",
        b"\x97.",
    ],
)
def test_what_no_array_needs_does_no_harm(tmp_path, data: bytes) -> None:
    """Python's own machine crashes, waits or fills the memory with some of these."""
    path = tmp_path / "odd.pkl"
    path.write_bytes(data)
    with pytest.raises(BadInput) as error:
        read_arrays(path, 2**24)
    assert str(error.value).startswith(f"{path}: expected")
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < len(str(path)) + 300


@dataclass
class Kept:
    """A class of data."""

    name: str
    more: object


RULES = Rules(
    "data",
    lambda module, name: (
        Name(Items)
        if (module, name) == ("collections", "OrderedDict")
        else Inert(module, name)
    ),
    outside=lambda reference: f"outside {reference}",
)


def test_objects_are_records_by_other_rules():
    kept = Kept("a", OrderedDict(b=1))
    found = load(pickle.dumps(kept, 2), RULES)
    assert found.of == Inert(Kept.__module__, "Kept")
    assert found.state == {"name": "a", "more": {"b": 1}}


def test_what_refers_to_itself_can_be_a_record():
    kept = Kept("a", None)
    kept.more = [kept]
    found = load(pickle.dumps(kept, 2), RULES)
    assert found.state["more"] == [found]


@pytest.mark.parametrize("call", [print, Kept, Path])
def test_no_other_name_is_called(call, capsys):
    class Caller:
        def __reduce__(self):
            return call, ("a", "b")

    with pytest.raises(BadInput, match=rf"got a call of .*{call.__name__}"):
        load(pickle.dumps(Caller(), 2), RULES)
    assert not capsys.readouterr().out


def test_what_lies_outside_is_asked_for():
    class Pickler(pickle.Pickler):
        def persistent_id(self, value):
            return ("storage", str(value)) if isinstance(value, int) else None

    file = io.BytesIO()
    Pickler(file, 2).dump(["a", 7])
    assert load(file.getvalue(), RULES) == ["a", "outside ('storage', '7')"]
    with pytest.raises(BadInput, match="got the outside reference tuple"):
        load_arrays(file.getvalue())


def test_steps_are_counted_by_the_rules():
    few = Rules("data", lambda *name: None, steps=3)
    with pytest.raises(BadInput, match="expected data, got more than 3 steps"):
        load(pickle.dumps([1, 2, 3]), few)
