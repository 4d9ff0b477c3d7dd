"""What MLflow remembers of a search: a run for the search, below it a run for each trial.

The finished folds of a trial are its artifact `folds.json`, from which an interrupted search resumes.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mer_zoo.evaluation import Examples, Scores
from mer_zoo.evaluation.confusion_picture import confusion_svg
from mer_zoo.evaluation.fold_record import RECORDS, FoldRecord, read_records, records_json
from mer_zoo.recipes.recipe import Recipe
from mer_zoo.selection import Selection
from mer_zoo.tracking.curves import curves_svg
from mer_zoo.tracking.run import TrackedRun, find_experiment
from mer_zoo.tracking.store import Store
from tuner.errors import ProjectError

SEARCH_TAG, TRIAL_TAG = "mer_zoo.search", "mer_zoo.trial"
BEST_TAG = "mer_zoo.best_trial"
SHOWN = ("uf1", "uar", "accuracy")


class TrialRecord:
    """The run of one trial.

    Args:
        run: its run.
        class_names: of the predictions.
    """

    def __init__(self, run: TrackedRun, class_names: tuple[str, ...]):
        self.run, self.class_names = run, class_names
        self.folds: dict[str, FoldRecord] = {}

    def begin(self, values: Mapping[str, Any], tags: Mapping[str, Any]) -> None:
        """Resumes the run: logs the hyperparameters, reads the folds that were finished before.

        Args:
            values: by dotted key.
            tags: of the machine.

        Raises:
            ProjectError: the trial was begun with other values.
        """
        data = self.run.data
        values = {key: str(value) for key, value in values.items()}
        if data.params and data.params != values:
            changed = sorted(
                k for k in {*values, *data.params} if values.get(k) != data.params.get(k)
            )
            raise ProjectError(
                f"{data.tags.get(TRIAL_TAG)} was begun with another value of {changed[0]} than is "
                "proposed now, so its folds cannot be used. Choose another --project; the runs stay."
            )
        self.run.go_on()
        if not data.params:
            self.run.log(params=values, tags=tags)
        self.folds = {fold.fold: fold for fold in self.finished_folds()}
        logged = self.run.history("fold_uf1")
        for step, fold in enumerate(self.folds.values()):
            if step not in logged:  # killed between the artifact and the metric
                self._log_fold(step, fold)

    def finished_folds(self) -> tuple[FoldRecord, ...]:
        """The folds in the store, in the order they were trained."""
        text = self.run.read(RECORDS)
        try:
            return () if text is None else read_records(text)
        except (ValueError, KeyError, TypeError):  # torn: the folds are trained again, alike
            return ()

    def keep(self, fold: FoldRecord) -> None:
        """Keeps a finished fold: its predictions first, for they are what a restart reads."""
        self.folds[fold.fold] = fold
        self.run.write(records_json(self.class_names, self.folds.values()), RECORDS)
        self._log_fold(len(self.folds) - 1, fold)

    def finish(self, scores: Scores) -> None:
        """Logs the pooled scores and ends the run."""
        if "uf1" not in self.run.data.metrics:
            title = f"pooled over {len(self.folds)} inner folds, {scores.clips} clips"
            self.run.write(
                confusion_svg(scores.confusion, self.class_names, title), "confusion.svg"
            )
            self.run.write(self._curves(scores), "folds.svg")
            seconds = sum(fold.fit_seconds for fold in self.folds.values())
            self.run.log(metrics={**{n: getattr(scores, n) for n in SHOWN}, "fit_seconds": seconds})
        self.run.end()

    def fail(self, trace: str) -> None:
        """Keeps the traceback and ends the run as failed."""
        self.run.write(trace, "traceback.txt")
        self.run.end("FAILED")

    def _curves(self, scores):
        each = {step: fold.scores.uf1 for step, fold in enumerate(self.folds.values())}
        curves = {"UF1 of the fold": each, "pooled UF1": dict.fromkeys(each, scores.uf1)}
        return curves_svg(curves, "UF1 by inner fold", "fold")

    def _log_fold(self, step, fold):
        self.run.log(metrics=fold.metrics, step=step)


class SearchRecord:
    """The run of a search, and the runs of its trials.

    Args:
        store: the tracking store.
        experiment: name of the experiment: dataset and protocol.
        name: of the search in the store.

    Raises:
        TrackingError: the store cannot be used, or the experiment was deleted.
    """

    def __init__(self, store: Store, experiment: str, name: str):
        self.store, self.name = store, name
        self.client = store.client()
        self.experiment = find_experiment(store, self.client, experiment)
        self.run = TrackedRun(store, self.client, self.experiment, (SEARCH_TAG, name), name)

    def trial(self, number: int, class_names: tuple[str, ...]) -> TrialRecord:
        """The record of a trial; the same one whenever it is asked for."""
        tag = (TRIAL_TAG, f"{self.name}/{number}")
        run = TrackedRun(
            self.store, self.client, self.experiment, tag, f"trial {number}", parent=self.run.id
        )
        return TrialRecord(run, class_names)

    def with_selection(self, recipe: Recipe, trial: int, examples: Examples, real: bool) -> Recipe:
        """The recipe of a trial, which says that its values were chosen by scores on these clips.

        Args:
            recipe: with the trial's values.
            trial: its number.
            examples: of the search.
            real: they show real people, whose scores are labelled from now on.
        """
        chosen = Selection(
            by=f"search {self.name}, trial {trial}",
            clips=examples.protocol,
            subjects=sorted(set(examples.subjects.tolist())) if real else [],
        )
        return replace(recipe, selection=[*recipe.selection, chosen])

    def note_best(self, number: int, uf1: float) -> None:
        """Shows the best trial so far in the run of the search."""
        data = self.run.data
        if data.metrics.get("best_uf1") != uf1 or data.tags.get(BEST_TAG) != str(number):
            self.run.log(metrics={"best_uf1": uf1}, tags={BEST_TAG: number}, step=number)
