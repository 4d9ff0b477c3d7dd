"""Adds a zero-shot score on real clips to an entry's card: `python -m tools.add_zero_shot ENTRY RESULT`.

RESULT is a folder that `mer-zoo evaluate NAME --split zero-shot` wrote, ENTRY the folder of the entry
whose weights were scored. A score that is there already is replaced.
"""

import sys
from pathlib import Path

from mer_zoo.evaluation import Result
from mer_zoo.training.zero_shot import ZERO_SHOT
from mer_zoo.zoo.cards import Card, Metric


def add(entry: Path, folder: Path) -> Card:
    """The card with the score, written."""
    card, result = Card.read(entry / "card.toml"), Result.read(folder)
    if (
        result.about["split"] != ZERO_SHOT
        or result.about["learner"]["sha256"] != card.weights.sha256
    ):
        sys.exit(f"{folder} does not hold a zero-shot score of the weights in {entry}.")
    metric = Metric(
        name="uf1",
        value=round(result.uf1, 4),
        protocol=f"{result.about['protocol']}, real clips, none trained on",
        split=ZERO_SHOT,
        clips=len(result.clips),
        identities=len(set(result.subjects.tolist())),
        seeds=list(result.seeds),
        values=[round(scores.uf1, 4) for scores in result.scores],
        majority=round(result.majority.uf1, 4),
        chance=round(result.chance.uf1, 4),
        interval=[round(bound, 4) for bound in result.intervals["uf1"]],
        label=result.about.get("label", ""),
    )
    others = [m for m in card.metrics if m.split != ZERO_SHOT]
    card = Card.from_dict({**card.to_dict(), "metrics": [vars(m) for m in (*others, metric)]})
    card.write(entry / "card.toml")
    return card


if __name__ == "__main__":
    add(Path(sys.argv[1]), Path(sys.argv[2]))
