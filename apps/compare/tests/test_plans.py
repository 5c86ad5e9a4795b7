"""The plane that plans are shown in."""

import numpy as np
import pytest

from onehop_compare._plans import plane


def test_the_plane_is_the_one_that_plans_were_drawn_in():
    """Two directions, one larger, beside numbers that never differ."""
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(400, 2)) * [3.0, 1.0]
    spun = np.linalg.qr(rng.normal(size=(6, 6)))[0][:2]
    plans = np.hstack([hidden @ spun + rng.normal(size=6), np.full((400, 2), 7.0)])
    project, explained = plane(plans)
    assert explained == pytest.approx(1.0)
    seen = project(plans)
    assert seen.mean(0) == pytest.approx([0.0, 0.0], abs=1e-9)
    assert seen[:, 0].std() > seen[:, 1].std()
    assert np.corrcoef(seen.T)[0, 1] == pytest.approx(0.0, abs=1e-9)
    # A plane loses nothing: what was hidden is a linear function of what is seen.
    centred = hidden - hidden.mean(0)
    found = seen @ np.linalg.lstsq(seen, centred, rcond=None)[0]
    assert found == pytest.approx(centred, abs=1e-9)


def test_what_is_not_in_the_plane_is_said():
    round_ = np.random.default_rng(1).normal(size=(50_000, 5))
    assert plane(round_)[1] == pytest.approx(2 / 5, abs=0.01)
