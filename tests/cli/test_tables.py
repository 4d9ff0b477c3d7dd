"""Every table of the command line fits into 80 columns, with names and numbers in one piece."""

import dataclasses
import io
import re
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console

from mer_zoo import zoo
from mer_zoo.cli import tables
from mer_zoo.evaluation import Result
from mer_zoo.evaluation.table import results_table
from mer_zoo.readings import NO_EXPRESSION, UPPER_FACE, Reading
from mer_zoo.zoo.golden import Check

pytestmark = pytest.mark.backend_free

CASME2 = ("happiness", "disgust", "surprise", "repression", "others")
MANY = ("happiness", "disgust", "surprise", "contempt", "sadness", "fear", "anger", "others")


def rendered(shown, width: int) -> list[str]:
    """The lines of a table, or of several, on a terminal of this width."""
    console = Console(file=io.StringIO(), width=width, color_system=None, legacy_windows=False)
    for part in shown if isinstance(shown, list) else [shown]:
        console.print(part)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def reading(source, label, probabilities, **changes):
    phases = {"onset": 104211, "apex": 104224, "offset": 104224, "held": True}
    return Reading(
        label=label,
        probabilities=probabilities,
        expression=label != NO_EXPRESSION,
        **(phases | changes),
        image_span=(1, 2, 3),
        motion=12.0,
        fps=30.0,
        source=source,
        model="meganet_casme2",
        provenance="",
        curve=np.zeros(3, np.float32),
        curve_start=0,
        frames=np.zeros((3, 8, 8, 3), np.uint8),
        image=np.zeros((8, 8, 3), np.float32),
        attention=None,
    )


READINGS = [
    reading("videos/interview_012_left.mp4", "happiness", dict.fromkeys(CASME2, 0.0) | {
        "happiness": 0.578, "disgust": 0.222, "others": 0.2,
    }),
    reading("smile.mp4", NO_EXPRESSION, dict.fromkeys(CASME2, 0.2), held=False, offset=104230),
]  # fmt: skip


def evaluation(class_names):
    generator = np.random.default_rng(0)
    count = 60
    subjects = np.array([f"casme2/{i // 5:02d}" for i in range(count)])
    return Result(
        clips=np.array([f"casme2/{i}" for i in range(count)]),
        subjects=subjects,
        labels=np.arange(count) % len(class_names),
        folds=subjects,
        probabilities=generator.dirichlet(np.ones(len(class_names)), (3, count)).astype(np.float32),
        class_names=class_names,
        seeds=(1, 2, 3),
        about={
            "title": "meganet_casme2 on casme2",
            "protocol": "casme2-5class-246",
            "split": "loso",
            "dataset": "casme2",
            "recipe": "meganet_casme2",
            "examples": "the same",
            "backend": "torch",
            "folds": "0123456789abcdef",
            "seconds": 1.0,
        },
    )


def search():
    values = {
        "training.learning_rate": 0.00031622776601683794,
        "network.arguments.dropout": 0.25,
        "augmentation.translation": 0.125,
        "training.batch_size": 128,
        "training.label_smoothing": 0.05,
    }
    baseline = SimpleNamespace(uf1=0.123)
    made = [
        SimpleNamespace(number=n, status="COMPLETED", values=values, uf1=0.5) for n in range(12)
    ]
    made.append(SimpleNamespace(number=99, status="FAILED", values=values, uf1=float("nan")))
    return SimpleNamespace(trials=made, majority=baseline, chance=baseline)


def interval(**changes):
    values = {"onset": 104211, "apex": 104224, "offset": 104224, "held": True, "motion": 12.34}
    values |= {"times": (3473.7, 3474.1, 3474.1), "score": 23.4, "talking": 0.87}
    return SimpleNamespace(**(values | changes))


def compared(class_names):
    results = {name: evaluation(class_names) for name in ("meganet_casme2_loso_v2", "off_apexnet")}
    return tables.results(results_table(results))


PROBLEM = "The file meganet_casme2.safetensors has the sha256 0123456789abcdef…; expected another."
SHOWN = {
    "readings": lambda: tables.readings(READINGS),
    "all of the readings": lambda: tables.readings(READINGS, everything=True),
    "intervals": lambda: tables.intervals([(interval(), None), (interval(held=False), None)]),
    "read intervals": lambda: tables.intervals([(interval(), READINGS[1])]),
    "entries": lambda: tables.entries([zoo.card(name) for name in zoo.list_models()]),
    **{name: lambda name=name: tables.card(zoo.card(name)) for name in zoo.list_models()},
    "result": lambda: tables.result(evaluation(CASME2)),
    "classes": lambda: tables.classes(evaluation(CASME2)),
    "result of many classes": lambda: tables.result(evaluation(MANY)),
    "comparison": lambda: compared(CASME2),
    "checks": lambda: tables.checks(
        [
            Check("meganet_flow_megc2019", "tensorflow", None, None, None, 1.2e-7),
            Check("off_apexnet_megc2019", "torch", PROBLEM, None, None, float("nan")),
        ]
    ),
    "trials": lambda: tables.trials(search()),
    "counts": lambda: tables.counts({NO_EXPRESSION: 1204, "happiness": 31}, 2),
}


def wholes(shown) -> set[str]:
    """The words of all cells, as they are where there is room for everything."""
    return {word for line in rendered(shown, 4000) for word in line.split()}


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", SHOWN)
def test_no_line_is_too_long_and_no_word_is_cut(name, width):
    shown = SHOWN[name]()
    lines = rendered(shown, width)
    assert max(map(len, lines)) <= width
    frames = re.compile(r"[│╭╮╰╯─]+")
    missing = wholes(shown) - {word for line in lines for word in line.split()}
    assert {word for word in missing if not frames.search(word)} == set()


def test_a_reading_is_one_line_and_the_rest_is_on_demand():
    _, first, second = rendered(tables.readings(READINGS), 80)
    assert first.split()[:3] == ["interview_012_left.mp4", "happiness", "0.58"]
    assert first.count("━") == 5 and "104211" not in first
    assert second.split() == ["smile.mp4", "no", "expression"], "with no probability to be trusted"
    everything = rendered(tables.readings(READINGS, everything=True), 80)
    assert len(everything) == 1 + 5 + 6
    details = [line.split("  ")[1] for line in everything[2:6]]
    assert details == ["onset 104211", "apex 104224", "offset 104224 (held)", "motion 12.0 px"]
    assert everything[11].split()[0] == "others", "more classes than details"
    assert "disgust" in everything[2] and "0.22" in everything[2]


def test_of_a_person_who_talks_the_evidence_is_shown():
    talks = dataclasses.replace(READINGS[0], evidence=UPPER_FACE, talking=0.93)
    lines = rendered(tables.readings([talks], everything=True), 80)
    details = [line.split("  ")[1] for line in lines[2:]]
    assert details[4:] == ["talks 0.93", "evidence upper face"]
    heading, line = rendered(tables.intervals([(interval(), talks)]), 80)
    assert heading.split()[-2:] == ["talks", "label"]
    assert line.split()[-2:] == ["0.9", "happiness"]


def test_a_name_that_does_not_fit_ends_with_an_ellipsis():
    long = dataclasses.replace(READINGS[0], source="a" * 200 + ".mp4")
    _, line = rendered(tables.readings([long]), 80)
    assert "a…" in line and "happiness" in line and "0.58" in line and len(line) <= 80


def test_a_terminal_without_unicode_gets_plain_bars():
    file = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    Console(file=file, width=80, color_system=None).print(tables.readings(READINGS))
    file.flush()
    assert b"0.58" in file.buffer.getvalue()
