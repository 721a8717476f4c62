"""The risks of a verdict as entries: one for risks of a class that a parameter causes, or that read alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.review import acceptance, attribution
from pipeline.review.attribution import Source
from pipeline.review.model import Change, Risk
from pipeline.review.renderers import wording
from pipeline.review.verdict import RISKS, Verdict

EDIT = "an edit"
Carried = tuple[Change, Risk]


@dataclass(frozen=True)
class FactView:
    """A reason with its values, and the ids of the resources that it is about."""

    reason: str
    before: str
    after: str
    resources: list[str]


@dataclass(frozen=True)
class RiskView:
    """Risks that belong together.

    `mode` is "blocks", "warns" or "accepted"; `meaning` describes the class of risk; `subject` is the id of a
    resource or, of several, their number and kind; `accept` are options for a shell, none where accepted.
    """

    kind: str
    mode: str
    meaning: str
    subject: str
    type: str
    because: str
    facts: list[FactView]
    remedies: list[str]
    accept: list[str]

    @property
    def resources(self) -> list[str]:
        """The ids of the resources, each once."""
        return list(dict.fromkeys(resource for fact in self.facts for resource in fact.resources))


def risks(verdict: Verdict) -> list[RiskView]:
    """Return the entries of a verdict, the blocking ones first, of these the worst."""
    grouped: dict[tuple[str, ...], list[Carried]] = {}
    chains: dict[tuple[str, ...], list[str]] = {}
    for change, risk, mode in verdict.risks():
        found = attribution.sources(change, risk)
        group = key(change, risk, mode, found)
        grouped.setdefault(group, []).append((change, risk))
        chains.setdefault(group, []).append(because(found))
    unaccepted: dict[str, list[Carried]] = {}
    for change, risk in (*verdict.blocking, *verdict.warnings):
        unaccepted.setdefault(risk.kind, []).append((change, risk))
    return [
        entry(carriers, group[1], common(chains[group]), unaccepted.get(group[0], ()))
        for group, carriers in grouped.items()
    ]


def key(change: Change, risk: Risk, mode: str, found: Sequence[Source]) -> tuple[str, ...]:
    """Return what the risks of one entry share: a parameter, or all that they say but the resource's name."""
    parameter = attribution.parameter(found)
    if parameter:
        return risk.kind, mode, parameter
    reason = risk.reason.replace(change.id, "")
    return risk.kind, mode, "", reason, risk.before, risk.after, because(found)


def entry(carriers: Sequence[Carried], mode: str, cause: str, others: Sequence[Carried]) -> RiskView:
    """Return one entry; `others` are the risks of its class that nobody has accepted."""
    first, risk = carriers[0]
    changes = list({change.id: change for change, _ in carriers}.values())
    return RiskView(
        kind=risk.kind,
        mode=mode,
        meaning=RISKS.get(risk.kind, ""),
        subject=first.id if len(changes) == 1 else wording.numbered([change.type for change in changes]),
        type=first.type if len(changes) == 1 else "",
        because=cause,
        facts=facts(carriers),
        remedies=list(dict.fromkeys(wording.later(risk.remedy) for _, risk in carriers if risk.remedy)),
        accept=[] if mode == "accepted" else acceptance.lines(carriers, others),
    )


def facts(carriers: Sequence[Carried]) -> list[FactView]:
    """Return what the risks of an entry say, each reason and its values once."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for change, risk in carriers:
        said = tuple(wording.later(text) for text in (risk.reason, risk.before, risk.after))
        resources = found.setdefault((said[0], said[1], said[2]), [])
        if change.id not in resources:
            resources.append(change.id)
    return [FactView(*said, resources) for said, resources in found.items()]


def because(found: Sequence[Source]) -> str:
    """Return the sources of a risk, link by link; nothing for an edit, or where they are not known."""
    chains = list(dict.fromkeys(wording.chain(source.cause, source.chain) or EDIT for source in found))
    return "" if chains == [EDIT] else "; ".join(chains)


def common(chains: Sequence[str]) -> str:
    """Return the whole chain, or only its end, as far as several share it."""
    ends = Counter(chain.rpartition(" ← ")[2] for chain in chains)
    if len(set(chains)) == 1:
        return chains[0]
    return next(iter(ends)) if len(ends) == 1 else ""


def number(carried: Sequence[Carried]) -> int:
    """Return how many entries some risks of one mode make."""
    return len({key(*each, "", attribution.sources(*each)) for each in carried})
