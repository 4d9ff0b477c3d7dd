"""One case: a mutated input, the public call that reads it, and the verdict on how that ended."""

import random
import tempfile
import traceback
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

CONTROLS = 0.03
"""Share of the cases whose input is not mutated; they must be answered."""


class WrongAnswer(Exception):
    """The call returned something that cannot be right."""


LONGEST = 10_000
"""Characters of an error message; a name of a file may have 4,096."""

HIDDEN = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)
"""Kinds of warnings that Python does not show to users."""


def expect(holds: bool, what: str) -> None:
    """Raises WrongAnswer(what) unless `holds`."""
    if not holds:
        raise WrongAnswer(what)


@dataclass(frozen=True)
class Case:
    """One input and the call that reads it.

    Attributes:
        what: the mutation in words.
        call: makes the public call and checks the answer with `expect`.
        named: a refusal must contain one of these texts, such as the name of the file.
    """

    what: str
    call: Callable[[], None]
    named: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """How a case ended: "answered", "refused" or "otherwise", with the reason for the last two."""

    status: str
    what: str
    detail: str = ""


class Kind(ABC):
    """A kind of input.

    Args:
        home: an empty folder for the valid files that are mutated.
    """

    def __init__(self, home: Path):
        self.home = home

    @abstractmethod
    def case(self, rng: random.Random, place: Path, control: bool) -> Case:
        """Writes an input into the empty folder `place`; a valid one where `control` is set."""


def run_case(kind: Kind, name: str, seed: int, number: int, within: Path) -> Outcome:
    """Runs case `number` of a kind. The same name, seed and number make the same input.

    Args:
        within: the input is written to a temporary folder in here.
    """
    rng = random.Random(f"{seed}/{name}/{number}")
    control = rng.random() < CONTROLS
    with tempfile.TemporaryDirectory(dir=within) as place:
        return judge(kind.case(rng, Path(place), control), control)


def judge(case: Case, control: bool) -> Outcome:
    """Makes the call of a case and says how it ended."""
    from mer_zoo.errors import MerZooError

    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            case.call()
            status, detail = "answered", ""
        except MerZooError as error:
            status, detail = "refused", str(error)
        except Exception as error:
            return Outcome("otherwise", case.what, _told(error))
    if control and status == "refused":
        return Outcome("otherwise", case.what, f"a valid input was refused: {detail}")
    if len(detail) > LONGEST:
        return Outcome("otherwise", case.what, f"a message of {len(detail)} characters")
    if status == "refused" and not _names(detail, case):
        return Outcome("otherwise", case.what, f"the error does not name the file: {detail}")
    noise = [
        w
        for w in heard
        if not issubclass(w.category, HIDDEN)
        and not (w.category is UserWarning and _names(str(w.message), case))
    ]
    if noise:
        told = f"{noise[0].category.__name__}: {noise[0].message} ({noise[0].filename})"
        return Outcome("otherwise", case.what, f"warned: {told}")
    return Outcome(status, case.what, detail)


def _names(message: str, case: Case) -> bool:
    return any(name in message for name in case.named)


def _told(error: Exception) -> str:
    """The exception and the last lines of its traceback that lie in this project."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if "mer_zoo" in f.filename] or frames[-1:]
    places = ", ".join(f"{Path(f.filename).name}:{f.lineno}" for f in ours[-3:])
    text = str(error)
    return f"{type(error).__name__}: {text[:300]} (at {places})"
