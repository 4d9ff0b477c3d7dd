"""What a search runs on, for the record."""

import subprocess
from pathlib import Path


def backend() -> str:
    """Name of the Keras backend."""
    import keras

    return keras.backend.backend()


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
    """The commit of the checkout this file lies in, "+changes" when files differ, "" without git."""
    folder = Path(__file__).resolve().parent
    try:
        commit, changes = (
            subprocess.run(
                ["git", "--no-optional-locks", "-C", str(folder), *command],
                capture_output=True,
                text=True,
                check=True,
                timeout=30,
            ).stdout.strip()
            for command in (("rev-parse", "HEAD"), ("status", "--porcelain", "-uno"))
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return f"{commit}+changes" if changes else commit
