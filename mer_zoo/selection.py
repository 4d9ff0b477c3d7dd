"""What hyperparameters were chosen on: recipes, cards and scores carry it with them."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Selection:
    """A choice of hyperparameters by the scores of clips.

    Attributes:
        by: who chose, for instance "search meganet_casme2-3f2a, trial 7".
        clips: the named set of clips whose scores decided.
        subjects: whose clips they were, as `dataset/id`. A score on any of them says too little about
            new people, so it is labelled. Empty for synthetic clips.
    """

    by: str
    clips: str
    subjects: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        people = f" ({len(self.subjects)} subjects)" if self.subjects else ""
        return f"hyperparameters chosen on {self.clips}{people} by {self.by}"
