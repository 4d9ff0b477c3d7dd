"""Compares several results: a table, a figure, paired tests against the first on the same clips."""

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mer_zoo.evaluation.metrics import SCORE_NAMES
from mer_zoo.evaluation.result import Result
from mer_zoo.files import refuse_overwrite, write_atomically

if TYPE_CHECKING:
    import pandas as pd


UNSHOWN = (
    *("protocol", "split", "subjects", "folds", "backend", "minutes", "majority", "chance"),
    *("uar_spread", "uar_low", "uar_high", "accuracy_spread", "accuracy_low", "accuracy_high"),
    *("weighted_f1", "weighted_f1_spread"),
)

MARK = "*"
"""Behind the name of a result whose score has a label."""

WIDTH, LEFT, ROW, TOP = 800, 290, 34, 56  # LEFT has room for names of some 40 letters


def results_table(results: Mapping[str, Result]):
    """One row per result.

    Args:
        results: name -> result.

    Returns:
        pandas.DataFrame: name, protocol, split, clips, subjects, seeds; for each score mean, spread
        over the seeds, and for UF1, UAR and accuracy the ends of the 95% interval; UF1 of each
        dataset's clips; UF1 of the majority and of chance; the test-selected UF1 if it was
        requested; `p` and the difference in UF1 against the first row on the same clips; backend,
        folds hash, minutes; `label`, what a reader must know first, if any score has one;
        `not_compared`, why a result has no `p`, if one that follows the first has none.
    """
    import pandas as pd

    table = pd.DataFrame([_row(name, r, results) for name, r in results.items()])
    return table.drop(columns=[name for name in ("label", "not_compared") if not table[name].any()])


def _row(name: str, result: Result, results) -> dict:
    row = {
        "name": name,
        "protocol": result.about["protocol"],
        "split": result.about["split"],
        "clips": len(result.clips),
        "subjects": len(np.unique(result.subjects)),
        "seeds": len(result.seeds),
    }
    for score in SCORE_NAMES:
        row[score] = result.mean(score)
        row[f"{score}_spread"] = result.spread(score)
        if score in result.intervals:
            row[f"{score}_low"], row[f"{score}_high"] = result.intervals[score]
    for dataset, scores in result.by_dataset().items():
        row[f"uf1_{dataset}"] = scores["uf1"]
    row |= {"uf1_majority": result.majority.uf1, "uf1_chance": result.chance.uf1}
    selected = result.about.get("test_selected")
    row["uf1_test_selected"] = selected["best_epoch_per_fold"]["uf1"] if selected else np.nan
    first = next(other for other in results.values() if _clips(other) == _clips(result))
    found = None if result is first else result.compare(first, other_folds=True)
    row["uf1_against_first"] = found.difference if found else np.nan
    row["p_against_first"] = found.p_value if found else np.nan
    row["backend"] = result.about.get("backend", "")
    row["folds"] = result.about["folds"][:12]
    row["minutes"] = result.about.get("seconds", np.nan) / 60
    row["label"] = result.about.get("label", "")
    row["not_compared"] = "" if found else _why_not_compared(result, results)
    return row


def _why_not_compared(result: Result, results: Mapping[str, Result]) -> str:
    """Why a result that is the first on its clips has no paired test; empty for the first of all."""
    name, first = next(iter(results.items()))
    if result is first:
        return ""
    counts = f"{len(result.clips)} and {len(first.clips)}"
    how = f" ({counts})" if len(result.clips) != len(first.clips) else ", or not labelled alike"
    return f"its clips are not those of {name}{how}, and a paired test needs the same clips"


def _clips(result: Result) -> tuple:
    """Which clips were scored. Those of two synthetic corpora can have the same names and labels."""
    return result.about["examples"], result.about.get("corpus")


def results_svg(results: Mapping[str, Result], title: str) -> str:
    """UF1 of each result with its interval, its seeds, and majority and chance as lines (SVG)."""
    rows = list(results.items())
    height = TOP + ROW * len(rows) + 46
    first = rows[0][1]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        f'<text x="10" y="24" font-weight="bold">{escape(title)}</text>',
    ]
    bottom = TOP + ROW * len(rows)
    for tick in np.arange(0, 1.01, 0.2):
        parts.append(_line(_x(tick), TOP - 8, _x(tick), bottom, "#ddd"))
        parts.append(
            f'<text x="{_x(tick):g}" y="{bottom + 18}" text-anchor="middle">{tick:.1f}</text>'
        )
    baselines = (("majority", first.majority.uf1, "end"), ("chance", first.chance.uf1, "start"))
    for name, score, anchor in baselines:
        parts.append(_line(_x(score), TOP - 8, _x(score), bottom, "#b55", dash="4 3"))
        parts.append(
            f'<text x="{_x(score):g}" y="{bottom + 34}" text-anchor="{anchor}" fill="#b55">{name}</text>'
        )
    for i, (name, result) in enumerate(rows):
        marked = f"{name} {MARK}" if result.about.get("label") else name
        parts += _bar(marked, result, TOP + ROW * i + ROW / 2)
    labels = sorted({r.about["label"] for _, r in rows if r.about.get("label")})
    if labels:
        note = f"{MARK} {'; '.join(labels)}"
        parts.append(f'<text x="{WIDTH - 10}" y="24" text-anchor="end">{escape(note)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _bar(name, result, y):
    low, high = result.intervals["uf1"]
    yield f'<text x="{LEFT - 12}" y="{y + 4:g}" text-anchor="end">{escape(name)}</text>'
    yield _line(_x(low), y, _x(high), y, "#174a8c", width=3)
    for scores in result.scores:
        yield f'<circle cx="{_x(scores.uf1):g}" cy="{y:g}" r="3" fill="white" stroke="#174a8c"/>'
    yield f'<circle cx="{_x(result.uf1):g}" cy="{y:g}" r="5" fill="#174a8c"/>'
    yield f'<text x="{_x(high) + 8:g}" y="{y + 4:g}">{result.uf1:.3f}</text>'


def _x(score: float) -> float:
    return LEFT + score * (WIDTH - LEFT - 70)


def _line(x1, y1, x2, y2, colour, width=1, dash="none"):
    return (
        f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" stroke="{colour}" '
        f'stroke-width="{width}" stroke-dasharray="{dash}"/>'
    )


def results_markdown(table: "pd.DataFrame") -> str:
    """The main columns of the table as Markdown, scores to three digits; the CSV has them all."""
    known = table.dropna(axis=1, how="all")
    shown = known[[name for name in known.columns if not name.endswith(UNSHOWN)]]
    lines = ["| " + " | ".join(shown.columns) + " |", "|" + "---|" * len(shown.columns)]
    for row in shown.itertuples(index=False):
        lines.append("| " + " | ".join(_cell(value) for value in row) + " |")
    return "\n".join(lines) + "\n"


def _cell(value) -> str:
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{value:.3f}"
    return str(value)


def write_results(results: Mapping[str, Result], path: Path, title: str, force: bool) -> list[Path]:
    """Writes a table of results as .csv, and as .md and .svg beside it.

    Args:
        results: name -> result.
        path: the .csv file.
        title: of the figure.
        force: replace files that exist.

    Returns:
        The three files.

    Raises:
        OutputExistsError: one of them exists and `force` is false.
    """
    table = results_table(results)
    written = {
        path: table.to_csv(index=False, float_format="%.4f", lineterminator="\n"),
        path.with_suffix(".md"): results_markdown(table),
        path.with_suffix(".svg"): results_svg(results, title),
    }
    for file in written:
        refuse_overwrite(file, force)
    for file, text in written.items():
        write_atomically(file, text.encode())
    return list(written)
