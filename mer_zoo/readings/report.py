"""The HTML page of one or many readings: self-contained, no script, nothing fetched."""

from collections.abc import Iterable
from pathlib import Path

import jinja2
import numpy as np

from mer_zoo import __version__
from mer_zoo.errors import ClipError
from mer_zoo.files import refuse_overwrite, write_atomically
from mer_zoo.readings.card_summary import CardSummary
from mer_zoo.readings.chart import chart
from mer_zoo.readings.face_drawing import face_drawing
from mer_zoo.readings.legend import LEGENDS
from mer_zoo.readings.pictures import as_data_url, overlay, picture
from mer_zoo.readings.reading import UPPER_FACE, Reading

PLAIN = (
    *("source", "label", "expression", "onset", "apex", "offset", "held", "fps", "motion"),
    *("model", "image_span", "evidence", "talking", "offset_seconds"),
)  # what the page shows as it is
MOVES = ": grey where nothing changed, coloured where the face moved or its brightness changed"


def save_report(
    readings: Iterable[Reading],
    path: str | Path,
    force: bool = False,
    heat_maps: Iterable[np.ndarray | None] = (),
) -> Path:
    """Writes the page of some readings.

    Args:
        readings: `Reading`s, in the order to show.
        path: the `.html` file.
        force: replace an existing file.
        heat_maps: for each reading what `mer_zoo.explain.heat_map` made of it for its label, float32
            `(H, W)`, or None; empty when there is none at all.

    Returns:
        The path.

    Raises:
        OutputExistsError: the file exists and `force` is false.
        ClipError: there is nothing to show.
        ValueError: heat maps are given, but not one a reading.
    """
    path = refuse_overwrite(path, force)
    write_atomically(path, render_report(readings, heat_maps).encode("utf-8"))
    return path


def render_report(readings: Iterable[Reading], heat_maps: Iterable[np.ndarray | None] = ()) -> str:
    """The page that `save_report` writes, as text. Arguments and errors: see there."""
    readings = list(readings)
    if not readings:
        raise ClipError("A report needs at least one reading.")
    return _render("report.html.j2", readings, heat_maps)


def render_reading(reading: Reading, heat_map: np.ndarray | None = None) -> str:
    """One reading and its card as a piece of HTML, to stand in a page that has `stylesheet()`."""
    return _render("reading.html.j2", [reading], [heat_map])


def render_notebook(reading: Reading) -> str:
    """One reading as a piece of HTML with its own style, for the output of a notebook cell."""
    return (
        _environment()
        .get_template("notebook.html.j2")
        .render(readings=[_view(reading, None)], note=reading.provenance)
    )


def render_brief(brief: CardSummary) -> str:
    """What a card says in one minute, as a piece of HTML, to stand in a page that has `stylesheet()`."""
    about = _environment().get_template("about.html.j2").render(brief=brief)
    return f'<div class="mer-report">{about}</div>'


def stylesheet() -> str:
    """The style of reports; every rule is inside the class `mer-report`."""
    return _environment().get_template("report.css").render()


def _environment():
    return jinja2.Environment(
        loader=jinja2.PackageLoader("mer_zoo.readings", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _render(template, readings, heat_maps):
    heat_maps = list(heat_maps) or [None] * len(readings)
    if len(heat_maps) != len(readings):
        raise ValueError(
            f"{len(heat_maps)} heat maps were given for {len(readings)} readings. Give one for each "
            "reading, None where there is none."
        )
    briefs = list(dict.fromkeys(r.brief for r in readings if r.brief is not None))
    legends = dict.fromkeys(LEGENDS[r.channels] for r in readings if r.channels in LEGENDS)
    notes = list(dict.fromkeys(r.provenance for r in readings if r.brief is None))
    return (
        _environment()
        .get_template(template)
        .render(
            readings=[_view(r, heat) for r, heat in zip(readings, heat_maps, strict=True)],
            briefs=briefs,
            notes=notes,
            legends=list(legends),
            version=__version__,
        )
    )


def _view(reading, heat_map):
    apex = reading.frames[1]
    faces = [
        (
            f"{name} {index}{' (held)' if reading.held and name == 'offset' else ''}",
            f"Aligned face at the {name}, frame {index}",
            reading.frames[i],
        )
        for i, (name, index) in enumerate(
            [("onset", reading.onset), ("apex", reading.apex), ("offset", reading.offset)]
        )
    ]
    first, _, last = reading.image_span
    begin = min(reading.onset, first)
    part = ", upper face" if reading.evidence == UPPER_FACE else ""
    maps = [
        (
            f"what the network saw, {first} to {last}{part}",
            f"Image made of frames {first} to {last}"
            + (MOVES if reading.channels in LEGENDS else ""),
            picture(reading.image, reading.channels),
        )
    ]
    if heat_map is not None:
        maps.append(
            (
                f"evidence for {reading.label}",
                f"Heat map on the face at the apex: bright where the evidence for {reading.label} "
                "lies",
                overlay(apex, heat_map),
            )
        )
    if reading.attention is not None:
        maps.append(
            (
                "where it looked (gates)",
                "Gates of Gradient Attention on the face at the apex: bright where they open most",
                overlay(apex, reading.attention),
            )
        )
    return {
        **{name: getattr(reading, name) for name in PLAIN},
        "source": Path(reading.source).name,
        "first": begin,
        "first_seconds": reading.seconds(begin),
        "probabilities": sorted(reading.probabilities.items(), key=lambda item: -item[1]),
        "own_probability": reading.probabilities.get(reading.label),
        "units": reading.action_units,
        "units_in_words": "" if reading.action_units is None else reading.units_in_words(),
        "face": face_drawing(reading.action_units or ()),
        "pictures": [
            {"caption": caption, "alt": alt, "url": as_data_url(image)}
            for caption, alt, image in faces + maps
        ],
        "chart": chart(reading),
    }
