"""Cards of entries: `Card.read`, `mer_zoo.card("./folder")`, and `mer_zoo.load` for a share."""

import os
import random
import shutil
from pathlib import Path

import tomli_w

from benchmarks.fuzzing.answers import check_golden
from benchmarks.fuzzing.case import Case, Kind, expect
from benchmarks.fuzzing.toml_text import write_changed

ENTRIES = ("meganet_tiny", "meganet_casme2", "ststnet_megc2019", "efficientnetb0_casme2")
LOADED = "meganet_tiny"


class Cards(Kind):
    """The cards of packaged entries; one of them with its weights."""

    def __init__(self, home: Path):
        import mer_zoo
        from mer_zoo.zoo import find

        super().__init__(home)
        self.cards = {name: mer_zoo.card(name).to_dict() for name in ENTRIES}
        entry = find(LOADED)
        self.weights = entry.folder / entry.card.weights.file

    def case(self, rng: random.Random, place: Path, control: bool) -> Case:
        name = rng.choice((*ENTRIES, LOADED))
        loaded = name == LOADED and rng.random() < 0.4
        folder = place / "stranger"
        folder.mkdir()
        path = folder / "card.toml"
        if control:
            path.write_text(tomli_w.dumps(self.cards[name]), encoding="utf-8")
            what = "valid"
        else:
            what = write_changed(path, self.cards[name], rng)
        if loaded:
            shutil.copy(self.weights, folder)
        same = self.cards[name] if control else None
        return Case(f"{name}: {what}", lambda: _use(folder, loaded, same), (folder.name,))


def _use(folder: Path, loaded: bool, same: dict | None) -> None:
    import mer_zoo
    from mer_zoo.zoo import Card

    path = folder / "card.toml"
    card = Card.read(path)
    expect(same is None or card.to_dict() == same, "the card is another")
    card.write(path)
    # Compared as text, since NaN is not equal to itself.
    again = mer_zoo.card(os.path.join(folder, ""))
    expect(repr(again) == repr(card), "the card written again is another")
    expect(bool(card.provenance()) and bool(card.brief().summary is not None), "no provenance")
    if loaded:
        model = mer_zoo.load(str(folder))
        check_golden(model, exact=same is not None, where=folder.name)
