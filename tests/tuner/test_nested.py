"""Nested searches: the subjects a fold scores are seen by nothing that is chosen or trained."""

import json

import pytest

import tuner
from mer_zoo.evaluation.plan import NESTED
from mer_zoo.recipes import Recipe
from tests.tuner.learners import noisy_means, toy_examples
from tuner.errors import LeakError
from tuner.sources import GivenExamples, TrainingPart

pytestmark = pytest.mark.backend_free


def test_the_scored_subjects_are_never_seen_and_an_interrupted_one_goes_on(recipe_file, place):
    options = {"algorithm": "random", "trials": 1}
    outcome = place.search(recipe_file, **options)
    before = len(place.fits)

    def nested(**more):
        return tuner.score_nested(
            outcome,
            GivenExamples(toy_examples(), "training"),
            recipe=Recipe.read(recipe_file),
            folder=place.folder / "nested",
            split="kfold-3",
            learner=noisy_means(place.diary, **more),
            progress=False,
        )

    with pytest.raises(ValueError, match="does not fit"):
        nested(fails_from=before + 5)  # in the fit that is to be scored, of the second outer fold
    result = nested()
    fits = place.fits[before:]
    assert len(fits) == 3 * (2 + 1)  # two inner folds, and the fit that is scored
    everybody = set(toy_examples().subjects.tolist())
    for fold in range(3):
        shown = set(" ".join(fits[3 * fold : 3 * fold + 3]).split())
        group = f"group{fold + 1}"
        scored = set(result.subjects[result.folds == group].tolist())
        assert shown | scored == everybody
        assert not shown & scored
    assert len(result.clips) == len(toy_examples())
    assert result.about["label"] == NESTED
    assert set(result.about["chosen"]) == {"group1", "group2", "group3"}
    stored = json.loads((place.folder / "nested" / "result.json").read_text())
    assert stored["about"]["label"] == NESTED
    data = outcome.record.run.data
    assert data.metrics["nested_uf1"] == result.uf1
    assert data.tags["mer_zoo.nested_label"].startswith(NESTED)
    names = {e.name for e in outcome.record.client.search_experiments()}
    assert {"toy-custom", "toy-custom-nested"} <= names


class Leaking(TrainingPart):
    """Passes on all clips, including those of the subject left out."""

    def examples(self, recipe):
        return self.source.examples(recipe)


def test_a_source_that_passes_on_the_outer_test_subject_is_refused(recipe_file, place, monkeypatch):
    outcome = place.search(recipe_file, trials=1)
    before = len(place.fits)
    monkeypatch.setattr("tuner.nesting.TrainingPart", Leaking)
    with pytest.raises(LeakError, match="toy/s"):
        tuner.score_nested(
            outcome,
            GivenExamples(toy_examples(), "training"),
            recipe=Recipe.read(recipe_file),
            folder=place.folder / "nested",
            split="kfold-3",
            learner=noisy_means(place.diary),
            progress=False,
        )
    assert len(place.fits) == before
