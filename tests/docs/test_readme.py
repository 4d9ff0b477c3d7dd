"""The README is short, and what it says of the entries is what their cards say."""

import re

import pytest

import mer_zoo
from tests.docs.pages import ROOT

pytestmark = pytest.mark.backend_free

TEXT = (ROOT / "README.md").read_text("utf-8")
IMAGES = {
    "mesti": "MESTI",
    "mesti_rank": "apex rank pooling",
    "flow": "optical flow",
    "dynamic_image": "dynamic image",
}
ROW = re.compile(
    r"^\| `(\w+)` \| ([\w ]+) \| ([\d.,]+ ?[Mk]?) \| (\.\d+) \((\.\d+), (\.\d+)\) \| ([\w ]+) \|$"
)


def test_it_is_read_in_one_sitting():
    assert len(TEXT.splitlines()) <= 100
    prose = re.sub(r"```.*?```", "", TEXT, flags=re.S)
    for paragraph in prose.split("\n\n"):
        lines = [line for line in paragraph.strip().splitlines() if not line.startswith(("|", "#"))]
        assert len(lines) <= 4, paragraph


def test_its_table_of_entries_is_that_of_the_cards():
    rows = [match.groups() for line in TEXT.splitlines() if (match := ROW.match(line))]
    assert [row[0] for row in rows] == mer_zoo.list_models()
    for name, image, parameters, *figures, trained_on in rows:
        card = mer_zoo.card(name)
        metric = card.metrics[0]
        assert image == IMAGES[card.preprocessing.modality]
        unit = {"M": 1e6, "k": 1e3}.get(parameters[-1], 1)
        count = float(parameters.rstrip(" Mk").replace(",", "")) * unit
        assert count == pytest.approx(card.network.parameters, rel=0.05)
        clips = 2100 if card.units else 1750  # of units also clips in which nothing moves count
        assert (metric.name, metric.clips, metric.identities) == ("macro_f1", clips, 175)
        expected = (metric.value, metric.majority, metric.chance)
        assert [float(f) for f in figures] == pytest.approx(expected, abs=5.1e-4)
        assert trained_on == ("real clips" if card.trained_on.real_clips else "synthetic clips")
