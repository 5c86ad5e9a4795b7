"""MetaWorld's fifty tasks, by how hard they are.

References:
    | Masked World Models for Visual Control (Seo et al., 2023), appendix, which sorted
    | them so | https://arxiv.org/abs/2206.14244
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["DIFFICULTY"]

_EASY = """
    button-press button-press-topdown button-press-topdown-wall button-press-wall
    coffee-button dial-turn door-close door-lock door-open door-unlock drawer-close
    drawer-open faucet-close faucet-open handle-press handle-press-side handle-pull
    handle-pull-side lever-pull peg-unplug-side plate-slide plate-slide-back
    plate-slide-back-side plate-slide-side reach reach-wall window-close window-open
"""
_MEDIUM = """
    basketball bin-picking box-close coffee-pull coffee-push hammer peg-insert-side
    push-wall soccer sweep sweep-into
"""
_HARD = "assembly hand-insert pick-out-of-hole pick-place push push-back"
_VERY_HARD = "disassemble pick-place-wall shelf-place stick-pull stick-push"

DIFFICULTY: Mapping[str, str] = {
    name: difficulty
    for difficulty, names in (
        ("easy", _EASY),
        ("medium", _MEDIUM),
        ("hard", _HARD),
        ("very hard", _VERY_HARD),
    )
    for name in names.split()
}
"""Name, without MetaWorld's version -> easy, medium, hard or very hard."""
