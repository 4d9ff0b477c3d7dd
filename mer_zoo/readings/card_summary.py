"""What the card of a model says, short enough to stand beside an answer."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CardSummary:
    """A card in one minute.

    Attributes:
        name: of the zoo entry.
        summary: what it is.
        use: what it is meant for.
        trained_on: what the weights saw, in words.
        score: its first score with protocol, clips and baselines, in words; empty where none was
            measured.
        limits: what it must not be used for, and where it fails.
    """

    name: str
    summary: str
    use: str
    trained_on: str
    score: str
    limits: tuple[str, ...]
