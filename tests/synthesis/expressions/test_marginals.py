import pytest

from mer_zoo.synthesis import SCHEMAS, Schema
from mer_zoo.synthesis.expressions.marginals import PUBLISHED, action_unit_shares
from mer_zoo.synthesis.expressions.schema import Combination


def test_shares_worked_by_hand():
    schema = Schema(
        "hand",
        {
            "first": (Combination(3, {12: 1}), Combination(1, {6: 1, 12: 1})),
            "second": (Combination(1, {4: 1}),),
        },
    )
    assert action_unit_shares(schema) == pytest.approx({4: 0.5, 6: 0.125, 12: 0.5})
    uneven = action_unit_shares(schema, {"first": 1, "second": 3})
    assert uneven == pytest.approx({4: 0.75, 6: 0.0625, 12: 0.25})


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_the_corpora_show_what_was_published(name):
    published = PUBLISHED[name]
    shares = action_unit_shares(SCHEMAS[name], published.classes)
    for number, count in published.action_units.items():
        assert shares[number] == pytest.approx(count / published.clips, abs=0.055), number
    # Units nobody counted belong to posed and ordinary faces; they stay rare.
    assert all(shares[n] < 0.05 for n in set(shares) - set(published.action_units))
