"""A person's own neutral face, made to show action units: further training images of that person."""

import hashlib

import numpy as np

from mer_zoo.clips import Clip
from mer_zoo.synthesis import canonical_portrait, parse_action_units
from mer_zoo.synthesis.corpus.corpus import render_plan
from mer_zoo.synthesis.corpus.distribution import draw_plan
from mer_zoo.synthesis.expressions.schema import Combination, Schema

# Raised whenever the same clip, units and number would give another rendering.
VERSION = 1


def rendered(clip: Clip, clip_id: str, number: int, action_units: str) -> Clip:
    """A micro-expression rendered on the face at a clip's onset, as the clips of a corpus are.

    Everything about it (how far the face moves, when, the head, the light, the camera) is drawn as
    for held-out clips of a corpus; see `mer_zoo.synthesis.corpus.distribution`. A unit on one side appears on
    either: which, is drawn too.

    Args:
        clip: aligned, with its onset, whose frame is taken for the neutral face.
        clip_id: its identity; with `number` it seeds what is drawn.
        number: of the variant.
        action_units: for example "4+7" or "R14"; see `mer_zoo.synthesis.parse_action_units`.

    Returns:
        A clip of the size of the given one, with annotated phases.

    Raises:
        UnknownNameError: an action unit is not known.
        NoFaceError: there is no face in the onset's frame.
    """
    onset, _, _ = clip.require_phases()
    units = parse_action_units(action_units)
    one_sided = any(side != "both" for _, side in units)
    combination = Combination(1.0, {unit: 1.0 for unit, _ in units}, one_sided)
    schema = Schema("own", {action_units: (combination,)})
    digest = hashlib.sha256(f"{clip_id}\n{number}\n{action_units}".encode()).digest()
    rng = np.random.default_rng(np.frombuffer(digest, np.uint32))
    neutral = clip.frames[onset]
    portrait = canonical_portrait(neutral, size=neutral.shape[0], grey=False)
    plan = draw_plan(schema, action_units, "test", rng)
    return render_plan(portrait, plan, rng, clip.subject)
