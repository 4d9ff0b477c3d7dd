"""Tables for the terminal, each at most 80 columns wide: readings, cards, results, checks."""

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from rich.markup import escape
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Column, Table
from rich.text import Text

if TYPE_CHECKING:
    import pandas as pd

    from mer_zoo.batch.growing import ReadingRow
    from mer_zoo.evaluation import Result, Scores, SpottingResult
    from mer_zoo.evaluation.unit_result import UnitResult
    from mer_zoo.readings import Reading
    from mer_zoo.spotting.intervals import Interval
    from mer_zoo.zoo.cards import Card
    from mer_zoo.zoo.golden import Check

BAR = 10  # columns of a probability of 1
LONGEST_WORD = 24  # a longer one, such as a path, may be wrapped inside
MOST_CLASSES = 9  # more columns of counts do not fit beside the names
NAMES_WIDTH = 52  # of the headings of counts, beside the column of names
UNIT_SCORES = {
    "macro_f1": "macro F1",
    "mean_auc": "mean AUC",
    "side": "side, one-sided",
    "side_both": "side, bilateral",
    "side_mean": "side, mean of both",
    "left_right": "left or right",
}


def _table(*columns: Column, **options) -> Table:
    """A table without frames: at 80 columns, frames leave too little room for names and numbers."""
    look = {"box": None, "pad_edge": False, "padding": (0, 2, 0, 0), "title_justify": "left"}
    return Table(*columns, **(look | options))


def _number(name: str) -> Column:
    """A column of numbers, which are never wrapped."""
    return Column(name, no_wrap=True, justify="right")


def _name(name: str) -> Column:
    """A column of names, which are never wrapped."""
    return Column(name, no_wrap=True)


def _cut(name: str) -> Text:
    """A name of any length in a column that gives way: where it does not fit, it ends with an ellipsis."""
    return Text(name, no_wrap=True, overflow="ellipsis")


def _prose(name: str, cells, most: int | None = None) -> Column:
    """A column of text that is wrapped between words: never narrower than the longest of them."""
    words = " ".join((name, *cells)).split()
    return Column(name, min_width=min(max(map(len, words)), LONGEST_WORD), max_width=most)


def readings(rows: "Iterable[Reading | ReadingRow]", everything: bool = False) -> Table:
    """One line per reading: label, its probability with a bar, and the action units that moved.

    Args:
        rows: what to show.
        everything: also show the phases, the motion and the other classes, one per line.
    """
    rows = list(rows)
    told = any(r.action_unit_code is not None for r in rows)
    columns = (Column("source"), _name("label"), _number("probability"), Column(""))
    table = _table(*columns, *[_name("action units")] * told)
    for r in rows:
        others = dict(r.probabilities)
        own = _bar(others.pop(r.label)) if r.label in others else ("", "")
        label = Text(r.label, style="bold green" if r.expression else "yellow")
        table.add_row(_cut(Path(r.source).name), label, *own, *[r.action_unit_code or "-"] * told)
        if everything:
            named = [(Text(n), *_bar(p)) for n, p in sorted(others.items(), key=lambda i: -i[1])]
            for detail, cells in zip_longest(_details(r), named):
                table.add_row(f"  {detail or ''}", *cells or ())
    return table


def _details(r) -> list[str]:
    """What else a reading says, in few words each."""
    from mer_zoo.readings import FACE  # here, since a list of entries needs no OpenCV

    offset = f"offset {r.offset}{' (held)' if r.held else ''}"
    found = [f"onset {r.onset}", f"apex {r.apex}", offset, f"motion {r.motion:.1f} px"]
    talks = [f"talks {r.talking:.2f}", f"evidence {r.evidence}"] if r.evidence != FACE else []
    return [*found, *talks]


def _bar(p: float) -> tuple:
    """The two cells of a probability."""
    return f"{p:.2f}", ProgressBar(1, p, BAR, complete_style="cyan", finished_style="cyan")


def intervals(rows: "Sequence[tuple[Interval, Reading | None]]") -> Table:
    """One line per interval (`mer_zoo.spot`): phases, motion, score and, if classified, the label."""
    read = any(reading is not None for _, reading in rows)
    names = ("onset", "apex", "offset", "", "seconds", "motion px", "score", "talks")
    told = any(r is not None and r.action_units is not None for _, r in rows)
    columns = (*map(_number, names), *[_name("label")] * read, *[_name("units")] * told)
    table = _table(*columns, padding=(0, 1, 0, 0))
    for interval, reading in rows:
        table.add_row(
            str(interval.onset),
            str(interval.apex),
            str(interval.offset),
            "(held)" if interval.held else "",
            f"{interval.times[0]:.2f}-{interval.times[-1]:.2f}",
            f"{interval.motion:.1f}",
            f"{interval.score:.1f}",
            f"{interval.talking:.1f}",
            *([] if reading is None else [Text(reading.label, style="bold")]),
            *([(reading.action_unit_code or "-") if reading is not None else ""] * told),
        )
    return table


def entries(cards: "Iterable[Card]") -> Table:
    """One line per zoo entry, at most 80 columns: modality, size, training data, first score."""
    from mer_zoo.zoo.listing import HEADINGS, facts

    shown = (Column(name, no_wrap=True, overflow="fold") for name in HEADINGS)
    table = Table(*shown, box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for card in cards:
        name, *others = facts(card)
        table.add_row(Text(name, style="bold"), *others)
    return table


def card(entry: "Card") -> list:
    """A card as panels and tables: summary, use and limits first, then the scores and the facts."""
    protocols = [
        f"{m.protocol}, {m.split}" + (f"; {m.label}" if m.label else "") for m in entry.metrics
    ]
    counts = [f"{m.clips} of {m.identities} identities" for m in entry.metrics]
    seeds = [", ".join(f"{v:.3f}" for v in m.values) for m in entry.metrics]
    scores = _table(
        _name("score"),
        _number("value"),
        _prose("seeds", seeds, 13),
        *map(_number, ("majority", "chance")),
        _prose("protocol", protocols),
        _prose("clips", counts, 11),
        title="Scores",
        padding=(0, 1, 0, 0),
    )
    for m, values, protocol, count in zip(entry.metrics, seeds, protocols, counts, strict=True):
        numbers = (f"{m.majority:.3f}", f"{m.chance:.3f}")
        scores.add_row(m.name, f"{m.value:.3f}", values, *numbers, protocol, count)
    facts = _table(_name("what"), Column("value"), title="Facts", show_header=False)
    for what, value in {
        **(
            {"action units": ", ".join(f"{u.number} from {u.threshold:.2f}" for u in entry.units)}
            if entry.units
            else {"classes": ", ".join(entry.class_names)}
        ),
        **({"companion": f"{entry.companion} (action units)"} if entry.companion else {}),
        "network": f"{entry.network.name}, {entry.network.parameters:,} trainable parameters",
        "input": f"{entry.preprocessing.modality}, {entry.preprocessing.image_size} px of the "
        f"{entry.preprocessing.face_size} px aligned face"
        + (f"; {made}" if (made := entry.preprocessing.settings) else ""),
        "trained on": f"{entry.trained_on.clips:,} clips of {entry.trained_on.identities} identities, "
        f"{entry.trained_on.real_clips} of them real; corpus {entry.trained_on.corpus}"
        + entry.trained_on.beginning
        + ("; altered after that" if entry.trained_on.altered else ""),
        "tuned on": "; ".join(entry.trained_on.tuned_on) or "nothing else",
        "no expression": (
            "no unit reaches its threshold, or"
            if entry.units
            else f"largest probability below {entry.rejection.threshold:.2f} or"
        )
        + f" motion below {entry.rejection.min_motion:.1f} px; {entry.rejection.while_talking}"
        + ("; not measured" if isnan(entry.rejection.auc) else ""),
        "weights": f"{entry.weights.bytes / 1000:.0f} kB {entry.weights.dtype}, "
        f"sha256 {entry.weights.sha256[:16]}…"
        + (f"; {told}" if (told := entry.weights.remarks()) else ""),
        "recipe": entry.recipe,
        "licence": entry.licence,
        "references": "; ".join(entry.references),
    }.items():
        facts.add_row(what, Text(value))
    limits = "\n".join(f"- {limit}" for limit in entry.limits)
    summary = Text(f"{entry.summary}\n\nUse: {entry.intended_use}\n\nLimits:\n{limits}")
    measured: Table | Text = scores
    if not entry.metrics:
        measured = Text("No score was measured. mer-zoo train --root ... --loso measures one.")
    return [Panel(summary, title=entry.name), measured, facts]


def result(evaluation: "Result") -> "list[Table | Text]":
    """An evaluation: its title, scores with baselines, each dataset, and the confusion matrix."""
    from mer_zoo.evaluation.metrics import SCORE_NAMES

    rows = evaluation.score_rows
    seeds = [", ".join(f"{value:.3f}" for value in row.values) for row in rows]
    scores = _table(
        _name("score"),
        *map(_number, ("mean", "spread")),
        _prose("seeds", seeds),
        *map(_number, ("95% interval", "majority", "chance")),
        title=escape(evaluation.title),
    )
    for row, values in zip(rows, seeds, strict=True):
        scores.add_row(
            row.name,
            f"{row.mean:.3f}",
            f"{evaluation.spread(row.name):.3f}" if len(evaluation.seeds) > 1 else "-",
            values,
            _between(row.interval),
            *(f"{baseline:.3f}" for baseline in (row.majority, row.chance)),
        )
    numbers = map(_number, ("clips", *SCORE_NAMES[:3]))
    parts = _table(_name("dataset"), *numbers, title="The same predictions, dataset by dataset")
    for dataset, counted in evaluation.by_dataset().items():
        parts.add_row(
            escape(dataset),
            f"{counted['clips']:.0f}",
            *(f"{counted[score]:.3f}" for score in SCORE_NAMES[:3]),
        )
    confusion = _confusion(evaluation.class_names, evaluation.confusion)
    shown: list[Table | Text] = [scores, parts, confusion]
    if selected := evaluation.about.get("test_selected"):
        each = selected["best_epoch_per_fold"]
        shown.append(
            Text(
                f"{selected['label']}: UF1 {each['uf1']:.3f} instead of {evaluation.uf1:.3f} "
                f"({each['uf1'] - evaluation.uf1:+.3f})",
                style="yellow",
            )
        )
    return shown


def spotting_result(evaluation: "SpottingResult") -> Table:
    """The spotting score: counts, ratios, the interval of F1 and its value by chance, for each kind."""
    counts, ratios = ("annotated", "spotted", "matched"), ("precision", "recall", "F1")
    table = _table(
        _name("kind"),
        *map(_number, (*counts, *ratios, "95% interval", "chance")),
        title=escape(
            f"{evaluation.dataset}: {evaluation.videos} long videos of {evaluation.subjects} subjects"
        ),
        padding=(0, 1, 0, 0),  # nine columns in 80
    )
    for kind, score in evaluation.scores.items():
        found = score.true_positives
        low, high = evaluation.intervals[kind]
        table.add_row(
            kind,
            *map(str, (found + score.false_negatives, found + score.false_positives, found)),
            *map(_ratio, (score.precision, score.recall, score.f1)),
            "-" if isnan(low) else f"{low:.3f} to {high:.3f}",
            _ratio(evaluation.chance[kind]),
        )
    return table


def _between(interval: Sequence[float]) -> str:
    return f"{interval[0]:.3f} to {interval[1]:.3f}" if interval else "-"


def _ratio(value: float) -> str:
    return "-" if isnan(value) else f"{value:.3f}"


def unit_result(evaluation: "UnitResult") -> "list[Table | Text]":
    """An evaluation of action units: means with intervals and baselines, and each unit."""
    from mer_zoo.action_units import NAMES
    from mer_zoo.evaluation.unit_scores import LEAST

    found = evaluation.scores
    numbers = map(_number, ("mean", "95% interval", "majority", "chance"))
    means = _table(_name("score"), *numbers, title=escape(evaluation.title))
    rows = {row.name: row for row in found.score_rows}
    for name, words in UNIT_SCORES.items():
        row = rows[name]
        # Nobody counted which side is the more frequent one.
        least = "-" if name == "left_right" else f"{row.majority:.3f}"
        chance = f"{row.chance:.3f}"
        means.add_row(words, f"{row.mean:.3f}", _between(row.interval), least, chance)
    each = _table(
        *map(_name, ("unit", "name")), *map(_number, ("clips", "F1", "AUC")), title="Unit by unit"
    )
    for unit in found.units:
        figures = ("-" if isnan(value) else f"{value:.3f}" for value in (unit.f1, unit.auc))
        each.add_row(f"AU {unit.number}", NAMES[unit.number], str(unit.positives), *figures)
    note = (
        f"Means over the {len(found.counted)} units that at least {LEAST} clips show. "
        f"Of units 10, 12 and 14, {found.one_sided} are coded on one side, {found.two_sided} without a side. "
        f"Thresholds: {evaluation.thresholds}."
    )
    return [means, each, Text(note)]


def classes(evaluation: "Result") -> Table:
    """Precision, recall and F1 of each class of an evaluation; "-" where undefined."""
    numbers = map(_number, ("clips", "recall", "precision", "F1"))
    table = _table(Column("class"), *numbers, title="Class by class")
    for name, values in evaluation.by_class().items():
        figures = (values[key] for key in ("recall", "precision", "f1"))
        shown = ("-" if isnan(figure) else f"{figure:.3f}" for figure in figures)
        table.add_row(_cut(name), f"{values['clips']:.0f}", *shown)
    return table


def _confusion(class_names: Sequence[str], counts: Iterable) -> Table | Text:
    """Rows are true classes. If there are many, the heading numbers the classes, not names them."""
    if len(class_names) > MOST_CLASSES:
        return Text(
            f"The confusion matrix of {len(class_names)} classes does not fit here. --out writes it as "
            "confusion.svg."
        )
    named = sum(len(name) + 2 for name in class_names) <= NAMES_WIDTH
    numbers = [str(number) for number in range(1, len(class_names) + 1)]
    columns = map(_number, map(escape, class_names) if named else numbers)
    table = _table(
        *[_number("")] * (not named),
        _name("true \\ predicted"),
        *columns,
        title="All seeds together",
    )
    for number, label, row in zip(numbers, class_names, counts, strict=True):
        table.add_row(*[number] * (not named), Text(label), *map(str, row))
    return table


def results(frame: "pd.DataFrame") -> Table:
    """Several results, one per line; differences and p are against the first on the same clips."""
    # Short, so that 80 columns hold every number and 30 characters of a name.
    numbers = ("clips", "UF1", "95%", "UAR", "acc.", "diff.", "p")
    table = _table(Column("result"), *map(_number, numbers))
    from mer_zoo.evaluation.table import MARK

    labels = dict(frame.get("label", {}))
    told = sorted(filter(None, set(labels.values())))
    notes = [f"{MARK} {'; '.join(told)}"] * bool(told)
    reasons = zip(frame["name"], frame.get("not_compared", ()), strict=False)
    notes += [f"{name}: no p, since {why}." for name, why in reasons if why]
    table.caption, table.caption_justify = escape("\n".join(notes)) or None, "left"
    for row in frame.itertuples():
        first = isnan(row.p_against_first)
        table.add_row(
            _cut(f"{MARK} " * bool(labels.get(row.Index)) + row.name),
            str(row.clips),
            f"{row.uf1:.3f}",
            f"{row.uf1_low:.3f}-{row.uf1_high:.3f}",
            f"{row.uar:.3f}",
            f"{row.accuracy:.3f}",
            "" if first else f"{row.uf1_against_first:+.3f}",
            ""
            if first
            else "<.001"
            if row.p_against_first < 0.001
            else f"{row.p_against_first:.3f}",
        )
    return table


def checks(rows: "Iterable[Check]") -> "list[Table | Text]":
    """One line per verified entry: what was checked; then one line per problem."""
    table = _table(
        *map(_name, ("entry", "backend", "weights", "card", "golden")),
        _number("largest difference"),
    )
    problems: list[Text] = []
    for check in rows:
        found = {"weights": check.weights, "card": check.card, "golden outputs": check.golden}
        marks = [
            Text("ok", style="green") if problem is None else Text("failed", style="red")
            for problem in found.values()
        ]
        table.add_row(check.name, check.backend, *marks, f"{check.difference:.1e}")
        problems += [
            Text.assemble((f"{check.name}, {what}: ", "red"), problem)
            for what, problem in found.items()
            if problem is not None
        ]
    return [table, *problems]


class SearchOutcome(Protocol):
    """What `trials` shows of a `tuner.outcome.Outcome`: its trials and the baselines."""

    @property
    def trials(self) -> Sequence[Any]: ...

    @property
    def majority(self) -> "Scores": ...

    @property
    def chance(self) -> "Scores": ...


def trials(found: SearchOutcome) -> Table:
    """The best trials of a search, best first."""
    order = sorted(found.trials, key=lambda trial: (trial.status == "FAILED", -trial.uf1))[:10]
    values = [
        ", ".join(f"{key.split('.')[-1]} {value}" for key, value in trial.values.items())
        for trial in order
    ]
    table = _table(
        *map(_number, ("trial", "UF1")),
        _prose("values", values),
        title="trials, best first: inner UF1, used for the selection; not a score",
        caption=f"baselines: UF1 of always naming the most frequent class {found.majority.uf1:.3f}, "
        f"of naming classes at random {found.chance.uf1:.3f}",
        caption_justify="left",
    )
    for trial, cells in zip(order, values, strict=True):
        uf1 = trial.status.lower() if trial.status == "FAILED" else f"{trial.uf1:.3f}"
        table.add_row(str(trial.number), uf1, Text(cells))
    return table


def counts(labels: dict[str, int], failed: int) -> Table:
    """How many videos of a batch have each label, and how many could not be read."""
    table = _table(_name("label"), _number("videos"))
    for label, count in labels.items():
        table.add_row(Text(label), str(count))
    if failed:
        table.add_row(Text("failed", style="red"), str(failed))
    return table
