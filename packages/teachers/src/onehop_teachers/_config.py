"""Objects as JSON: the name of their class and the arguments of its constructor.

A component keeps every constructor argument as an attribute of the same name (the
convention of scikit-learn's `get_params`), so that

    to_config(EDM(rho=5)) == {"class": "EDM", "sigma_min": .002, ..., "rho": 5}

An argument may be a component itself, or hold some by name or in order. Reading goes
only through classes the reader names: a file can choose among them, but neither import
nor execute anything.
"""

import dataclasses
import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from torch import nn

from onehop_interfaces import BadInput, number, reading, whole

__all__ = ["from_config", "to_config"]

_LARGEST = 2**31
"""Whole number that any component may be made with."""
_MOST = 100
"""Components in one config,"""
_DEEPEST = 20
"""and how many containers may lie in one another there."""


def to_config(component: object) -> dict[str, Any]:
    """The class and the constructor arguments of `component`, as JSON would have them.

    Raises:
        TypeError: if it does not keep its constructor arguments as attributes.
        BadInput: if one of them is a function, which no file can hold.
    """
    cls = type(component)
    names = inspect.signature(cls).parameters
    missing = [name for name in names if not hasattr(component, name)]
    if missing:
        raise TypeError(f"{cls.__name__} does not keep its argument {missing[0]!r}")
    arguments = {name: _plain(getattr(component, name)) for name in names}
    return {"class": cls.__name__, **arguments}


def from_config(config: object, classes: Iterable[type], where: str) -> Any:
    """The component that `to_config` described.

    Args:
        config: What was read from a file.
        classes: Those that may be built.
        where: What to call the config in an error.

    Raises:
        BadInput: if it is none of the classes, its constructor refuses, or there are
            too many components.
    """
    _check_size(config, where)
    known = {cls.__name__: cls for cls in classes}
    given = dict(config) if isinstance(config, Mapping) else {}
    name = given.pop("class", None)
    if not isinstance(name, str) or name not in known:
        raise BadInput(f"{where}: expected a class of {sorted(known)}, got {name!r}")
    with reading(where, f"arguments of {name}"):
        _check_numbers(known[name], given, where)
        built = {key: _built(value, known.values()) for key, value in given.items()}
        return known[name](**built)


def _check_size(config: object, where: str) -> None:
    """Refuse what would take for ever to make."""
    level, components = [config], 0
    for _ in range(_DEEPEST):
        mappings = [value for value in level if isinstance(value, Mapping)]
        components += sum(isinstance(each.get("class"), str) for each in mappings)
        lists = [value for value in level if isinstance(value, list)]
        level = [item for each in mappings for item in each.values()]
        level += [item for each in lists for item in each]
    if level or components > _MOST:
        came = f"at least {components}" + (", nested deeper" if level else "")
        expected = f"at most {_MOST} components in {_DEEPEST} levels"
        raise BadInput(f"{where}: expected {expected}, got {came}")


def _check_numbers(cls: type, arguments: Mapping[str, Any], where: str) -> None:
    """Refuse what is no number where the constructor wants one; it takes all else."""
    for key, parameter in inspect.signature(cls, eval_str=True).parameters.items():
        if key in arguments and parameter.annotation is int:
            whole(arguments[key], f"{where} {key}", 0, _LARGEST)
        elif key in arguments and parameter.annotation is float:
            number(arguments[key], f"{where} {key}")


def _built(value: Any, classes: Iterable[type]) -> Any:
    """An argument, with the components in it made."""
    if isinstance(value, list):
        return [_built(item, classes) for item in value]
    if not isinstance(value, Mapping):
        return value
    if isinstance(value.get("class"), str):
        return from_config(value, classes, str(value["class"]))
    return {key: _built(item, classes) for key, item in value.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, nn.ModuleDict | nn.ModuleList):
        value = dict(value.items()) if isinstance(value, nn.ModuleDict) else list(value)
    if isinstance(value, nn.Module) or dataclasses.is_dataclass(value):
        return to_config(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if inspect.isroutine(value):
        raise BadInput(
            f"config: expected a module to write, got the function {value.__name__}"
        )
    return value
