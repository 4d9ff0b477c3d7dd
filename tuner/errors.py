"""The errors of a search that its user can mend."""

from mer_zoo.errors import MerZooError


class TuningError(MerZooError):
    """Base of every error of a search."""


class MissingPackageError(TuningError, ImportError):
    """KerasTuner, MLflow or scikit-learn is not installed."""


class SearchRefusedError(TuningError, ValueError):
    """An algorithm, a seed or a number that a search cannot be run with."""


class LeakError(TuningError, ValueError):
    """The search was handed clips that its winner is to be tested on."""


class SearchRunningError(TuningError):
    """The same search is running already."""


class ProjectError(TuningError, ValueError):
    """The project folder or the tracking store holds another search."""


class TrialsFailedError(TuningError):
    """Several trials failed one after the other, or all of them did."""


class TrackingError(TuningError, OSError):
    """The tracking store cannot be reached, read or written."""


class OldFileStoreError(TrackingError):
    """A file store of an old MLflow lies where the artifacts belong."""


class DiskFullError(TuningError, OSError):
    """There is no space left for results."""
