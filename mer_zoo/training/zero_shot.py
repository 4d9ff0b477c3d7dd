"""Zero-shot scores: an entry's own weights on real clips that none of its training has seen."""

from mer_zoo.errors import EvaluationError
from mer_zoo.evaluation import Examples, Result
from mer_zoo.evaluation.plan import SAME_SUBJECTS, differences
from mer_zoo.evaluation.runner import Callback
from mer_zoo.modalities import with_defaults
from mer_zoo.preprocessing import Preprocessing
from mer_zoo.training.learner import FittedNetwork
from mer_zoo.training.scoring import score_trained
from mer_zoo.zoo import load
from mer_zoo.zoo.cards import Card

ZERO_SHOT = "zero-shot"


def score_zero_shot(
    name: str,
    examples: Examples,
    preprocessing: Preprocessing,
    callback: Callback | None = None,
) -> Result:
    """The predictions of a zoo entry for all examples, without training.

    Args:
        name: the entry. It must not have seen real clips, because they could be among these.
        examples: with the entry's classes.
        preprocessing: how the images of the examples were made.
        callback: notified of the only fold.

    Raises:
        EvaluationError: no entry is named, it has seen real clips, or its classes or images differ.
    """
    if not name:
        raise EvaluationError(
            f'The split "{ZERO_SHOT}" scores the weights of a zoo entry: name it with start=... '
            "(--start)."
        )
    model = load(name)
    card = model.card
    _refuse_unfit(name, card, examples, preprocessing)
    selected_on = {s for selection in card.trained_on.selection for s in selection.subjects}
    return score_trained(
        {card.trained_on.seed: FittedNetwork(model.network, card.preprocessing.image_size)},
        examples,
        split=ZERO_SHOT,
        fold="all",
        learner={"entry": name, "sha256": card.weights.sha256},
        label=SAME_SUBJECTS if selected_on & set(examples.subjects.tolist()) else "",
        callback=callback,
    )


def _refuse_unfit(name: str, card: Card, examples: Examples, preprocessing: Preprocessing) -> None:
    if saw := card.trained_on.real_clips_seen:
        raise EvaluationError(
            f"{name} was trained on {saw}, which could be among "
            "those it would be scored on. Leave one subject out instead (split loso)."
        )
    if tuple(card.class_names) != examples.class_names:
        raise EvaluationError(
            f"{name} tells {', '.join(card.class_names)} apart, the clips of {examples.protocol} "
            f"are labelled {', '.join(examples.class_names)}."
        )
    given, own = (vars(with_defaults(made)) for made in (preprocessing, card.preprocessing))
    if changed := differences(given, own):
        raise EvaluationError(
            f"{name} was trained on other images than these: {', '.join(changed)} differ. Its card "
            f"says {own}, the recipe {given}. Evaluate with the recipe of {card.name}."
        )
