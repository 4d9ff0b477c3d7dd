"""Rich tables of readings, cards and checks for the terminal, and the CSV of readings."""

import csv
import io
from math import isnan
from pathlib import Path

from rich.panel import Panel
from rich.table import Column, Table
from rich.text import Text

from mer_zoo.files import refuse_overwrite, write_atomically


def readings(rows) -> Table:
    """One line a reading: phases, motion, label and the two most probable classes."""
    table = Table("source", "onset", "apex", "offset", "motion px", "label", "probabilities")
    for r in rows:
        best = sorted(r.probabilities.items(), key=lambda item: -item[1])[:2]
        table.add_row(
            Text(Path(r.source).name, overflow="fold"),
            str(r.onset),
            str(r.apex),
            f"{r.offset}{' (held)' if r.held else ''}",
            f"{r.motion:.1f}",
            Text(r.label, style="bold green" if r.expression else "yellow"),
            ", ".join(f"{name} {p:.2f}" for name, p in best),
        )
    return table


def write_csv(rows, path: Path, force: bool = False) -> Path:
    """Writes readings of one model as CSV, one a line, one column `p_<class>` a class.

    Raises:
        OutputExistsError: the file exists and `force` is false.
    """
    refuse_overwrite(path, force)
    facts = ["source", "label", "expression", "onset", "apex", "offset", "held", "motion", "model"]
    classes = list(dict.fromkeys(name for r in rows for name in r.probabilities))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*facts, *(f"p_{name}" for name in classes)])
    for r in rows:
        values = [getattr(r, name) for name in facts]
        writer.writerow([*values, *(f"{r.probabilities[name]:.6g}" for name in classes)])
    write_atomically(path, text.getvalue().encode("utf-8"))
    return path


def intervals(rows) -> Table:
    """One line an interval (`mer_zoo.spot`): phases, motion, score and, where it was read, the label."""
    read = any(reading is not None for _, reading in rows)
    table = Table("onset", "apex", "offset", "seconds", "motion px", "score", *["label"] * read)
    for interval, reading in rows:
        table.add_row(
            str(interval.onset),
            str(interval.apex),
            f"{interval.offset}{' (held)' if interval.held else ''}",
            f"{interval.times[0]:.2f}-{interval.times[-1]:.2f}",
            f"{interval.motion:.1f}",
            f"{interval.score:.1f}",
            *([Text(reading.label, style="bold")] if read else []),
        )
    return table


def write_intervals(rows, path: Path, force: bool = False) -> Path:
    """Writes intervals as CSV, one a line; `label` is empty where no entry read them.

    Raises:
        OutputExistsError: the file exists and `force` is false.
    """
    refuse_overwrite(path, force)
    frames = ["onset", "apex", "offset"]
    facts = ["held", "motion", "score", "head_motion", "eye_closure", "eye_share"]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*frames, *(f"{name}_seconds" for name in frames), *facts, "label"])
    for interval, reading in rows:
        values = [getattr(interval, name) for name in frames]
        values += [f"{time:.4f}" for time in interval.times]
        values += [interval.held, *(f"{getattr(interval, name):.4g}" for name in facts[1:])]
        writer.writerow([*values, "" if reading is None else reading.label])
    write_atomically(path, text.getvalue().encode("utf-8"))
    return path


def entries(cards) -> Table:
    """One line a zoo entry, of at most 80 columns: what it sees, its size, what it saw, its first score."""
    columns = ("entry", "image", "parameters", "saw clips", "score (majority)")
    shown = (Column(name, no_wrap=True, overflow="fold") for name in columns)
    table = Table(*shown, box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for card in cards:
        saw = card.trained_on
        score = card.metrics[0] if card.metrics else None
        table.add_row(
            Text(card.name, style="bold"),
            card.preprocessing.modality,
            f"{card.network.parameters:,}",
            _seen(saw),
            f"{score.name} {score.value:.2f} ({score.majority:.2f})" if score else "-",
        )
    return table


def _seen(saw) -> str:
    if saw.altered:
        return "unknown"
    return f"{saw.real_clips} real" if saw.real_clips else "synthetic"


def card(entry) -> list:
    """A card as panels and tables: summary, use and limits first, then the scores and the facts."""
    scores = Table(
        "score", "value", "seeds", "majority", "chance", "protocol", "clips", title="Scores"
    )
    for m in entry.metrics:
        scores.add_row(
            m.name,
            f"{m.value:.3f}",
            ", ".join(f"{v:.3f}" for v in m.values),
            f"{m.majority:.3f}",
            f"{m.chance:.3f}",
            f"{m.protocol}, {m.split}" + (f"; {m.label}" if m.label else ""),
            f"{m.clips} of {m.identities} identities",
        )
    facts = Table("what", "value", title="Facts", show_header=False)
    for what, value in {
        "classes": ", ".join(entry.class_names),
        "network": f"{entry.network.name}, {entry.network.parameters:,} trainable parameters",
        "input": f"{entry.preprocessing.modality}, {entry.preprocessing.image_size} px of the "
        f"{entry.preprocessing.face_size} px aligned face"
        + (f"; {made}" if (made := entry.preprocessing.settings) else ""),
        "trained on": f"{entry.trained_on.clips:,} clips of {entry.trained_on.identities} identities, "
        f"{entry.trained_on.real_clips} of them real; corpus {entry.trained_on.corpus}"
        + entry.trained_on.beginning
        + ("; altered after that" if entry.trained_on.altered else ""),
        "tuned on": "; ".join(entry.trained_on.tuned_on) or "nothing else",
        "no expression": f"largest probability below {entry.rejection.threshold:.2f} or motion below "
        f"{entry.rejection.min_motion:.1f} px"
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
    if not entry.metrics:
        scores = Text("No score was measured. mer-zoo train --root ... --loso measures one.")
    return [Panel(summary, title=entry.name), scores, facts]


def result(evaluation) -> list:
    """An evaluation: its title, scores beside the baselines, each dataset, and the confusion."""
    name = ("uf1", "uar", "accuracy", "weighted_f1")
    scores = Table(
        "score",
        "mean",
        "spread",
        "seeds",
        "95 % interval",
        "majority",
        "chance",
        title=evaluation.title,
    )
    for score in name:
        low_high = evaluation.intervals.get(score)
        scores.add_row(
            score,
            f"{evaluation.mean(score):.3f}",
            f"{evaluation.spread(score):.3f}" if len(evaluation.seeds) > 1 else "-",
            ", ".join(f"{getattr(s, score):.3f}" for s in evaluation.scores),
            f"{low_high[0]:.3f} to {low_high[1]:.3f}" if low_high else "-",
            f"{getattr(evaluation.majority, score):.3f}",
            f"{getattr(evaluation.chance, score):.3f}",
        )
    parts = Table("dataset", "clips", *name[:3], title="The same predictions, dataset by dataset")
    for dataset, values in evaluation.by_dataset().items():
        parts.add_row(
            dataset, f"{values['clips']:.0f}", *(f"{values[score]:.3f}" for score in name[:3])
        )
    counts = Table("true \\ predicted", *evaluation.class_names, title="All seeds together")
    for label, row in zip(evaluation.class_names, evaluation.confusion, strict=True):
        counts.add_row(label, *map(str, row))
    shown = [scores, parts, counts]
    if selected := evaluation.about.get("test_selected"):
        each = selected["best_epoch_per_fold"]
        shown.append(
            Text(
                f"{selected['label']}: UF1 {each['uf1']:.3f} instead of {evaluation.uf1:.3f}",
                style="yellow",
            )
        )
    return shown


def results(frame) -> Table:
    """Several results, a line each; differences and p are against the first of the same clips."""
    # Short, so that 80 columns hold every number and a name folds instead.
    numbers = ("clips", "UF1", "95 %", "UAR", "acc.", "diff.", "p")
    table = Table("result", *(Column(name, no_wrap=True) for name in numbers))
    for row in frame.itertuples():
        first = isnan(row.p_against_first)
        table.add_row(
            Text(row.name, overflow="fold"),
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


def checks(rows) -> Table:
    """One line a verified entry: what was checked and, where it failed, why."""
    table = Table(
        Column("entry", no_wrap=True),
        *("backend", "weights", "card", "golden outputs", "largest difference"),
    )
    for check in rows:
        marks = [
            Text("ok", style="green") if problem is None else Text(problem, style="red")
            for problem in (check.weights, check.card, check.golden)
        ]
        table.add_row(check.name, check.backend, *marks, f"{check.difference:.1e}")
    return table


def write_results(results, path: Path, title: str, force: bool) -> list[Path]:
    """Writes results side by side as .csv, and as .md and .svg beside it."""
    from mer_zoo.evaluation.table import results_markdown, results_svg, results_table
    from mer_zoo.files import refuse_overwrite, write_atomically

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
