"""A study on a Ray cluster of two nodes, both of them this machine."""

import json

import pytest

from onehop_compare.__main__ import main

ray = pytest.importorskip("ray")


@pytest.fixture
def cluster():
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    cluster.add_node(num_cpus=1)
    yield cluster
    cluster.shutdown()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_study_on_two_nodes(cluster, tmp_path, monkeypatch):
    """Both see the folder, as the README says that they have to."""
    monkeypatch.chdir(tmp_path)
    words = ["--ray", cluster.address, "--studies", "avoiding", "--methods", "sds"]
    small = ["--episodes", "2", "--scale", "0.001", "--latency-rounds", "1"]
    main([*words, *small, "--seeds", "2", "--out", "out"])
    found = json.loads((tmp_path / "out/avoiding/test/results.json").read_text())
    assert found["rows"][-1]["policy"] == "SwiftPolicy"
    assert len(found["rows"][-1]["seeds"]) == 2
