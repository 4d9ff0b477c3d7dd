"""The HTML page of a batch: self-contained, no script, failures first."""

from collections import Counter
from importlib import resources
from pathlib import Path

import jinja2
import markupsafe

from mer_zoo import __version__
from mer_zoo.batch.rows import OK, Row
from mer_zoo.readings import LEGENDS, stylesheet


def render(rows: list[Row], notes: str) -> bytes:
    """The page: how many of each label, what failed, and a line with its picture for each video.

    Args:
        rows: in the order to show.
        notes: what the weights saw, in words.
    """
    source = resources.files("mer_zoo.readings").joinpath("batch.html.j2").read_text("utf-8")
    page = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined).from_string(source)
    read = [row for row in rows if row.status == OK]
    counts = Counter(row.label for row in read).most_common()
    shown = dict.fromkeys(tuple(row.channels) for row in read)  # a journal makes lists of them
    html = page.render(
        entry=rows[0].entry if rows else "",
        total=len(rows),
        counts=[(label, n, n / len(read)) for label, n in counts],
        failed=[row for row in rows if row.status != OK],
        read=[_view(row) for row in read],
        notes=notes,
        legends=[LEGENDS[channels] for channels in shown if channels in LEGENDS],
        stylesheet=markupsafe.Markup(stylesheet()),
        version=__version__,
    )
    return html.encode("utf-8")


def _view(row: Row) -> dict:
    likely = sorted(row.probabilities.items(), key=lambda item: -item[1])
    path = Path(row.path)
    return {"row": row, "folder": str(path.parent), "name": path.name, "likely": likely[:2]}
