"""Mutated inputs end in a right answer or in an error that names the file: the short run."""

import sys
import warnings
from collections import Counter

import pytest

from benchmarks.fuzz import Tally, fuzz, tasks
from benchmarks.fuzzing.case import Case, expect, judge
from mer_zoo.errors import ClipError

CASES = 120


def test_mutated_inputs_are_answered_or_refused_by_name(capsys):
    tally = fuzz(tasks(CASES), seed=1, jobs=1, progress=False)
    tally.print()
    assert not tally.defects, capsys.readouterr().out
    assert tally.done == CASES
    whole = sum(tally.counts.values(), Counter())
    assert whole["answered"] > CASES / 10 and whole["refused"] > CASES / 4


def raising(error):
    def call():
        raise error

    return call


@pytest.mark.parametrize(
    ("call", "control", "status"),
    [
        (lambda: None, False, "answered"),
        (raising(ClipError("a.csv is empty")), False, "refused"),
        (raising(ClipError("a.csv is empty")), True, "otherwise"),
        (raising(ClipError("it is empty")), False, "otherwise"),
        (raising(ClipError("a.csv" + "x" * 20_000)), False, "otherwise"),
        (raising(KeyError("a.csv")), False, "otherwise"),
        (lambda: expect(False, "wrong"), False, "otherwise"),
        (lambda: warnings.warn("a.csv repeats a row", stacklevel=1), False, "answered"),
        (lambda: warnings.warn("invalid value", RuntimeWarning, stacklevel=1), False, "otherwise"),
    ],
)
def test_how_a_case_is_judged(call, control, status):
    assert judge(Case("made up", call, ("a.csv",)), control).status == status


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is measured on Linux")
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Harmless", ""),
        ("Crashing", "died with exit code -11"),
        ("Hanging", "took more than 2 s"),
        ("Hungry", "GiB"),
        ("HungryForAMoment", "GiB"),
    ],
)
def test_a_case_that_its_process_does_not_survive_is_counted(name, reason, tmp_path, monkeypatch):
    from benchmarks.fuzzing import workers

    monkeypatch.setitem(workers.KINDS, "harmful", ("tests.project.harmful_cases", name))
    monkeypatch.setattr(workers, "SECONDS", 2)
    monkeypatch.setattr(workers, "BYTES", 300_000_000)
    told = []
    workers.run_cases([("harmful", 1)], 1, 1, tmp_path, lambda *outcome: told.append(outcome))
    ((_, _, outcome),) = told
    assert (outcome.status == "otherwise") == bool(reason) and reason in outcome.detail


def test_every_kind_gets_its_share():
    counts = Counter(kind for kind, _ in tasks(1000))
    assert sum(counts.values()) == 1000 and min(counts.values()) >= 10
    assert Tally(0, 1).done == 0
