import numpy as np
import pytest

from mer_zoo.synthesis import ACTION_UNITS, Expression, Movement, Timing, render
from mer_zoo.synthesis.rigs.furrows import FURROWED


def test_furrows_are_dark_lines_that_add_no_brightness(portrait):
    for number in FURROWED:
        furrows = portrait.furrows(number)
        assert furrows.max() == pytest.approx(1, abs=0.3)
        assert abs(furrows.sum()) < 0.02 * np.abs(furrows).sum()
        assert (np.abs(furrows) > 0.02).mean() < 0.2


def test_each_half_of_the_face_has_its_own(portrait):
    middle = portrait.rig.landmarks[:, 0].mean()
    columns = np.arange(portrait.rig.shape[1])
    for number in (n for n in FURROWED if ACTION_UNITS[n].sided and n not in (1, 4, 9, 23)):
        weight = np.abs(portrait.furrows(number, left=1, right=0)).sum(0)
        assert (weight * columns).sum() / weight.sum() > middle + 5  # left is right in the picture


def test_a_unit_without_lines_folds_nothing(portrait):
    assert not portrait.furrows(5).any()


def test_a_unit_that_does_not_move_folds_nothing(portrait):
    still = portrait.furrows(4, left=0, right=0)
    assert still.shape == portrait.rig.shape
    assert not still.any()


def test_furrows_deepen_with_the_movement(portrait):
    timing = Timing(0, 6, 6, rest=1.0)

    def change(peak, furrows):
        expression = Expression((Movement(4),), timing, peak=peak, furrows=furrows)
        frames = render(portrait, expression, n_frames=8, fps=30).frames[..., 0].astype(float)
        return frames

    plain, folded = change(2.0, 0.0), change(2.0, 1.0)
    np.testing.assert_array_equal(plain[0], folded[0])
    differences = np.abs(folded - plain).mean(axis=(1, 2))
    assert (np.diff(differences[:7]) > 0).all()
    assert np.abs(change(4.0, 1.0)[-1] - change(4.0, 0.0)[-1]).mean() > 1.5 * differences[-1]
