"""Rules on values that AWS did not return although a rule would have looked at them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.evaluation.stack import STACK_TYPE
from pipeline.evaluation.values import Concealed, NoValue, Unknown, Value
from pipeline.review.model import Change, Risk
from pipeline.review.rules.context import Context
from pipeline.review.rules.weakening import rows

JUDGED = re.compile(
    r"Polic|Permission|SecurityGroup(In|E)gress|Cidr|Kms|KMS|Encrypt|SSE|Principal|Public|Protection|Backup|PointInTime"
)
# Places that rules compare by how they read: what is not known counts as something new there.
BY_SPELLING = re.compile(
    r"Statement|/Cidr(Ip|Ipv6)$|^Cidr(Ip|Ipv6)$|SecurityGroup(Id|Name)$|PrefixListId$|Arns?(/\d+)?$"
)
# Of these, rules look at a part only: a variable that is an address, the role that others hand out.
IN_PART = re.compile(
    r"^Role$|Role(s|Arns?)$|Endpoint|Destination|^Environment$|^Subscription|Replica|^Targets$"
)
CUT_OFF = "cut off by AWS"
NESTED = "give its template (--old-nested, --new-nested), or the answers about its change set (--file)"
VALUES = (
    "describe the change set a second time, with --include-property-values, and give both answers (--file)"
)
TEMPLATES = "compare the two templates with `build.py diff`, for AWS returns no more of it"


def nested_set_not_read(change: Change, _context: Context) -> Iterator[Risk]:
    """A nested stack has a change set of its own, or a template, that nobody read."""
    if change.unread and change.type == STACK_TYPE:
        yield Risk("UNJUDGED", "what changes in it was not read", remedy=NESTED)


def looked_at(name: str) -> bool:
    """Return whether rules look at the values of a property, or of a part of it."""
    return bool(JUDGED.search(name) or IN_PART.search(name))


def values_not_told(change: Change, _context: Context) -> Iterator[Risk]:
    """A property that rules look at changes, and AWS was not asked for its values."""
    if change.action != "Modify" or change.before is not None or change.uncertain:
        return
    names = sorted({each.name for each in change.properties if each.hidden and looked_at(each.name)})
    if names:
        yield Risk("UNJUDGED", f"{', '.join(names)}: the values were not told", remedy=VALUES)


def values_cut_off(change: Change, _context: Context) -> Iterator[Risk]:
    """A property that rules look at changes, and AWS cut its values off."""
    cut = {each.name for each in change.properties if has_cut(each.before) or has_cut(each.after)}
    if change.unread and change.type != STACK_TYPE:
        cut |= {each.name for each in change.properties}
    names = sorted(name for name in cut if looked_at(name))
    if names:
        yield Risk("UNJUDGED", f"{', '.join(names)}: AWS cut the values off", remedy=TEMPLATES)


# Risks of the update itself, which say nothing of what a value comes to.
WHATEVER_THE_VALUE = ("INTERRUPTION", "STATEFUL_REPLACEMENT", "UNJUDGED")


def values_left_open(change: Change, context: Context) -> Iterator[Risk]:
    """A setting that rules look at changes from or to a value that nobody gave."""
    judged = {
        f"{risk.reason.partition(':')[0]}:" for risk in change.risks if risk.kind not in WHATEVER_THE_VALUE
    }
    for path, before, after in context.places(change):
        name = path.partition("/")[0]
        if BY_SPELLING.search(path) or f"{path}:" in judged:
            continue
        waiting = [waits_for(value) for value in (before, after)]
        if any(waiting) and (JUDGED.search(name) or any(row.fullmatch(path) for row, _ in rows(change.type))):
            known = " and ".join(dict.fromkeys(words for words in waiting if words))
            yield Risk("UNJUDGED", f"{path}: hangs on {known}", remedy="give its value")


def waits_for(value: Value | NoValue) -> str:
    """Return in words the parameter or outside value that a whole value is, if it is one."""
    if isinstance(value, Unknown):
        open_value = isinstance(value.key, Concealed) or (
            value.atom is not None and not value.label.startswith("AWS::")
        )
        return value.label if open_value or value.options or value.choices else ""
    return str(value) if isinstance(value, str) and value.startswith("{{resolve:") else ""


def has_cut(value: Value | NoValue) -> bool:
    """Return whether some of a value is cut off."""
    if isinstance(value, dict):
        return any(has_cut(member) for member in value.values())
    if isinstance(value, list):
        return any(has_cut(item) for item in value)
    return isinstance(value, Unknown) and value.label == CUT_OFF
