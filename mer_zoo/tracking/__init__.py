"""MLflow tracking: the store, what a training or an evaluation logs, models that take raw clips.

The only package that imports MLflow, and only if a run is tracked: names are imported when first
used.
"""

from typing import TYPE_CHECKING

from mer_zoo.lazy import lazy_names

if TYPE_CHECKING:
    from mer_zoo.tracking.run import TrackedRun  # noqa: F401
    from mer_zoo.tracking.store import Store  # noqa: F401
    from mer_zoo.tracking.tracker import Tracker, tracked  # noqa: F401

_HOMES = {
    "Store": "store",
    "TrackedRun": "run",
    "Tracker": "tracker",
    "tracked": "tracker",
}

__all__ = sorted(_HOMES)

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
