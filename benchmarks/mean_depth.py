"""The mean depth of faces in the canonical crop: the table `FACE_DEPTH` of `mer_zoo.layers`.

    python benchmarks/mean_depth.py --photos FOLDER_OF_PORTRAITS

Averages the depth of the first 40 training faces of a folder over 14 x 14 cells and their mirror images,
scales it to mean 0 and standard deviation 0.3, the spread of x and y across a crop, and prints the left
half.
"""

import argparse
from pathlib import Path

import numpy as np

from mer_zoo.layers.constants import RIGID_CELLS
from mer_zoo.synthesis.corpus.identities import find_identities
from mer_zoo.synthesis.rendering.photograph import canonical_portrait, read_photograph

FACES = 40
SIZE = 112
SPREAD = 0.3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=Path, required=True)
    identities, _ = find_identities(
        parser.parse_args().photos, test_share=0.2, validation_share=0.1
    )
    chosen = [identity for identity in identities if identity.split == "train"][:FACES]
    depth = np.mean(
        [canonical_portrait(read_photograph(i.path), size=SIZE).rig.depth for i in chosen], axis=0
    )
    side = SIZE // RIGID_CELLS
    cells = depth.reshape(RIGID_CELLS, side, RIGID_CELLS, side).mean(axis=(1, 3))
    cells = (cells + cells[:, ::-1]) / 2
    cells = (cells - cells.mean()) / cells.std() * SPREAD
    for row in cells[:, : RIGID_CELLS // 2]:
        print(f"    ({', '.join(f'{value:.2f}' for value in row)}),")


if __name__ == "__main__":
    main()
