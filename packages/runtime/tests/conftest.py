import pytest
import torch

from onehop_interfaces.acting import OneCall
from onehop_interfaces.exact import gaussian_teacher
from onehop_interfaces.testing import SmallDenoiser
from onehop_runtime.export import export_onnx


@pytest.fixture(scope="session")
def student() -> OneCall:
    """A network, untrained, whose actions are three times its chunks."""
    torch.manual_seed(0)
    exact = gaussian_teacher(
        torch.zeros(6), torch.ones(6, 2), torch.eye(6), horizon=3, scale=3.0
    )
    return OneCall(SmallDenoiser(exact, cond_dim=2)).eval()


@pytest.fixture(scope="session")
def file(student, tmp_path_factory):
    return export_onnx(student, tmp_path_factory.mktemp("new") / "in" / "policy.onnx")
