"""The record of a clip: what was drawn, what an annotator would write, and what is true."""

import numpy as np

from mer_zoo.synthesis.corpus.distribution import Plan
from mer_zoo.synthesis.corpus.identities import Identity

# Pixels are those of the 224-pixel canonical crop.
RECORD = np.dtype(
    [
        ("identity", "U16"),  # first digits of the photograph's hash
        ("clip", np.int32),  # number among the clips of the identity
        ("split", "U10"),  # "train", "validation" or "test"
        ("label", "U16"),  # a class, or "none"
        ("action_units", "U24"),  # for example "4+L12"
        ("side", "U5"),  # "both", "left" or "right"; "" without an expression
        ("peak", np.float32),  # largest displacement, pixels
        ("amplitude", "U5"),  # "study", "large" or "none"
        ("held", np.bool_),  # the face does not return
        ("head", "U8"),  # "residual", "strong" or "frozen"
        ("drift", np.float32),  # largest shift of the head, pixels
        ("blink", np.bool_),
        ("speech", np.bool_),
        ("acquisition", "U16"),
        ("rig", "U16"),
        ("mirrored", np.bool_),  # the photograph was flipped
        ("n_frames", np.int32),
        ("fps", np.float32),
        ("onset", np.int32),  # as annotated
        ("apex", np.int32),
        ("offset", np.int32),
        ("true_onset", np.int32),  # -1 without an expression
        ("true_apex", np.int32),
        ("true_offset", np.int32),
    ]
)


def make_record(plan: Plan, identity: Identity, index: int, *, mirrored: bool, rig: str) -> np.void:
    """The record of one clip."""
    expression, timing = plan.expression, plan.expression.timing
    moves = bool(expression.movements)
    true_offset = timing.apex if timing.held else timing.offset
    values = {
        "identity": identity.name,
        "clip": index,
        "split": identity.split,
        "label": expression.label,
        "action_units": "+".join(expression.action_units),
        "side": expression.side,
        "peak": expression.peak,
        "amplitude": plan.amplitude,
        "held": timing.held,
        "head": plan.head,
        "drift": np.hypot(*plan.disturbances.head[:, :2].T).max(),
        "blink": plan.has_blink,
        "speech": plan.speaks,
        "acquisition": plan.acquisition,
        "rig": rig,
        "mirrored": mirrored,
        "n_frames": plan.n_frames,
        "fps": plan.fps,
        **dict(zip(("onset", "apex", "offset"), plan.annotated, strict=True)),
        "true_onset": timing.onset if moves else -1,
        "true_apex": timing.apex if moves else -1,
        "true_offset": true_offset if moves else -1,
    }
    return np.array([tuple(values[name] for name in RECORD.names or ())], RECORD)[0]
