"""Mixed precision: networks that compute in 16 bits while they are trained, with weights of 32 bits.

bfloat16 has the range of float32, so losses need no scaling. GPUs before NVIDIA's Ampere, and most
CPUs, emulate it and become slower.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

POLICY = "mixed_bfloat16"


def stated(mixed_precision: bool) -> dict[str, str]:
    """What a record of a training says about its precision: nothing for float32.

    So records of float32 are those from before there was a choice, and continue to match them.

    Example:
        >>> stated(True), stated(False)
        ({'precision': 'mixed_bfloat16'}, {})
    """
    return {"precision": POLICY} if mixed_precision else {}


def in_bfloat16(network: "keras.Model", build: Callable[[], "keras.Model"]) -> "keras.Model":
    """A network that computes in bfloat16, with copies of the float32 weights of `network`.

    Layers keep the dtype policy they are made under. Those with a policy of their own (MESTI, the gate
    of Gradient Attention, the last layer) compute in float32 here, too.

    Args:
        network: computes in float32.
        build: makes another network like it.
    """
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(POLICY)
    try:
        made = build()
    finally:
        keras.config.set_dtype_policy(before)
    copy_weights(network, made)
    return made


def copy_weights(source: "keras.Model", target: "keras.Model") -> None:
    """Gives `target` the weights of `source`, unless they are the same network."""
    if target is not source:
        target.set_weights(source.get_weights())
