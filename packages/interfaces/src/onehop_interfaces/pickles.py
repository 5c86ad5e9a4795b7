"""Pickles, read as data: of numpy arrays, or by other rules.

A pickle is a program for a machine with a stack and a memo. Python's own machine calls
what the program names, sets the state of what it made, hashes whatever shall be a key
and keeps room for whatever the program counts to: a few hundred bytes can crash it, or
keep it busy for ever. The one here knows the steps that pickles of data take, and calls
what its rules have for a name: for arrays, what stands in `_pickled_names`.

This module needs numpy.

References:
    | Python: pickletools, which describes every step
    | https://docs.python.org/3/library/pickletools.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from pickletools import genops
from typing import Any, NoReturn

from ._errors import BadInput
from ._files import read_file
from ._pickled_names import LATIN1, NAMES, Array, Blank, Dtype, Name
from ._records import Inert, Items, Record

__all__ = [
    "LATIN1",
    "Array",
    "Inert",
    "Items",
    "Name",
    "Record",
    "Rules",
    "load",
    "load_arrays",
    "read_arrays",
]


@dataclass(frozen=True)
class Rules:
    """What a kind of pickle may do.

    Attributes:
        thing: What it is called in errors.
        named: (module, name) -> what stands for it: a `Name`, which can be called, an
            `Inert`, which cannot, or None, to refuse it.
        outside: A reference to something beside the pickle -> that; None to refuse.
        steps: At most so many.
    """

    thing: str
    named: Callable[[str, str], Name | Inert | None]
    outside: Callable[[Any], Any] | None = None
    steps: int = 2**15


ARRAYS = Rules("a pickle of arrays", lambda *name: NAMES.get(name))
"""More steps are not needed for arrays: each puts its bytes down in one."""


def read_arrays(path: Path, limit: int) -> Any:
    """What the pickle of a file says, see `load_arrays`.

    Args:
        path: The file.
        limit: The most that it may hold [bytes].

    Raises:
        BadInput: naming the file, if it is no regular file, holds more, is damaged, or
            does something that a pickle of arrays does not.
    """
    data = read_file(path, limit)
    try:
        return load_arrays(data)
    except BadInput as error:
        raise BadInput(f"{path}: {error}") from None
    except Exception as error:  # whatever a damaged pickle may lead to
        text = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise BadInput(f"{path}: expected a pickle of arrays, but {text}") from None


def load_arrays(data: bytes) -> Any:
    """What a pickle says, with an `Array` wherever it has an array.

    Returns:
        Containers of arrays, numbers, strings, bytes and None.

    Raises:
        BadInput: if it names or does something that a pickle of arrays does not.
        Exception: whatever a damaged one leads to.
    """
    return load(data, ARRAYS)


def load(data: bytes, rules: Rules) -> Any:
    """What a pickle says, by rules of its kind.

    Returns:
        Containers of numbers, strings, bytes, None, and what the rules' names make; a
        `Record` for what is of a class that they have as `Inert`.

    Raises:
        BadInput: if it names or does something that the rules do not have.
        Exception: whatever a damaged one leads to.
    """
    machine = _Machine(len(data), rules)
    for step, (opcode, argument, _) in enumerate(genops(data)):
        if step >= rules.steps:
            machine.refuse(f"more than {rules.steps} steps")
        if opcode.name in _CONSTANTS:
            machine.push(argument)
        elif opcode.name in _STEPS:
            _STEPS[opcode.name](machine, argument)
        elif opcode.name != "STOP":
            machine.refuse(f"the step {opcode.name}")
    return machine.pop()


class _Machine:
    """The stack, the stacks below its marks, and the memo.

    Args:
        size: Of the pickle [bytes]: the bytes that its calls make are no more.
        rules: Of its kind.
    """

    def __init__(self, size: int, rules: Rules) -> None:
        self.rules = rules
        self.stack: list[Any] = []
        self._below: list[list[Any]] = []
        self._memo: dict[int, Any] = {}
        self._left = size

    def refuse(self, what: str) -> NoReturn:
        came = " ".join(what.split())[:200]
        raise BadInput(f"expected {self.rules.thing}, got {came}")

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def pop(self) -> Any:
        return self.stack.pop()

    def pop_several(self, number: int) -> list[Any]:
        start = len(self.stack) - number
        if start < 0:
            raise IndexError("pop from empty list")
        above, self.stack[start:] = self.stack[start:], []
        return above

    def pop_marked(self) -> list[Any]:
        """What lies above the last mark."""
        above, self.stack = self.stack, self._below.pop()
        return above

    def mark(self, _: None) -> None:
        self._below.append(self.stack)
        self.stack = []

    def put(self, index: int | None) -> None:
        self._memo[len(self._memo) if index is None else index] = self.stack[-1]

    def get(self, index: int) -> None:
        self.push(self._memo[index])

    def extend(self, values: list[Any]) -> None:
        if not isinstance(self.stack[-1], list):
            raise TypeError("only lists are appended to")
        self.stack[-1].extend(values)

    def update(self, flat: list[Any]) -> None:
        if not isinstance(self.stack[-1], dict):
            raise TypeError("only dicts have items")
        for key, value in zip(flat[::2], flat[1::2], strict=True):
            # The hash of a nest of tuples may take for ever, or all of the C stack.
            if not all(map(_is_plain, key if isinstance(key, tuple) else (key,))):
                came = type(key).__name__
                raise TypeError(f"a key is no text or number but a {came}")
            self.stack[-1][key] = value

    def dict_of(self, flat: list[Any]) -> None:
        self.push({})
        self.update(flat)

    def name(self, named: str) -> None:
        self._named(*named.split(" ", 1))

    def stack_name(self, _: None) -> None:
        self._named(*self.pop_several(2))

    def _named(self, module: Any, name: Any) -> None:
        if not isinstance(module, str) or not isinstance(name, str):
            raise TypeError("a name is no text")
        stands_for = self.rules.named(module, name)
        if stands_for is None:
            self.refuse(f"the name {module}.{name}")
        self.push(stands_for)

    def reduce(self, _: None) -> None:
        called, arguments = self.pop_several(2)
        if isinstance(called, Inert):
            self.refuse(f"a call of {called}")
        if not isinstance(called, Name) or not isinstance(arguments, tuple):
            raise TypeError("only names are called")
        made = called.make(*arguments)
        self._left -= len(made) if isinstance(made, bytes) else 0
        if self._left < 0:
            raise ValueError("more bytes than the file has")
        self.push(made)

    def build(self, _: None) -> None:
        (state,) = self.pop_several(1)
        target = self.stack[-1]
        if not isinstance(target, (Blank, Dtype, Record, Items)):
            raise TypeError("only objects have a state")
        target.set(state)

    def new(self, _: None) -> None:
        """An object without its constructor's help."""
        of, _arguments = self.pop_several(2)
        if not isinstance(of, Inert):
            raise TypeError("only classes that are data make objects")
        self.push(Record(of))

    def outside(self, _: None) -> None:
        reference = self.pop()
        if self.rules.outside is None:
            kind = type(reference).__name__
            text = repr(reference) if isinstance(reference, str) else kind
            self.refuse(f"the outside reference {text}")
        self.push(self.rules.outside(reference))


def _is_plain(value: Any) -> bool:
    return isinstance(value, (str, bytes, int))


def _protocol(machine: _Machine, version: int) -> None:
    if version > 5:
        raise ValueError(f"unsupported pickle protocol: {version}")


def _persistent(machine: _Machine, name: str) -> None:
    machine.push(name)
    machine.outside(None)


# Steps that put their argument on the stack.
_CONSTANTS = {
    *("NONE", "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4"),
    *("FLOAT", "BINFLOAT", "STRING", "BINSTRING", "SHORT_BINSTRING"),
    *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
    *("UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"),
}

_STEPS: dict[str, Callable[[_Machine, Any], None]] = {
    "PROTO": _protocol,
    "FRAME": lambda machine, _: None,
    "MARK": _Machine.mark,
    "NEWTRUE": lambda machine, _: machine.push(True),
    "NEWFALSE": lambda machine, _: machine.push(False),
    "EMPTY_LIST": lambda machine, _: machine.push([]),
    "EMPTY_TUPLE": lambda machine, _: machine.push(()),
    "EMPTY_DICT": lambda machine, _: machine.push({}),
    "TUPLE1": lambda machine, _: machine.push(tuple(machine.pop_several(1))),
    "TUPLE2": lambda machine, _: machine.push(tuple(machine.pop_several(2))),
    "TUPLE3": lambda machine, _: machine.push(tuple(machine.pop_several(3))),
    "TUPLE": lambda machine, _: machine.push(tuple(machine.pop_marked())),
    "LIST": lambda machine, _: machine.push(machine.pop_marked()),
    "DICT": lambda machine, _: machine.dict_of(machine.pop_marked()),
    "APPEND": lambda machine, _: machine.extend([machine.pop()]),
    "APPENDS": lambda machine, _: machine.extend(machine.pop_marked()),
    "SETITEM": lambda machine, _: machine.update(machine.pop_several(2)),
    "SETITEMS": lambda machine, _: machine.update(machine.pop_marked()),
    "PUT": _Machine.put,
    "BINPUT": _Machine.put,
    "LONG_BINPUT": _Machine.put,
    "MEMOIZE": _Machine.put,
    "GET": _Machine.get,
    "BINGET": _Machine.get,
    "LONG_BINGET": _Machine.get,
    "GLOBAL": _Machine.name,
    "STACK_GLOBAL": _Machine.stack_name,
    "REDUCE": _Machine.reduce,
    "BUILD": _Machine.build,
    "NEWOBJ": _Machine.new,
    "PERSID": _persistent,
    "BINPERSID": _Machine.outside,
}
