"""Losses: each row of the table of losses finds its loss, and nothing in the opposite edit."""

from __future__ import annotations

import pytest

from pipeline.review.rules.weakening_table import LOSSES
from tests.pipeline.review.tables import Edit, edits
from tests.pipeline.review.verdicts import verdicts

EXAMPLES = edits("losses_protection", "losses_data", "losses_service")


@pytest.mark.parametrize("edit", EXAMPLES, ids=str)
def test_loss_is_found_and_the_opposite_is_none(edit: Edit) -> None:
    """The review finds the loss, and none where the same edit is undone, unless that changes a credential."""
    for verdict, review in edit.reviews():
        assert verdict == verdicts(review)


def test_every_row_has_an_example() -> None:
    """Each reason of the table of losses is that of a risk of some example."""
    reasons = {
        risk.reason.partition(": ")[2]
        for example in EXAMPLES
        for _, review in example.reviews()
        for _, risk in review.risks()
    }

    assert not {row.reason for row in LOSSES} - reasons
