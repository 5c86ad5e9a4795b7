import pytest
import torch

from onehop_interfaces import BadInput
from onehop_interfaces.testing import same_state
from onehop_train._state import latest_step, read_state, write_state

STATE = {
    "net": {"weight": torch.randn(3, 2), "none": None},
    "optimizer": {"state": {0: {"step": torch.tensor(3.0)}}, "groups": [{"lr": 1e-3}]},
    "generator": torch.Generator().get_state(),
    "flags": [True, "text", 7, 0.1],
}


def test_round_trip_is_exact_and_keeps_integer_keys(tmp_path):
    write_state(tmp_path, 5, STATE)
    assert same_state(read_state(tmp_path, 5), STATE)


def test_tensors_that_share_memory_survive(tmp_path):
    shared = torch.arange(4.0)
    write_state(tmp_path, 1, {"a": shared, "b": shared})
    assert same_state(read_state(tmp_path, 1), {"a": shared, "b": shared})


def test_only_the_latest_complete_state_stays(tmp_path):
    assert latest_step(tmp_path) is None
    write_state(tmp_path, 5, STATE)
    write_state(tmp_path, 10, STATE)
    (tmp_path / "step-00000015.partial").mkdir()
    assert latest_step(tmp_path) == 10
    write_state(tmp_path, 15, STATE)
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000015"]


@pytest.mark.parametrize("name", ["state.json", "state.safetensors"])
def test_damage_is_one_line(tmp_path, name):
    write_state(tmp_path, 5, STATE)
    file = tmp_path / "step-00000005" / name
    file.write_bytes(file.read_bytes()[:10])
    with pytest.raises(BadInput, match="expected a saved state"):
        read_state(tmp_path, 5)
