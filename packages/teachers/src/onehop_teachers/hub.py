"""Checkpoints on the Hugging Face Hub; needs ``onehop-teachers[hub]``.

A checkpoint folder is already what the Hub calls a model: `model.safetensors` and
`config.json`. `HubCheckpoint` adds the mixin's `push_to_hub`, `from_pretrained` and
model card; the two functions do the same and speak plainly when it does not work.

References:
    | huggingface_hub, Integrate any ML framework with the Hub
    | https://huggingface.co/docs/huggingface_hub/guides/integrations
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, final

from huggingface_hub import ModelHubMixin, snapshot_download

from onehop_interfaces import BadInput

from ._checkpoint import Checkpoint, load_checkpoint, save_checkpoint

__all__ = ["HubCheckpoint", "from_hub", "push_to_hub"]


@final
class HubCheckpoint(
    ModelHubMixin,
    library_name="onehop",
    license="mit",
    pipeline_tag="robotics",
    tags=["diffusion-policy"],
):
    """A checkpoint with the methods of `huggingface_hub`.

    Args:
        checkpoint: Weights, config and provenance.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint

    def _save_pretrained(self, save_directory: Path) -> None:
        save_checkpoint(save_directory, *self.checkpoint)

    @classmethod
    def _from_pretrained(
        cls,
        *,
        model_id: str,
        revision: str | None,
        cache_dir: str | Path | None,
        force_download: bool,
        local_files_only: bool,
        token: str | bool | None,
        **model_kwargs: Any,
    ) -> Self:
        folder = model_id
        if not Path(model_id).is_dir():
            folder = snapshot_download(
                model_id,
                revision=revision,
                cache_dir=cache_dir,
                force_download=force_download,
                local_files_only=local_files_only,
                token=token,
            )
        return cls(load_checkpoint(folder))


def push_to_hub(checkpoint: Checkpoint, repo_id: str, **options: Any) -> str:
    """Upload a checkpoint.

    Args:
        checkpoint: From `load_checkpoint`.
        repo_id: "owner/name"; made if it does not exist.
        options: Those of `ModelHubMixin.push_to_hub`, such as `private`.

    Returns:
        Address of the commit.

    Raises:
        BadInput: if the Hub refuses or cannot be reached.
    """
    with _plainly(repo_id):
        return str(HubCheckpoint(checkpoint).push_to_hub(repo_id, **options))


def from_hub(repo_id: str, **options: Any) -> Checkpoint:
    """Download a checkpoint, or read it from a local folder.

    Args:
        repo_id: "owner/name", or a folder.
        options: Those of `ModelHubMixin.from_pretrained`, such as `revision`.

    Raises:
        BadInput: if there is none, or the Hub cannot be reached.
    """
    with _plainly(repo_id):
        return HubCheckpoint.from_pretrained(repo_id, **options).checkpoint


@contextmanager
def _plainly(repo_id: str) -> Iterator[None]:
    """One line for what may go wrong with the Hub; a `BadInput` passes as it is."""
    try:
        yield
    except BadInput:
        raise
    # Three HTTP libraries and their exceptions, depending on huggingface_hub's version.
    except Exception as error:
        reason = " ".join(str(error).split())
        raise BadInput(
            f"{repo_id}: expected a reachable repository of the Hub or a checkpoint "
            f"folder, got {type(error).__name__}: {reason}"
        ) from error
