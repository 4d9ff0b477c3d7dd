"""How a recipe is trained, shared by `train`, `evaluate`, `finetune`, `table` and `tune`."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mer_zoo.errors import EvaluationError
from mer_zoo.evaluation import Examples, confusion_matrix, grouped_kfold
from mer_zoo.evaluation.examples import Predict
from mer_zoo.evaluation.metrics import uf1
from mer_zoo.preprocessing import Preprocessing
from mer_zoo.recipes.recipe import Augmentation, NetworkChoice, Recipe, Training
from mer_zoo.selection import Selection
from mer_zoo.tracking import Tracker
from mer_zoo.training.precision import copy_weights, in_bfloat16, stated
from mer_zoo.zoo import find
from mer_zoo.zoo.registry import HEAD

if TYPE_CHECKING:
    from mer_zoo.datasets import Dataset


SYNTHETIC, REAL = "training", "real.training"
"""The two sections of a recipe on optimisation."""


@dataclass(frozen=True)
class FittedNetwork:
    """A trained network and the size of the central crop it sees."""

    network: object
    image_size: int

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Probabilities of many images, float32 `(N, classes)`."""
        from mer_zoo.training.fit import predict

        return predict(self.network, images, self.image_size)

    def save(self, path: Path) -> None:
        """Writes the weights, float32."""
        from mer_zoo.zoo import weights

        weights.save(self.network, path, "float32")


@dataclass(frozen=True)
class RecipeLearner:
    """Trains the network of a recipe, only on the examples it receives.

    Every statistic is computed from the training examples: neither oversampling nor the choice of
    the number of epochs sees any other. Images are scaled one by one, so nothing else is fitted.

    Attributes:
        network, preprocessing, augmentation, training: sections of the recipe.
        start: zoo entry whose weights training starts from, or "". It must not have seen real
            clips, because they could be those of a test subject.
        selections: the clips on which the values of these sections were chosen.
        mixed_precision: train in bfloat16 (`mer_zoo.training.precision`). Weights and answers are
            float32 all the same, so what is scored is what an entry of these weights computes.
    """

    network: NetworkChoice
    preprocessing: Preprocessing
    augmentation: Augmentation
    training: Training
    start: str = ""
    selections: tuple[Selection, ...] = ()
    mixed_precision: bool = False

    @classmethod
    def of(
        cls,
        recipe: Recipe,
        section: str,
        start: str | None = None,
        *,
        mixed_precision: bool = False,
    ) -> "RecipeLearner":
        """The learner of a recipe.

        Args:
            recipe: must have the section.
            section: "training" for rendered clips, or "real.training".
            start: replaces that of the section; "" for random weights.
            mixed_precision: train in bfloat16.

        Raises:
            RecipeError: the recipe does not have the section.
        """
        augmentation = recipe.augmentation
        if section == SYNTHETIC:
            _, training = recipe.synthetic()
            own = recipe.start
            # Rendered clips differ already; variants are made of real ones, makings of rendered ones.
            images = 1 + len(augmentation.makings)
            augmentation = replace(augmentation, variants=images, action_units={})
        else:
            real = recipe.real_section()
            training, own = real.training, real.start
            # Faces of real clips have the shape in which they will be shown.
            same = [1.0, 1.0]
            augmentation = replace(augmentation, makings=[], heights=same, widths=same)
        return cls(
            recipe.network,
            recipe.preprocessing,
            augmentation,
            training,
            own if start is None else start,
            tuple(recipe.selection),
            mixed_precision,
        )

    def describe(self) -> dict:
        """The sections as plain values, including the digest of the start's weights."""
        described = {**asdict(self), **stated(self.mixed_precision)}
        del described["mixed_precision"]
        if self.start:
            described["start_sha256"] = find(self.start).card.weights.sha256
        return described

    @property
    def selected_on(self) -> frozenset[str]:
        """The subjects whose scores decided the hyperparameters, including those of the start."""
        chosen = list(self.selections)
        if self.start:
            chosen += find(self.start).card.trained_on.selection
        return frozenset(subject for selection in chosen for subject in selection.subjects)

    def check(self) -> None:
        """Raises EvaluationError if the start may have seen real clips, or layers stay untrained.

        Raises:
            UnknownNameError, CardError: the start is not a zoo entry.
        """
        if not self.start:
            if self.training.unfreeze != "all":
                raise EvaluationError(
                    f"unfreeze = {self.training.unfreeze!r} would leave fresh layers untrained. Give "
                    'a start, or set unfreeze = "all".'
                )
            return
        if saw := find(self.start).card.trained_on.real_clips_seen:
            raise EvaluationError(
                f"{self.start} was trained on {saw}. Starting from it, a fold's test "
                "subject may have been trained on. Start from an entry with real_clips = 0."
            )

    def examples_of(self, dataset: "Dataset", *, jobs: int = 1, progress: bool = True) -> Examples:
        """The clips of a dataset, with the images that this learner is trained on.

        Args:
            dataset: real clips.
            jobs: processes that make the images.
            progress: show a bar meanwhile.
        """
        from mer_zoo.preparation import prepare

        return Examples(
            images=prepare(
                dataset,
                self.preprocessing,
                variants=self.augmentation.variants,
                action_units=self.augmentation.action_units,
                jobs=jobs,
                progress=progress,
            ),
            labels=dataset.labels,
            subjects=dataset.subjects,
            clips=dataset.table["clip"].to_numpy(),
            class_names=dataset.class_names,
            protocol=dataset.protocol,
            digest=dataset.digest,
            about=(("dataset", dataset.name), ("table_version", dataset.table_version)),
        )

    def fit(
        self, examples: Examples, seed: int, watch: Callable[[Predict], None] | None = None
    ) -> FittedNetwork:
        """See `mer_zoo.evaluation.Learner.fit`; refuses a start that `check` refuses."""
        self.check()
        return self.fit_from_any_start(examples, seed, watch)

    def fit_from_any_start(
        self,
        examples: Examples,
        seed: int,
        watch: Callable[[Predict], None] | None = None,
        *,
        tracker: Tracker | None = None,
        checkpoint: Path | None = None,
        verbose: int = 0,
    ) -> FittedNetwork:
        """Like `fit`, where no real clip will be scored: the start may have seen any of them.

        Args:
            examples, seed, watch: see `mer_zoo.evaluation.Learner.fit`.
            tracker: logs the losses of every epoch; those of training only the head as `head_loss`.
            checkpoint: folder of the state after each epoch; an interrupted call resumes from it.
            verbose: 2 prints one line per epoch.
        """
        epochs = self.training.epochs
        if self.training.inner_folds:
            epochs = self._chosen_epochs(examples, seed)
        return self._fit(examples, seed, watch, epochs, tracker, checkpoint, verbose)

    def _fit(
        self, examples, seed, watch, epochs, tracker=None, checkpoint=None, verbose=0
    ) -> FittedNetwork:
        self._check_variants(examples)
        import keras

        from mer_zoo.training.fit import fit_in_phases

        # Names, graphs and memory of the fold before: networks hold themselves in circles.
        keras.utils.clear_session(free_memory=True)
        keras.utils.set_random_seed(seed)
        network = trained = self.build(examples)
        if self.mixed_precision:
            trained = in_bfloat16(network, lambda: self.build(examples))
        fitted = FittedNetwork(network, self.preprocessing.image_size)

        def look():
            copy_weights(trained, network)
            watch(fitted.predict)

        fit_in_phases(
            trained,
            self._batches(examples, seed),
            self.training,
            epochs=epochs,
            checkpoint=checkpoint,
            log=None if tracker is None else partial(tracker.epochs, seed),
            watch=None if watch is None else look,
            verbose=verbose,
        )
        copy_weights(trained, network)
        return fitted

    def _batches(self, examples: Examples, seed: int):
        from mer_zoo.training.batches import Batches, balanced, soft_targets

        units = examples.targets is not None
        if self.training.balance and not units:
            examples = balanced(examples, seed)
        classes, smoothing = len(examples.class_names), self.training.label_smoothing
        return Batches(
            examples.images,
            examples.unit_targets if units else soft_targets(examples.labels, classes, smoothing),
            self.preprocessing,
            self.augmentation,
            batch_size=self.training.batch_size,
            seed=seed,
            units=units,
        )

    def _check_variants(self, examples: Examples) -> None:
        # The record of an evaluation names the learner's number, so it must be the true one.
        if examples.variants != self.augmentation.variants:
            raise EvaluationError(
                f"augmentation.variants is {self.augmentation.variants}, but the examples hold "
                f"{examples.variants} image(s) of each clip. Make them with "
                f"mer_zoo.preparation.prepare(..., variants={self.augmentation.variants})."
            )

    def build(self, examples: Examples):
        """The network of a fit, with random weights or those of the start.

        If the classes are not those of the start, the head is new.

        Raises:
            UnknownNameError: there is no such entry.
            WeightsError: its weights do not fit.
        """
        from mer_zoo import models

        side, classes = self.preprocessing.image_size, list(examples.class_names)
        arguments = self.network.arguments
        if self.start and arguments.get("weights") == "imagenet":
            # The start's weights come in place of ImageNet's, with the same preprocessing.
            arguments = {"imagenet_pixels": True, **arguments, "weights": None}
        shape = {
            "input_shape": (side, side, examples.images.shape[-1]),
            "num_classes": len(classes),
        }

        def make():
            return models.build(self.network.name, **{**arguments, **shape})

        if not self.start:
            return make()
        entry = find(self.start)
        return entry.build(make, fresh=() if entry.card.class_names == classes else (HEAD,))

    def _chosen_epochs(self, examples, seed) -> int:
        """The number of epochs with the highest UF1 pooled over folds of the training subjects."""
        folds = grouped_kfold(examples.subjects, examples.labels, self.training.inner_folds, seed)
        classes = len(examples.class_names)
        pooled = np.zeros((self.training.epochs, classes, classes))
        for fold in folds:
            held_out, answers = examples.part(fold.test), []
            self._fit(
                examples.part(fold.train),
                seed,
                lambda predict, held=held_out, kept=answers: kept.append(
                    predict(held.originals).argmax(axis=1)
                ),
                self.training.epochs,
            )
            pooled += np.stack([confusion_matrix(held_out.labels, row, classes) for row in answers])
        # A single epoch's score is noisy: the mean of three neighbours is what is compared.
        scores = np.convolve(np.pad(uf1(pooled), 1, mode="edge"), np.ones(3) / 3, mode="valid")
        return int(scores.argmax()) + 1
