"""What the cards say of real video is what the table of the page says."""

import re

import pytest

from mer_zoo import zoo
from tests.docs.pages import ROOT

pytestmark = pytest.mark.backend_free

PAGE = (ROOT / "docs" / "real-video.md").read_text("utf-8")
ROW = re.compile(r"^\| `(\w+)` \| (\d+) of (\d+) \| (\d+) of (\d+) \| (\d+) of (\d+) \|$", re.M)
SENTENCE = re.compile(r"(\w+) of (\d+) spans of real video (?:are|is) wrong")
WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def wrong_by_page():
    for name, *counts in ROW.findall(PAGE):
        right, all_spans = (sum(map(int, counts[part::2])) for part in (0, 1))
        yield name, all_spans - right, all_spans


def wrong_by_card(name):
    text = " ".join(zoo.card(name).limits)
    if "All 34 spans of real video are right" in text:
        return 0, 34
    ((number, all_spans),) = SENTENCE.findall(text)
    word = number.lower()
    return WORDS.index(word) + 1 if word in WORDS else int(number), int(all_spans)


def test_cards_count_the_wrong_spans_of_the_page():
    page = {name: (wrong, spans) for name, wrong, spans in wrong_by_page()}
    assert len(page) == 13
    assert {name: wrong_by_card(name) for name in page} == page
