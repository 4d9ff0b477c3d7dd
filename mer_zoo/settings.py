"""What the environment decides: where things are kept, how much of them, and whether to go online."""

import os
from pathlib import Path

from mer_zoo.errors import SettingError

OFFLINE_VALUES = {"1", "true", "yes", "on"}
CACHE_MB = 4096


def home() -> Path:
    """The cache folder: `$MER_ZOO_HOME`, else `~/.cache/mer_zoo`."""
    return Path(os.environ.get("MER_ZOO_HOME") or Path.home() / ".cache" / "mer_zoo").expanduser()


def is_offline() -> bool:
    """Whether `MER_ZOO_OFFLINE` forbids every network access."""
    return os.environ.get("MER_ZOO_OFFLINE", "").strip().lower() in OFFLINE_VALUES


def image_cache_bytes() -> int:
    """Most bytes of images made from datasets that are kept: `MER_ZOO_CACHE_MB`, else 4096 MB.

    Raises:
        SettingError: it is not a whole number.
    """
    text = os.environ.get("MER_ZOO_CACHE_MB", str(CACHE_MB))
    if not text.isdigit():
        raise SettingError(
            f"MER_ZOO_CACHE_MB={text!r} is not a whole number of megabytes. Set it to one, for "
            f"instance {CACHE_MB}, or unset it."
        )
    return int(text) * 1_000_000
