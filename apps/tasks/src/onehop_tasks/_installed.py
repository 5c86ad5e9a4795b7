"""Whether what a task needs is installed: extras are not, by default."""

from __future__ import annotations

from importlib.util import find_spec

from onehop_interfaces import BadInput

__all__ = ["check_installed"]


def check_installed(
    task: str, what: str, extra: str, *modules: str, where: str = ""
) -> None:
    """Refuse a task whose modules are not all there.

    Args:
        task: Its name.
        what: How people call what it needs.
        extra: That brings it.
        modules: Whose absence says that it is not there.
        where: In which environment, if not in any.

    Raises:
        BadInput: naming the extra.
    """
    if any(find_spec(module) is None for module in modules):
        raise BadInput(
            f"--task {task}: expected {what} to be installed; {where}"
            f"pip install 'onehop-tasks[{extra}]'"
        )
