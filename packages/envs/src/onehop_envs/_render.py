"""How an environment may be asked to draw itself: not at all, or as an RGB picture."""

from __future__ import annotations

from onehop_interfaces import BadInput

__all__ = ["RENDER_MODES", "check_render"]

RENDER_MODES = ["rgb_array"]


def check_render(render_mode: str | None, render_size: int) -> None:
    """Refuse a mode that is not drawn, and a picture without pixels.

    Raises:
        BadInput: naming the argument.
    """
    modes = (None, *RENDER_MODES)
    if render_mode not in modes:
        raise BadInput(f"render_mode: expected one of {modes}, got {render_mode!r}")
    if render_size < 1:
        raise BadInput(f"render_size: expected at least 1, got {render_size!r}")
