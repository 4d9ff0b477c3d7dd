"""A search that is killed ends as one that was not; what it must not do is refused."""

import json
import os
import subprocess
import sys
from pathlib import Path

import filelock
import pytest

import tuner
from mer_zoo.training import Recipe
from tests.tuner.learners import noisy_means
from tuner.errors import ProjectError, SearchRefusedError, SearchRunningError, TrialsFailedError

SEARCH = {"trials": 4, "algorithm": "bayesian", "seed": 5, "folds": 2}
KILLED = """
import pathlib, sys
import tuner
from tests.tuner.learners import noisy_means, toy_examples
recipe, folder, dies_at = sys.argv[1:]
folder = pathlib.Path(folder)
tuner.search(
    recipe, toy_examples(), trials=4, algorithm="bayesian", seed=5, folds=2,
    project=folder / "project", tracking_uri=f"sqlite:///{folder / 'mlflow.db'}", progress=False,
    learner=noisy_means(folder / "diary", dies_at=int(dies_at)),
)
"""


def search(recipe, examples, place, **options):
    diary = place["project"].parent / "diary"
    learner = options.pop("learner", None) or noisy_means(diary)
    return tuner.search(recipe, examples, learner=learner, **{**SEARCH, **place, **options})


def fits(place):
    return len(list((place["project"].parent / "diary").glob("*.txt")))


def test_a_killed_search_ends_as_one_that_was_not(recipe_file, examples, place, tmp_path):
    whole = search(recipe_file, examples, place)
    assert [trial.status for trial in whole.trials] == ["COMPLETED"] * 4
    assert fits(place) == 8
    print(whole.trials)
