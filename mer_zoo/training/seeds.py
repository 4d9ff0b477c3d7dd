"""The networks of a recipe's seeds, trained on rendered clips. Finished ones are kept in the state."""

from collections.abc import Callable, Iterator
from pathlib import Path

from mer_zoo.evaluation import Examples
from mer_zoo.recipes.recipe import Recipe
from mer_zoo.tracking import Tracker
from mer_zoo.training.corpora import RenderedCorpus, training_examples
from mer_zoo.training.learner import SYNTHETIC, FittedNetwork, RecipeLearner
from mer_zoo.training.precision import stated
from mer_zoo.training.resume import depends_on, origin, refuse_other_work


def fit_seeds(
    recipe: Recipe,
    corpus: RenderedCorpus,
    state: Path,
    tracker: Tracker | None = None,
    mixed_precision: bool = False,
    progress: Callable[[str], None] = print,
) -> Iterator[tuple[int, FittedNetwork]]:
    """Trains a network for each seed of a recipe, one after the other.

    Args:
        recipe: with `[data]` and `[training]`.
        corpus: the recipe's, rendered.
        state: folder of the finished seeds and of the epochs of the current one; the same call
            resumes from it.
        tracker: logs the losses of every epoch.
        mixed_precision: train in bfloat16.
        progress: called with a line of text where training begins.

    Yields:
        The seed and its network.

    Raises:
        RecipeError: `state` belongs to another recipe, other clips, another backend, precision or
            other packages.
        UnknownNameError, WeightsError: the recipe's start does not exist, or does not fit.
    """
    train = training_examples(recipe, corpus)
    facts = {**origin(corpus.digest, train.images_digest()), **stated(mixed_precision)}
    wanted = depends_on(recipe.to_dict(), **facts)
    del wanted["training"]["seeds"]  # each is trained on its own, so more may be added later
    refuse_other_work(state, wanted)
    learner = RecipeLearner.of(recipe, SYNTHETIC, mixed_precision=mixed_precision)
    for seed in learner.training.seeds:
        yield seed, fit_or_resume(learner, train, seed, state, tracker, progress)


def fit_or_resume(
    learner: RecipeLearner,
    train: Examples,
    seed: int,
    state: Path,
    tracker: Tracker | None,
    progress: Callable[[str], None],
) -> FittedNetwork:
    """The network of one seed: read if it was trained before, else trained and kept.

    Args:
        learner: of the recipe.
        train: the clips.
        seed: of the weights and the order of the clips.
        state, tracker, progress: see `fit_seeds`.
    """
    from mer_zoo.zoo import weights

    finished = state / f"seed{seed}.safetensors"
    if finished.exists():
        fitted = FittedNetwork(learner.build(train), learner.preprocessing.image_size)
        weights.load(fitted.network, finished)
        return fitted
    told = ", mixed precision (bfloat16)" if learner.mixed_precision else ""
    progress(f"seed {seed}: {len(train)} training clips, {learner.training.epochs} epochs{told}")
    fitted = learner.fit_from_any_start(
        train, seed, tracker=tracker, checkpoint=state / f"seed{seed}", verbose=2
    )
    fitted.save(finished)
    return fitted
