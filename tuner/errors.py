"""The errors of a search that its user can correct."""

from mer_zoo.errors import DiskFullError, MerZooError, TrackingError


class TuningError(MerZooError):
    """Base of every error of a search."""


class SearchRefusedError(TuningError, ValueError):
    """An algorithm, a seed or a number that a search cannot be run with."""


class LeakError(TuningError, ValueError):
    """The search was given clips on which its winner will be tested."""


class SearchRunningError(TuningError):
    """The same search is running already."""


class ProjectError(TuningError, ValueError):
    """The project folder or the tracking store holds another search."""


class TrialsFailedError(TuningError):
    """Several trials failed one after the other, or all of them did."""


class WorkersLostError(TuningError):
    """The processes of a search ended again and again, or with an error that will not go away."""


class ChiefLostError(TuningError, ConnectionError):
    """No chief answers a worker."""


STOPPING = (TuningError, TrackingError, DiskFullError)
"""The errors no further trial could escape: they end a search."""
