import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mer_zoo.errors import MerZooError, UnknownNameError
from mer_zoo.synthesis import ACTION_UNITS, parse_action_units
from mer_zoo.synthesis.expressions.action_units import format_action_units
from mer_zoo.synthesis.rigs.rig import FaceRig


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("12", ((12, "both"),)),
        ("1+2", ((1, "both"), (2, "both"))),
        ("L4", ((4, "left"),)),
        ("R12 + 7", ((12, "right"), (7, "both"))),
        ("au6, AU12", ((6, "both"), (12, "both"))),
        (12, ((12, "both"),)),
        ([1, "l2"], ((1, "both"), (2, "left"))),
    ],
)
def test_reads_what_coders_write(text, read):
    assert parse_action_units(text) == read


@settings(deadline=None, max_examples=30)
@given(st.lists(st.sampled_from(sorted(ACTION_UNITS)), min_size=1, unique=True), st.data())
def test_writing_and_reading_are_inverse(numbers, data):
    sides = [
        data.draw(st.sampled_from(["both", "left", "right"] if ACTION_UNITS[n].sided else ["both"]))
        for n in numbers
    ]
    units = tuple(zip(numbers, sides, strict=True))
    assert parse_action_units(format_action_units(units)) == units


@pytest.mark.parametrize("text", ["99", "12+x", "", "LR12", "12.5"])
def test_unknown_units_are_named_with_those_known(text):
    with pytest.raises(UnknownNameError, match="12"):
        parse_action_units(text)


def test_a_unit_of_both_sides_cannot_be_asked_for_on_one():
    with pytest.raises(UnknownNameError, match="jaw drop"):
        parse_action_units("L26")


def test_naming_a_unit_twice_is_refused():
    with pytest.raises(MerZooError, match="twice"):
        parse_action_units("4+L4")


@pytest.mark.parametrize("unit", ACTION_UNITS.values(), ids=lambda unit: unit.name)
def test_every_unit_moves_the_rig_on_its_own_side(unit):
    rig = FaceRig.load()
    for side, sign in (("left", 1), ("right", -1)):
        moved = sum(abs(rig.displacements[name]).sum(axis=1) for name in unit.rig_units(side))
        assert moved.max() > 0.01
        centre = (moved * rig.rest[:, 0]).sum() / moved.sum()
        assert centre * sign > 0.05 if unit.sided else abs(centre) < 0.06
