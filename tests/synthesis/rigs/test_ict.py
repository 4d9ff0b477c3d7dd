import numpy as np
import pytest

from mer_zoo.errors import RecipeError, UnknownNameError
from mer_zoo.synthesis import Corpus
from mer_zoo.synthesis.rigs.ict import MODES, ict_rig
from mer_zoo.synthesis.rigs.rig import FaceRig


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """A model of the expected form: the packaged rig's points with neighbours, in other units."""
    rig, rng = FaceRig.load(), np.random.default_rng(0)
    rest = np.concatenate([rig.rest, rig.rest + rng.normal(0, 0.01, rig.rest.shape)])
    moved = np.stack([np.tile(_unit(rig, name), (2, 1)) for name in MODES])
    identities = rng.normal(0, 1e-3, (100, *rest.shape))
    path = tmp_path_factory.mktemp("rig") / "ict.npz"
    shift = np.array([0, -7, 2])
    np.savez(path, N=12 * (rest + shift), E=12 * moved, I=12 * identities)
    return path


def _unit(rig, name):
    sided = name.removesuffix("Left").removesuffix("Right")
    return rig.displacements.get(name, rig.displacements.get(sided, np.zeros_like(rig.rest)))


def test_it_is_laid_over_the_landmarks(file):
    ours, theirs = FaceRig.load(), ict_rig(file)
    assert set(theirs.displacements) >= {"mouthSmileLeft", "browInnerUp", "browInnerUpRight"}
    for name in ("mouthSmileLeft", "browDownRight", "jawOpen"):
        a, b = ours.displacements[name], theirs.displacements[name]
        assert (a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum()) > 0.95
        assert np.abs(b).max() == pytest.approx(np.abs(a).max(), rel=0.2)


def test_a_corpus_names_its_rigs(photo, file, tmp_path):
    import cv2

    for index in range(4):
        cv2.imwrite(str(tmp_path / f"{index}.png"), photo[index:, :, ::-1])
    both = Corpus(tmp_path, clips_per_identity=1, rigs=["makehuman", "ict"], ict_file=file)
    assert both.digest != Corpus(tmp_path, clips_per_identity=1).digest
    _, table = both.images(n_jobs=1, progress=False)
    assert set(table["rig"]) == {"makehuman", "ict"}


@pytest.mark.parametrize(
    ("rigs", "error", "words"),
    [
        (["ict"], RecipeError, "--ict"),
        (["makehumna"], UnknownNameError, "makehuman"),
        ([], RecipeError, "one or more"),
        (["makehuman", "makehuman"], RecipeError, "each once"),
    ],
)
def test_impossible_rigs_are_refused(photo, tmp_path, rigs, error, words):
    import cv2

    cv2.imwrite(str(tmp_path / "a.png"), photo)
    with pytest.raises(error, match=words):
        Corpus(tmp_path, rigs=rigs)


def test_another_file_is_refused(tmp_path):
    np.savez(
        tmp_path / "other.npz", N=np.zeros((5, 3)), E=np.zeros((2, 5, 3)), I=np.zeros((3, 5, 3))
    )
    with pytest.raises(RecipeError, match="shapes"):
        ict_rig(tmp_path / "other.npz")
    with pytest.raises(RecipeError, match=r"docs/corpus\.md"):
        ict_rig(tmp_path / "nothing.npz")
