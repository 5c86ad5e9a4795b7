import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from onehop_interfaces import BadInput
from onehop_teachers import Checkpoint, load_checkpoint

huggingface_hub = pytest.importorskip("huggingface_hub", reason="needs the extra hub")
hub = pytest.importorskip("onehop_teachers.hub")

CHECKPOINT = Checkpoint({"w": torch.ones(2)}, {"teacher": {"a": 1}}, {"seed": 1})


def test_a_local_folder_works(tmp_path: Path) -> None:
    hub.HubCheckpoint(CHECKPOINT).save_pretrained(tmp_path / "model")
    back = hub.from_hub(str(tmp_path / "model"))
    assert torch.equal(back.tensors["w"], CHECKPOINT.tensors["w"])
    assert back.config["teacher"] == {"a": 1}
    card = (tmp_path / "model" / "README.md").read_text()
    assert "library_name: onehop" in card


def test_push_uploads_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class FakeApi:
        def __init__(self, token: str | None = None) -> None: ...

        def create_repo(self, repo_id: str, **options: object) -> SimpleNamespace:
            return SimpleNamespace(repo_id=repo_id)

        def upload_folder(self, folder_path: Path, **options: object) -> str:
            shutil.copytree(folder_path, tmp_path / "uploaded")
            return "https://hub/commit"

    monkeypatch.setattr("huggingface_hub.hub_mixin.HfApi", FakeApi)
    assert hub.push_to_hub(CHECKPOINT, "me/teacher") == "https://hub/commit"
    assert load_checkpoint(tmp_path / "uploaded").provenance == {"seed": 1}


def test_offline_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    for call in (
        lambda: hub.from_hub("me/teacher", cache_dir=tmp_path),
        lambda: hub.push_to_hub(CHECKPOINT, "me/teacher"),
    ):
        with pytest.raises(BadInput, match=r"^me/teacher: expected") as caught:
            call()
        assert "\n" not in str(caught.value)


def test_a_bad_local_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match=r"config.json: expected a file, found none"):
        hub.from_hub(str(tmp_path / "empty"))
