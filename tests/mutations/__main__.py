"""Mutations: spoils the templates, one edit at a time, and tells which test notices.

python -m tests.mutations                    every mutation; 1 if one survives
python -m tests.mutations --sample 30        some of each kind, the same each time
python -m tests.mutations --kind encryption --template data --all
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from pipeline.console import table
from tests.mutations.mutation import Mutation, mutations
from tests.mutations.trial import LAYERS, catches, preparing, relevant, remembering, rendered


def main(arguments: Sequence[str]) -> int:
    """Run the mutations that were asked for; 1 if one survives, or a test fails without any."""
    given = options(arguments)
    every = [each for name, template in rendered().items() for each in mutations(name, template)]
    chosen = [
        each for each in every if given.kind in (None, each.kind) and given.template in (None, each.template)
    ]
    if given.sample:
        chosen = sample(chosen, given.sample)
    remembering()
    preparing()
    files = sorted({file for each in chosen for file in relevant(each)})
    whole = catches(None, files)
    if whole:
        print(f"{whole}: fails without any mutation; expected tests that pass", file=sys.stderr)
        return 1
    survived = []
    caught: Counter[str] = Counter()
    with ThreadPoolExecutor(given.jobs) as pool:
        trials = pool.map(lambda each: (each, catches(each, relevant(each))), chosen)
        for mutation, test in trials:
            caught[mutation.kind] += bool(test)
            if not test:
                survived.append(mutation)
            if given.all or not test:
                print(f"{mutation}: {mutation.kind}: {test or 'SURVIVED'}", flush=True)
    print(summary(chosen, caught))
    return 1 if survived else 0


def options(arguments: Sequence[str]) -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutations")
    parser.add_argument("--sample", type=int, metavar="N", help="so many, some of each kind")
    parser.add_argument("--kind", metavar="K", help="mutations of one kind")
    parser.add_argument(
        "--template", metavar="T", choices=["root", *LAYERS], help="mutations of one template"
    )
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="trials at once (2)")
    parser.add_argument(
        "--all", action="store_true", help="tell of those that are caught as well, and by what"
    )
    return parser.parse_args(arguments)


def sample(every: Sequence[Mutation], count: int) -> list[Mutation]:
    """`count` of `every`: of each kind in turn, the same each time and whatever else is there."""
    by_kind: defaultdict[str, list[Mutation]] = defaultdict(list)
    for each in sorted(every, key=lambda each: hashlib.sha256(f"{each.kind} {each}".encode()).digest()):
        by_kind[each.kind].append(each)
    return list(in_turn(list(by_kind.values()), count))


def in_turn(kinds: list[list[Mutation]], count: int) -> Iterator[Mutation]:
    """The first of each of `kinds`, then the second, until there are `count`."""
    longest = max((len(each) for each in kinds), default=0)
    ordered = [each[place] for place in range(longest) for each in kinds if place < len(each)]
    yield from ordered[:count]


def summary(chosen: Sequence[Mutation], caught: Counter[str]) -> str:
    """How many of each kind were caught, and how many survived."""
    counted = Counter(each.kind for each in chosen)
    rows = [(kind, count, caught[kind], count - caught[kind]) for kind, count in sorted(counted.items())]
    rows.append(("all", len(chosen), caught.total(), len(chosen) - caught.total()))
    return table(("kind", "mutations", "caught", "survived"), rows)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
