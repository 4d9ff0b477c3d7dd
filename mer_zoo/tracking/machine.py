"""The machine and versions of a run, for the record."""

import subprocess
from pathlib import Path

from mer_zoo.settings import backend, versions


def device() -> str:
    """The device the backend computes on: the name of a GPU, or "cpu"."""
    name = backend()
    if name == "torch":
        import torch

        return torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    if name == "jax":
        import jax

        return jax.devices()[0].device_kind
    import tensorflow

    gpus = tensorflow.config.list_physical_devices("GPU")
    if not gpus:
        return "cpu"
    return tensorflow.config.experimental.get_device_details(gpus[0]).get("device_name", "gpu")


def git_commit() -> str:
    """The commit of this file's checkout, with "+changes" if files differ; "" without git."""
    file = Path(__file__).resolve()
    try:
        # The package may be installed inside a checkout of something else, which does not track it.
        _git(file.parent, "ls-files", "--error-unmatch", file.name)
        commit = _git(file.parent, "rev-parse", "HEAD")
        changes = _git(file.parent, "status", "--porcelain", "-uno")
    except (OSError, subprocess.SubprocessError):
        return ""
    return f"{commit}+changes" if changes else commit


def _git(folder: Path, *command: str) -> str:
    return subprocess.run(
        ["git", "--no-optional-locks", "-C", str(folder), *command],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    ).stdout.strip()


def machine_tags(device_name: str | None = None) -> dict[str, str]:
    """Tags of a run: versions, device, commit.

    Args:
        device_name: by default that of this process.
    """
    tags = {f"mer_zoo.version.{name}": v for name, v in versions().items()}
    commit = git_commit()
    return {
        **tags,
        "mer_zoo.device": device() if device_name is None else device_name,
        **({"mlflow.source.git.commit": commit} if commit else {}),
    }
