"""How a reading shows itself: printed, as a table, in a notebook, as a figure."""

import dataclasses
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from mer_zoo.readings import NO_EXPRESSION, UPPER_FACE, CardSummary

pytestmark = pytest.mark.backend_free


@pytest.fixture
def reading(reading):
    return dataclasses.replace(
        reading,
        probabilities={"disgust": 0.2, "happiness": 0.7, "others": 0.1},
        source="videos/a <b>& smile.mp4",
        provenance="Trained on <synthetic> clips only.",
        attention=None,
        brief=CardSummary("meganet_tiny", "", "", "synthetic clips only: 9 clips", "", ()),
    )


@pytest.fixture
def nothing(reading):
    return dataclasses.replace(
        reading, label=NO_EXPRESSION, expression=False, held=False, offset=40, brief=None
    )


def test_print_says_it_in_three_lines(reading, nothing):
    assert str(reading).splitlines() == [
        "happiness 0.70 (disgust 0.20, others 0.10)",
        "a <b>& smile.mp4: onset 13, apex 25, offset 25 (held), motion 3.2 px",
        "meganet_tiny, trained on synthetic clips only: 9 clips",
    ]
    first, second, third = str(nothing).splitlines()
    assert first == "no expression (not to be trusted: happiness 0.70, disgust 0.20, others 0.10)"
    assert second.endswith("offset 40, motion 3.2 px") and third == "meganet_tiny"
    assert repr(reading).startswith("Reading(label='happiness'")


def test_a_frame_has_one_row_and_frames_can_be_put_together(reading, nothing):
    frame = pd.concat([reading.to_frame(), nothing.to_frame()], ignore_index=True)
    assert list(frame["label"]) == ["happiness", NO_EXPRESSION]
    assert frame.loc[0, "p_happiness"] == 0.7 and frame.loc[0, "source"] == reading.source
    assert frame.loc[0, "held"] and not frame.loc[1, "held"]
    assert frame.loc[1, ["onset", "apex", "offset"]].tolist() == [13, 25, 40]
    assert {"motion", "fps", "model", "expression"} <= set(frame.columns)


def test_of_a_person_who_talks_every_view_names_the_evidence(reading):
    talks = dataclasses.replace(reading, evidence=UPPER_FACE, talking=0.93)
    assert str(talks).splitlines()[1].endswith("motion 3.2 px, talks 0.93, evidence upper face")
    assert talks.to_frame().loc[0, ["evidence", "talking"]].tolist() == ["upper face", 0.93]
    said = "talks here (confidence 0.93)"
    assert said in talks._repr_html_() and said not in reading._repr_html_()
    pytest.importorskip("matplotlib").use("agg")
    from matplotlib import pyplot as plt

    assert talks.plot()[3].get_title().endswith("upper face")
    plt.close("all")


def test_a_notebook_shows_faces_motion_and_probabilities(reading, nothing):
    page = reading._repr_html_()
    pictures = re.findall(r'<img src="([^"]+)" alt="([^"]+)"', page)
    assert [alt.split(",")[0] for _, alt in pictures[:3]] == [
        f"Aligned face at the {name}" for name in ("onset", "apex", "offset")
    ]
    assert all(url.startswith("data:image/png;base64,") for url, _ in pictures)
    assert page.count('role="img"') == 1 and "polyline" in page
    assert [float(width) for width in re.findall(r"width:([\d.]+)%", page)] == [70, 20, 10]
    assert "a &lt;b&gt;&amp; smile.mp4" in page and "Trained on &lt;synthetic&gt;" in page
    assert "script" not in page and "<html" not in page and "http" not in page
    assert page.count("<style") == 1
    assert "not to be trusted" in nothing._repr_html_()


def test_a_figure_has_the_faces_the_motion_and_the_probabilities(reading, nothing, tmp_path):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    from matplotlib import pyplot as plt

    axes = reading.plot()
    assert axes.shape == (6,)
    for shown, face in zip(axes, reading.frames, strict=False):
        np.testing.assert_array_equal(shown.images[0].get_array(), face)
    curve = axes[4].lines[0].get_xydata()
    np.testing.assert_allclose(curve[:, 0], np.arange(5, 65))
    np.testing.assert_allclose(curve[:, 1], reading.curve)
    assert sorted(bar.get_width() for bar in axes[5].patches) == [0.1, 0.2, 0.7]
    assert "not to be trusted" in nothing.plot()[5].get_xlabel()
    axes[0].figure.savefig(tmp_path / "reading.png")
    assert (tmp_path / "reading.png").stat().st_size > 10_000
    plt.close("all")


def test_without_matplotlib_the_error_says_what_to_install():
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "from mer_zoo.errors import MissingPackageError\n"
        "from mer_zoo.extras import require_extra\n"
        "from mer_zoo.readings.plot import plot_reading\n"
        "try: plot_reading(None)\n"
        "except MissingPackageError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert "pip install 'mer-zoo[plot]'" in done.stdout, done.stderr
