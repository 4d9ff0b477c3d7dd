"""The errors users meet. Each message names the thing, what was expected and what to do.

The command line prints the message alone; any other exception is a defect and keeps its traceback.
"""

from collections.abc import Iterable

USER_ERROR = 2
"""Exit code of a command that ends with one of these errors."""


def shown(value: object, most: int = 80) -> str:
    """A value for an error message: at most `most` characters of its `repr`."""
    try:
        text = repr(value)
    except ValueError:  # Python refuses to write integers of thousands of digits
        return "a number of thousands of digits"
    return text if len(text) <= most else f"{text[: most - 3]}..."


class MerZooError(Exception):
    """Base of every error that the user can fix."""


class ClipError(MerZooError, ValueError):
    """A clip's frames or its onset, apex and offset cannot be used."""


class VideoError(MerZooError, OSError):
    """A video file or a folder of frames cannot be read."""


class NoFaceError(MerZooError, ValueError):
    """No face was found where one is needed."""


class UnknownNameError(MerZooError, ValueError):
    """A name (zoo entry, modality, action unit, recipe key) is not known."""

    @classmethod
    def among(cls, kind: str, name: object, known: Iterable[str]) -> "UnknownNameError":
        """Says which known names are close to `name`, and lists them all when there are few."""
        import difflib

        known = sorted(known)
        spelt = {text.casefold(): text for text in known}
        close = difflib.get_close_matches(str(name).casefold(), spelt, n=3, cutoff=0.5)
        close = [spelt[text] for text in close]
        hint = f" Did you mean {' or '.join(map(repr, close))}?" if close else ""
        listed = f" Known: {', '.join(known)}." if len(known) <= 40 else ""
        return cls(f"There is no {kind} named {shown(name)}.{hint}{listed}")


class CardError(MerZooError, ValueError):
    """A card is missing a field or disagrees with its model."""


class WeightsError(MerZooError, OSError):
    """A weight file is missing, altered or does not fit its network."""


class ParameterError(MerZooError, ValueError):
    """A parameter of a layer, an image or a search for expressions has an invalid value."""


class RecipeError(MerZooError, ValueError):
    """A recipe has an unknown key, a missing key or an impossible value."""


class DatasetError(MerZooError, ValueError):
    """A dataset's table or folders cannot be used, or do not hold what a protocol asks for."""


class MissedProtocolError(DatasetError):
    """The clips are not those of the protocol that was asked for.

    Attributes:
        differences: what is too few or too many, one a line.
    """

    def __init__(self, message: str, differences: list[str]):
        super().__init__(message)
        self.differences = differences


class OutputExistsError(MerZooError, FileExistsError):
    """A file the user already has would have been overwritten."""


class EvaluationError(MerZooError, ValueError):
    """An evaluation that cannot be run, or that would not be honest."""


class ExplanationError(MerZooError, ValueError):
    """A network has not got what an explanation would show."""


class ExportError(MerZooError, ValueError):
    """A model cannot be exported, or an exported file cannot be used."""


class ServerError(MerZooError, OSError):
    """The page cannot be served, for instance since its port is in use."""


class BatchError(MerZooError, ValueError):
    """A batch cannot be run, or its results belong to another one."""


class HubError(MerZooError, OSError):
    """The Hub cannot be reached, refuses, or holds what is no zoo entry."""


class MissingPackageError(MerZooError, ImportError):
    """A package that only this feature needs is not installed."""


class TrackingError(MerZooError, OSError):
    """The store of runs (MLflow) cannot be reached, read or written."""


class OldFileStoreError(TrackingError):
    """A file store of an old MLflow lies where the artifacts belong."""


class DiskFullError(MerZooError, OSError):
    """There is no space left for results."""


class TrackingWarning(UserWarning):
    """The work is done and its results are safe, but its run is incomplete in the store."""


class FrameRateWarning(UserWarning):
    """Frames came without their frame rate, or with one that can hardly be meant."""


class SettingError(MerZooError, ValueError):
    """An environment variable has an impossible value."""
