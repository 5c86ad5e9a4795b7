"""A server on this machine and an arm that talks to it, of both kits."""

import importlib.util

import pytest

from onehop_kinova_driver import kortex

from . import loopback, standin, vendor

NO_SDK = pytest.mark.skipif(
    importlib.util.find_spec("kortex_api") is None,
    reason="needs Kinova's kortex_api, which is on no package index",
)


@pytest.fixture(
    params=[
        pytest.param(standin.kit, id="standin"),
        pytest.param(vendor.kit, id="sdk", marks=NO_SDK),
    ]
)
def kit(request):
    return request.param()


@pytest.fixture
def server(kit):
    made = loopback.Loopback(kit)
    yield made
    made.close()


@pytest.fixture
def arm_with(server, kit, monkeypatch):
    """Makes an arm, not connected; calls have more time than a busy machine takes."""
    monkeypatch.setattr(kortex, "TCP_PORT", server.tcp)
    monkeypatch.setattr(kortex, "UDP_PORT", server.udp)
    made = []

    def make():
        arm = kortex.KortexArm(
            "127.0.0.1", lambda: ("me", "secret"), timeout=5.0, sdk=kit.sdk
        )
        made.append(arm)
        return arm

    yield make
    server.mode = loopback.ok
    for arm in made:
        arm.close()
