"""The report page: self-contained, complete, safe with odd names."""

import base64
import dataclasses
import html.parser
import re

import cv2
import numpy as np
import pytest

from mer_zoo.errors import ClipError, OutputExistsError
from mer_zoo.readings import Reading, save_report
from mer_zoo.readings.report import overlay, picture

pytestmark = pytest.mark.backend_free


@pytest.fixture
def reading():
    rng = np.random.default_rng(0)
    return Reading(
        label="happiness",
        probabilities={"happiness": 0.7, "others": 0.3},
        expression=True,
        onset=13,
        apex=25,
        offset=25,
        held=True,
        image_span=(13, 17, 17),
        motion=3.21,
        fps=30.0,
        source="a <b>& smile.mp4",
        model="meganet_tiny",
        provenance="Trained on synthetic clips only.",
        curve=np.linspace(0, 3, 60, dtype=np.float32),
        curve_start=5,
        frames=rng.integers(0, 255, (3, 112, 112, 3), dtype=np.uint8),
        image=rng.normal(size=(96, 96, 3)).astype(np.float32),
        attention=rng.random((96, 96), dtype=np.float32),
    )


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.sources = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.sources += [v for k, v in attributes if k in ("src", "href") and v]


def test_the_page_holds_everything_and_fetches_nothing(reading, tmp_path):
    text = save_report([reading, reading], tmp_path / "r.html").read_text()
    page = Page(text)
    assert page.tags.count("img") == 10 and page.tags.count("svg") == 2
    assert "script" not in page.tags and "link" not in page.tags and "b" in page.tags
    assert all(s.startswith("data:image/png;base64,") for s in page.sources)
    assert "a &lt;b&gt;&amp; smile.mp4" in text
    assert text.count("synthetic clips only") == 1, "one note a model, not one a reading"
    for word in ("happiness", "0.700", "onset <b>13</b>", "held", "3.2 px", "synthetic clips only"):
        assert word in text
    encoded = page.sources[0].removeprefix("data:image/png;base64,")
    image = cv2.imdecode(np.frombuffer(base64.b64decode(encoded), np.uint8), cv2.IMREAD_COLOR)
    assert image.shape == (224, 224, 3)


def test_without_attention_there_is_no_attention_picture(reading, tmp_path):
    plain = dataclasses.replace(reading, attention=None, expression=False, label="no expression")
    text = save_report([plain], tmp_path / "r.html").read_text()
    assert Page(text).tags.count("img") == 4 and 'class="answer none"' in text


def test_the_motion_curve_stays_in_its_frame(reading, tmp_path):
    text = save_report([reading], tmp_path / "r.html").read_text()
    points = re.search(r'points="([^"]+)"', text).group(1).split()
    assert len(points) == 60
    x, y = np.array([[float(v) for v in p.split(",")] for p in points]).T
    assert (np.diff(x) > 0).all() and x[0] == 40 and x[-1] == 630
    assert y.max() == 120 and y.min() == 30


def test_existing_files_and_empty_reports_are_refused(reading, tmp_path):
    path = reading.save_report(tmp_path / "r.html")
    with pytest.raises(OutputExistsError):
        reading.save_report(path)
    reading.save_report(path, force=True)
    with pytest.raises(ClipError, match="at least one reading"):
        save_report([], tmp_path / "empty.html")


def test_nothing_is_mid_grey_and_signs_are_seen():
    image = np.zeros((4, 4, 3), np.float32)
    image[0, 0] = (2, -2, 0)
    shown = picture(image)
    assert shown[0, 0].tolist() == [255, 0, 128] and (shown[1:] == 128).all()
    assert picture(image[..., :1]).shape == (4, 4, 3)
    assert overlay(np.zeros((112, 112, 3), np.uint8), np.ones((96, 96), np.float32)).shape == (
        112,
        112,
        3,
    )


def test_the_json_has_plain_values(reading):
    plain = reading.to_dict()
    assert plain["apex"] == 25 and len(plain["curve"]) == 60 and "frames" not in plain
    assert '"label": "happiness"' in reading.to_json()
