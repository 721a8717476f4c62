"""Limit: something that there is only so much of, and how much of it a rate of payments needs."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

# Of the requests that come at random, so many may find no execution free: one in a thousand.
REFUSED = 0.001
PRECISION = 1e-6
NO_END = 1e9


@dataclass(frozen=True, kw_only=True)
class Limit:
    """What there is only so much of."""

    what: str
    place: str
    """Where the number stands: a resource, or whose quota it is."""
    limit: float
    need: Callable[[float], float]
    """How much a rate of payments needs; never less for a higher rate."""
    turn: str
    """What to change where it is not enough."""
    source: str

    def percent(self, rate: float) -> float:
        """The part of it that `rate` payments a second need."""
        return 100 * self.need(rate) / self.limit if self.limit else math.inf

    def holds(self, rate: float) -> bool:
        """Whether it is enough for `rate` payments a second."""
        return self.need(rate) <= self.limit

    def serves(self) -> float:
        """The highest rate that it is enough for; infinite where it does not depend on the rate."""
        if not self.holds(0):
            return 0.0
        high = 1.0
        while self.holds(high):
            high *= 2
            if high > NO_END:
                return math.inf
        low = 0.0
        while high - low > PRECISION * max(1.0, low):
            middle = (low + high) / 2
            low, high = (middle, high) if self.holds(middle) else (low, middle)
        return low


def executions(a_second: float, seconds: float) -> float:
    """How many executions take `a_second` calls of `seconds` each, when they come at random.

    Little's law gives how many run on average; of that many, as many again are needed for the peaks that
    chance makes as Erlang's loss formula says. It holds whatever the spread of the durations.
    """
    busy = a_second * seconds
    count, refused = 0, 1.0
    while refused > REFUSED and busy > 0:
        count += 1
        refused = busy * refused / (count + busy * refused)
    return float(count)
