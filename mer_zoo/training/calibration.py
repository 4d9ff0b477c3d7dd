"""Probabilities that mean what they say: Platt scaling within the head, and thresholds."""

import numpy as np

from mer_zoo.action_units import ONE_SIDED, SIDED, leaning, side_targets
from mer_zoo.evaluation import Examples
from mer_zoo.recipes.recipe import RejectionRule
from mer_zoo.training.learner import FittedNetwork
from mer_zoo.zoo.cards import Rejection
from mer_zoo.zoo.registry import HEAD

ROUNDS = 50
MOST_LIKELY = 0.5
"""Highest threshold of an answer where no clip without an expression was scored: nothing shows that an
answer that is likelier than all others together should be withheld."""

SLOPE = (0.05, 5.0)
"""Range of the slope: an output that tells nothing is not turned round."""


def calibrate_head(fitted: FittedNetwork, examples: Examples) -> None:
    """Scales every output of a sigmoid head so that its probabilities match how often it is right.

    Platt scaling (1999): the logit z becomes a z + b, with a and b fitted to `examples`, which the
    network was not trained on. Both go into the weights of the head, so a stored or exported network is
    calibrated without further code.

    Args:
        fitted: the network; its head is changed.
        examples: with `targets`.
    """
    answers = fitted.predict(examples.images).astype(np.float64)
    p = np.clip(answers, 1e-7, 1 - 1e-7)
    logits = np.log(p / (1 - p))
    fits = [platt(logits[:, k], examples.unit_targets[:, k] > 0) for k in range(logits.shape[1])]
    slopes, shifts = (np.array(column, np.float32) for column in zip(*fits, strict=True))
    head = fitted.network.get_layer(HEAD)  # type: ignore[attr-defined]
    kernel, bias = head.get_weights()
    head.set_weights([kernel * slopes, bias * slopes + shifts])


def platt(logits: np.ndarray, shown: np.ndarray) -> tuple[float, float]:
    """Slope and shift of the logits of one output, by Newton's method on the log loss.

    Targets are those of Platt: (n + 1) / (n + 2) and 1 / (m + 2) for n positives and m negatives, so
    that few clips never give a certain answer. Without a positive or a negative, (1, 0).

    Args:
        logits: float `(N,)`.
        shown: bool `(N,)`.
    """
    positives, negatives = int(shown.sum()), int((~shown).sum())
    if not positives or not negatives:
        return 1.0, 0.0
    targets = np.where(shown, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    design = np.stack([logits, np.ones_like(logits)], axis=1)
    fit = np.array([1.0, 0.0])
    for _ in range(ROUNDS):
        p = 1 / (1 + np.exp(-np.clip(design @ fit, -30, 30)))
        gradient = design.T @ (p - targets) + 1e-3 * (fit - [1, 0])
        curvature = (design * (p * (1 - p))[:, None]).T @ design + 1e-3 * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        fit = fit - step * min(1.0, 2.0 / max(np.abs(step).max(), 1e-12))
        if np.abs(step).max() < 1e-8:
            break
    return float(np.clip(fit[0], *SLOPE)), float(fit[1])


def rejection_of_expressions(rule: RejectionRule, likeliest: np.ndarray | None) -> Rejection:
    """When to answer "no expression", from held-out clips that all show one.

    The threshold lets the wanted share of them pass, but is at most `MOST_LIKELY`. The networks of small
    folds are often surer than the one that is trained on all clips, which would then reject its own clips.

    Args:
        rule: of the recipe.
        likeliest: `(clips,)`, the largest probability of each held-out clip; None without any, and then
            there is no threshold.
    """
    threshold, kept = 0.0, float("nan")
    if likeliest is not None:
        threshold = min(float(np.quantile(likeliest, 1 - rule.keep)), MOST_LIKELY)
        kept = float((likeliest >= threshold).mean())
    return Rejection(
        threshold=round(threshold, 4),
        min_motion=rule.min_motion,
        auc=float("nan"),  # of clips with and without an expression
        kept=kept,
    )


def best_threshold(answers: np.ndarray, shown: np.ndarray) -> float:
    """The probability from which on naming a unit gives the highest F1; 1 without a positive.

    Midway between the last answer that is named and the first that is not.

    Args:
        answers: float `(N,)`, probabilities.
        shown: bool `(N,)`.
    """
    if not shown.any():
        return 1.0
    order = np.argsort(-answers, kind="stable")
    ranked = answers[order]
    hits = np.cumsum(shown[order])
    f1 = 2 * hits / (np.arange(1, len(hits) + 1) + shown.sum())
    f1[:-1][ranked[:-1] == ranked[1:]] = -1  # a threshold cannot part equal answers
    last = int(f1.argmax())
    below = ranked[last + 1] if last + 1 < len(ranked) else 0.0
    return float((ranked[last] + below) / 2)


def best_one_sided(answers: np.ndarray, targets: np.ndarray) -> float:
    """The leaning from which on a unit is called one-sided that gives the highest balanced accuracy.

    That is the mean of two shares: of the one-sided units that are given their side, and of the
    bilateral ones that are given "both". Naming one side more often thus gains nothing by itself. The
    units of `SIDED` share one number, because the rarer ones have few clips. The middle one of equally
    good numbers; `ONE_SIDED` if there is no one-sided or no bilateral unit.

    Args:
        answers: float `(N, outputs)`, probabilities.
        targets: `(N, outputs)` of 0 and 1.
    """
    lean, right, one, both = [], [], [], []
    for number in SIDED:
        left_alone, right_alone, bilateral = side_targets(number, targets)
        value = leaning(number, answers)
        lean.append(np.abs(value))
        right.append(np.where(left_alone, value > 0, value < 0))
        one.append(left_alone | right_alone)
        both.append(bilateral)
    size, hit, sided, bilateral = map(np.concatenate, (lean, right, one, both))
    if not sided.any() or not bilateral.any():
        return ONE_SIDED
    values = np.unique(np.clip(size[sided | bilateral], 0, 1))
    cuts = (values[1:] + values[:-1]) / 2
    if not len(cuts):
        return ONE_SIDED
    named = size >= cuts[:, None]
    score = (named & hit)[:, sided].mean(1) + (~named)[:, bilateral].mean(1)
    best = np.flatnonzero(score == score.max())
    return float(cuts[best[len(best) // 2]])
