"""APIs: methods, stages, usage plans, keys and firewalls."""

from __future__ import annotations

import pytest

from tests.pipeline.review.tables import Edit, edits
from tests.pipeline.review.verdicts import verdicts


@pytest.mark.parametrize("edit", edits("apis", "api_definitions"), ids=str)
def test_edit_has_its_verdict(edit: Edit) -> None:
    """The review finds every change of the edit, with its cause and risks, and no other change."""
    for verdict, review in edit.reviews():
        assert verdict == verdicts(review)
