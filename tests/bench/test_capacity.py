from __future__ import annotations

import pytest

from tests.bench.capacity import size, written


@pytest.mark.parametrize(
    ("item", "count"),
    [
        ({"id": {"S": "abc"}}, 5),
        ({"id": {"S": "é"}}, 4),
        ({"n": {"N": "0"}}, 3),
        ({"n": {"N": "12345"}}, 5),
        ({"n": {"N": "1000000"}}, 3),
        ({"l": {"L": [{"S": "ab"}, {"S": "c"}]}}, 9),
        ({"m": {"M": {"at": {"N": "12"}}}}, 9),
    ],
)
def test_an_item_is_as_large_as_dynamodbs_guide_counts(item: dict[str, dict[str, str]], count: int) -> None:
    assert size(item) == count


def test_a_write_is_paid_by_the_larger_image_and_by_whole_kilobytes() -> None:
    small, large = {"id": {"S": "a" * 100}}, {"id": {"S": "a" * 1023}}

    assert written({}, small).write_units == 1
    assert written(large, small).write_units == 2
