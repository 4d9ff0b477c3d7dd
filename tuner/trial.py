"""One trial of a search: trained, scored and kept."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace

import tomli_w

from mer_zoo.evaluation import Examples, Learner
from mer_zoo.evaluation.fold_record import pooled_scores
from mer_zoo.recipes.recipe import Recipe
from mer_zoo.tracking import machine
from mer_zoo.tracking.store import disk_full, is_disk_full
from tuner.errors import STOPPING
from tuner.objective import Objective
from tuner.progress import Lines
from tuner.records import SearchRecord
from tuner.sources import Source
from tuner.space import Space, applied
from tuner.usage import DeviceUse


@dataclass(eq=False)
class TrialRunner:
    """Runs trials by number.

    Attributes:
        space: of the search.
        source: makes the images of a trial where the search changes how.
        examples: with the images of the recipe as it is.
        objective: the folds.
        record: where trials are kept.
        learner: makes the learner of a recipe.
        lines: told what happens.
    """

    space: Space
    source: Source
    examples: Examples
    objective: Objective
    record: SearchRecord
    learner: Callable[[Recipe], Learner]
    lines: Lines

    def __post_init__(self):
        self._held = (_whole(self.space.recipe), self.examples)

    def __call__(self, number: int, values: dict) -> dict[str, float]:
        """The pooled scores of a trial; folds finished before are read.

        Args:
            number: of the trial, from 0.
            values: by dotted key.

        Returns:
            "uf1", "uar" and "accuracy" over all folds together.

        Raises:
            TuningError: the search cannot continue. Any other exception is of this trial alone, and is
                kept with it.
        """
        kept = self.record.trial(number, self.examples.class_names)
        try:
            return self._run(number, values, kept)
        except STOPPING:
            raise
        except Exception as error:
            if is_disk_full(error):
                raise disk_full(error) from error
            kept.fail(traceback.format_exc())
            raise

    def _run(self, number, values, kept):
        kept.begin(values, {"mer_zoo.device": machine.device()})
        recipe = applied(self.space.recipe, values)
        chosen = self.record.with_selection(recipe, number, self._held[1], self.source.real)
        kept.run.write(tomli_w.dumps(chosen.content), "recipe.toml")
        self.lines.trial(number, len(self.objective.folds), len(kept.folds))

        def keep(fold):
            kept.keep(fold)
            self.lines.fold()

        with DeviceUse() as use:
            predictions = self.objective.run(
                self.learner(recipe),
                self._examples(recipe),
                number,
                finished=dict(kept.folds),
                keep=keep,
            )
        kept.run.log(metrics=use.metrics)
        scores = pooled_scores(predictions)
        kept.finish(scores)
        return {"uf1": scores.uf1, "uar": scores.uar, "accuracy": scores.accuracy}

    def _examples(self, recipe):
        """Those of the trial before where its images were the same."""
        if self._held[0] != _whole(recipe):
            self._held = (_whole(recipe), self.source.examples(recipe))
        return self._held[1]


def _whole(recipe):
    """What the images depend on; the learner cuts their centre out."""
    return replace(recipe.preprocessing, image_size=0)
