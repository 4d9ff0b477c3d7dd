"""Makes the golden clips of the package: `python -m tools.golden FILE.npz`.

Two short synthetic clips of one public-domain portrait, already aligned, with their phases. They are
stored, not rendered again, so that a change of the renderer cannot move them.
"""

import sys
from typing import Any

import numpy as np

from mer_zoo.files import refuse_overwrite
from mer_zoo.synthesis import Disturbances, Expression, Movement, Timing, canonical_portrait, render

SEED = 11
FPS = 30.0
FRAMES = 14
CLIPS = {
    "lip_corner_puller": (Movement(12),),
    "inner_and_outer_brow_raiser": (Movement(1), Movement(2)),
}


def make() -> dict[str, Any]:
    """Frames uint8 `(T, 112, 112)` of each clip, and its phases under `<name>.phases`."""
    from skimage import data

    portrait = canonical_portrait(data.astronaut()[:256, 96:352])
    arrays = {}
    for number, (name, movements) in enumerate(CLIPS.items()):
        expression = Expression(movements, Timing(onset=1, apex=6, offset=12), peak=4.0)
        camera = Disturbances.none(FRAMES).but(noise=1.0)
        clip = render(portrait, expression, camera, n_frames=FRAMES, fps=FPS, seed=SEED + number)
        arrays[name] = np.ascontiguousarray(clip.grey)
        arrays[f"{name}.phases"] = np.array(clip.phases, np.int32)
    return arrays


if __name__ == "__main__":
    np.savez_compressed(refuse_overwrite(sys.argv[1]), **make())
