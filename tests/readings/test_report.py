"""The report page: self-contained, complete, safe with odd names."""

import base64
import dataclasses
import html.parser
import json
import re

import cv2
import numpy as np
import pytest

from mer_zoo import modalities
from mer_zoo.action_units import MovedUnit
from mer_zoo.errors import ClipError, OutputExistsError
from mer_zoo.readings import (
    LEGENDS,
    NO_EXPRESSION,
    UPPER_FACE,
    CardSummary,
    render_reading,
    render_report,
    save_report,
    stylesheet,
)
from mer_zoo.readings.report import overlay, picture
from tests.in_browser import NARROW, SCHEMES, chromium, faults

pytestmark = pytest.mark.backend_free


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.sources, self.alternatives = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.sources += [v for k, v in attributes if k in ("src", "href") and v]
        self.alternatives += [dict(attributes).get("alt")] if tag == "img" else []


def test_the_page_holds_everything_and_fetches_nothing(reading, tmp_path):
    text = save_report([reading, reading], tmp_path / "r.html").read_text()
    page = Page(text)
    assert page.tags.count("img") == 10 and page.tags.count("svg") == 4
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


def test_a_slow_beginning_is_told_and_to_be_watched(reading):
    assert "begun to move slowly" not in render_reading(reading)
    page = render_reading(dataclasses.replace(reading, image_span=(4, 9, 9)))
    assert "begun to move slowly before the onset" in page and "frames 4 to 9 got" in page
    assert "watch frames 4 to 25" in page


def test_a_heat_map_is_shown_on_the_face(reading, tmp_path):
    heat = np.zeros((96, 96), np.float32)
    heat[60:70, 40:60] = 1
    heated = Page(save_report([reading], tmp_path / "h.html", heat_maps=[heat]).read_text())
    plain = Page(save_report([reading], tmp_path / "p.html", heat_maps=[None]).read_text())
    assert len(heated.alternatives) == 6 and len(plain.alternatives) == 5
    (added,) = set(heated.alternatives) - set(plain.alternatives)
    assert "evidence for happiness" in added
    for alternatives in (heated.alternatives, plain.alternatives):
        assert all(alternatives) and len(set(alternatives)) == len(alternatives)
    own = reading.save_report(tmp_path / "own.html", heat_map=heat)
    assert own.read_text() == (tmp_path / "h.html").read_text()
    with pytest.raises(ValueError, match="1 heat maps were given for 2 readings"):
        save_report([reading, reading], tmp_path / "x.html", heat_maps=[heat])


def test_the_card_stands_in_the_page_once_a_model(reading, tmp_path):
    brief = CardSummary(
        name="meganet_tiny",
        summary="A small <MEGANet>.",
        use="Tests.",
        trained_on="synthetic clips only",
        score="",
        limits=("Not for decisions about people.", "Upright faces only."),
    )
    known = dataclasses.replace(reading, brief=brief)
    text = save_report([known, known], tmp_path / "r.html").read_text()
    assert text.count("About meganet_tiny") == 1 and "A small &lt;MEGANet&gt;." in text
    assert "None was measured." in text and text.count("<li>") == 2
    assert reading.provenance not in text, "the card says it already"


def test_the_page_is_read_on_a_phone_in_light_and_dark(reading, tmp_path):
    units = (MovedUnit(1, 0.6), MovedUnit(12, 0.8, "left"))
    known = dataclasses.replace(
        reading,
        action_units=units,
        source="a_long_name_without_any_space_as_cameras_give_them_0001.mp4",
        brief=CardSummary("meganet_tiny", "Small.", "Tests.", "synthetic clips", "", ("Few.",)),
    )
    nothing = dataclasses.replace(
        reading, label=NO_EXPRESSION, expression=False, evidence=UPPER_FACE, action_units=()
    )
    path = save_report([known, nothing], tmp_path / "r.html", heat_maps=[reading.attention, None])
    with chromium() as browser:
        for scheme in SCHEMES:
            page = browser.new_page(viewport=NARROW, color_scheme=scheme)
            page.goto(path.as_uri())
            assert faults(page) == [], scheme
    text = path.read_text()
    assert "watch frames 13 to 25 (0.43 to 0.83 s)" in text and "mer-zoo finetune" in text
    assert "mer-zoo predict VIDEO --onset FRAME --apex FRAME" in text


def test_a_reading_in_another_page_brings_no_style_of_its_own(reading):
    text = render_reading(reading)
    assert "<style" not in text and "<html" not in text and 'class="mer-report"' in text
    rules = re.findall(r"(?:^|[{}])\s*([^@{}]+)\{", stylesheet())
    selectors = [one.strip() for rule in rules for one in rule.split(",")]
    assert len(selectors) > 20
    assert all(one.startswith(".mer-report") for one in selectors), "nothing else is restyled"


@pytest.mark.parametrize("fps", [30.0, None])
def test_ticks_are_round_and_phases_have_their_own_line(reading, tmp_path, fps):
    returned = dataclasses.replace(reading, held=False, offset=40, fps=fps)
    text = save_report([returned], tmp_path / "r.html").read_text()
    flags = re.findall(r'class="flag" x="[^"]+" dx="-?5" y="(\d+)"[^>]*>(\w+) (\d+)', text)
    assert flags == [("14", "onset", "13"), ("31", "apex", "25"), ("48", "offset", "40")]
    ticks = re.findall(r'y="221" text-anchor="middle">([^<]+)<', text)
    assert ticks == (["0.5", "1", "1.5", "2"] if fps else ["10", "20", "30", "40", "50", "60"])


def test_uneven_times_are_those_of_the_source(reading):
    """A video with a variable frame rate, or a folder with a gap: one second is missing after frame 20."""
    steady = np.arange(5, 65) / 30
    timed = dataclasses.replace(reading, curve_times=steady)
    assert render_reading(timed) == render_reading(reading), "nothing changes at a constant rate"
    gap = dataclasses.replace(reading, curve_times=steady + (np.arange(5, 65) > 20))
    text = render_reading(gap)
    assert "apex 25, 1.83 s" in text and "watch frames 13 to 25 (0.43 to 1.83 s)" in text
    apex = float(re.search(r'class="flag" x="([^"]+)%"[^>]*>apex', text).group(1))
    ticks = re.findall(r'x="([^"]+)%" y="221" text-anchor="middle">([^<]+)<', text)
    places, seconds = np.array(ticks, dtype=float).T
    assert seconds.tolist() == [0.5, 1, 1.5, 2, 2.5, 3]
    assert np.interp(25 / 30 + 1, seconds, places) == pytest.approx(apex, abs=0.02)


def test_every_table_has_the_seconds(reading):
    gap = dataclasses.replace(reading, curve_times=np.arange(5, 65) / 30 + 1)
    names = ["onset_seconds", "apex_seconds", "offset_seconds"]
    assert gap.to_frame().columns[-3:].tolist() == names, "nothing else moves"
    assert gap.to_frame().loc[0, names].tolist() == pytest.approx([13 / 30 + 1, 55 / 30, 55 / 30])
    plain = json.loads(gap.to_json())
    assert plain["apex_seconds"] == pytest.approx(55 / 30) and len(plain["curve_times"]) == 60
    known = reading.to_dict()
    assert known["apex_seconds"] == 25 / 30 and known["curve_times"] is None
    assert dataclasses.replace(reading, fps=None).apex_seconds is None
    assert gap.seconds(4) is None, "the times begin with frame 5"


def test_the_motion_curve_stays_in_its_frame(reading, tmp_path):
    text = save_report([reading], tmp_path / "r.html").read_text()
    points = re.search(r'points="([^"]+)"', text).group(1).split()
    assert len(points) == 60
    x, y = np.array([[float(v) for v in p.split(",")] for p in points]).T
    assert (np.diff(x) > 0).all() and x[0] == 0 and x[-1] == 100
    assert y.max() == 200 and y.min() == 60


def test_existing_files_and_empty_reports_are_refused(reading, tmp_path):
    path = reading.save_report(tmp_path / "r.html")
    with pytest.raises(OutputExistsError):
        reading.save_report(path)
    reading.save_report(path, force=True)
    with pytest.raises(ClipError, match="at least one reading"):
        save_report([], tmp_path / "empty.html")


def test_a_page_has_the_legend_of_each_of_its_images(reading):
    mesti, flow = (
        dataclasses.replace(reading, channels=modalities.channel_names(name))
        for name in ("mesti", "flow")
    )
    page = render_report([mesti, flow, mesti])
    assert page.count("Colours of a MESTI image") == page.count("an optical flow image") == 1
    for name in ("dynamic_image", "dual_phase", "mesti_rank", "apex"):
        colour = dataclasses.replace(reading, channels=modalities.channel_names(name))
        text = render_report([colour])
        assert "Colours of" not in text and "grey" not in text.partition("<body>")[2]
    every = {names for m in modalities.MODALITIES.values() for names in m.channels.values()}
    assert set(LEGENDS) <= every, "each legend is of an image that there is"
    assert all(names[-1].endswith("blue") for names in every - set(LEGENDS))


def test_an_image_with_the_colours_of_frames_is_shown_as_it_is():
    image = np.random.default_rng(0).uniform(0, 255, (4, 4, 6)).astype(np.float32)
    for name in ("dynamic_image", "dual_phase"):
        names = modalities.channel_names(name)
        shown = picture(image[..., : len(names)], names)
        np.testing.assert_array_equal(shown, np.rint(image[..., :3]).astype(np.uint8))
        wide = picture(image[..., : len(names)] * 3 - 255, names)
        assert wide.min() < 40 and wide.max() > 230 and 100 < wide.mean() < 155


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
