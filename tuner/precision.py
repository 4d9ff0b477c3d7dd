"""Mixed precision: networks that compute in 16 bits and keep their weights in 32."""

from dataclasses import dataclass, fields

from mer_zoo.evaluation import Examples, Learner
from mer_zoo.training.learner import RecipeLearner
from tuner.errors import SearchRefusedError

POLICY = "mixed_bfloat16"


@dataclass(frozen=True)
class MixedPrecisionLearner(RecipeLearner):
    """Trains as `RecipeLearner`, with a network that computes in bfloat16.

    bfloat16 has the range of float32, so losses need no scaling. GPUs before NVIDIA's Ampere, and
    most CPUs, emulate it and become slower. The last layer computes in float32 all the same.
    """

    def describe(self) -> dict:
        """See `mer_zoo.evaluation.Learner.describe`."""
        return {**super().describe(), "precision": POLICY}

    def build(self, examples: Examples):
        """See `RecipeLearner.build`. Layers keep the policy they are made under; Keras' is put back."""
        import keras

        before = keras.config.dtype_policy()
        keras.config.set_dtype_policy(POLICY)
        try:
            return super().build(examples)
        finally:
            keras.config.set_dtype_policy(before)


def in_mixed_precision(learner: Learner) -> MixedPrecisionLearner:
    """The same learner, computing in bfloat16.

    Raises:
        SearchRefusedError: it is not of a recipe, so its network is not known here.
    """
    if not isinstance(learner, RecipeLearner):
        raise SearchRefusedError(
            f"mixed_precision=True is for the networks of recipes, and {type(learner).__name__} is a "
            "learner of its own. Leave it out, and let the learner choose how it computes."
        )
    return MixedPrecisionLearner(**{f.name: getattr(learner, f.name) for f in fields(learner)})
