"""The verdict on a review under a policy: blocking and accepted risks, warnings, and the exit status."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.review.acceptance import Acceptance, PolicyError
from pipeline.review.model import Change, Review, Risk

SAFE, ERROR, RISKY = 0, 2, 3
RISKS = {
    "STATEFUL_REPLACEMENT": "data is left behind in the old resource",
    "STATEFUL_DELETION": "data is deleted",
    "IAM_WIDENING": "somebody may do what they could not",
    "SG_OPENING": "traffic is let in or out that was not",
    "ENCRYPTION_LOSS": "data or traffic loses encryption, or its key",
    "PUBLIC_EXPOSURE": "something is open to the internet, or to anyone",
    "DESTINATION_CHANGE": "money, keys or data are sent somewhere else",
    "DISCLOSURE": "what should stay private is written down",
    "NAME_COLLISION": "a name is still taken when it is needed",
    "UPDATE_FAILS": "AWS will refuse the update",
    "DELETE_FAILS": "AWS will refuse to delete the old resource",
    "PROTECTION_LOSS": "a guard against mistakes or misuse is gone",
    "BACKUP_LOSS": "there are fewer backups, or they reach less far back",
    "DATA_EXPIRY": "data expires, or earlier than it did",
    "MONITORING_LOSS": "less is seen of what happens",
    "AVAILABILITY_LOSS": "a failure has a larger effect",
    "APPROVAL_REMOVED": "people are no longer asked",
    "CREDENTIAL_CHANGE": "callers need new credentials",
    "INTERRUPTION": "the service may pause while it is updated",
    "ORPHAN": "a resource stays behind that no stack manages",
    "UNJUDGED": "too little is known to judge it",
}
CLASSES = tuple(RISKS)
MODES = ("block", "warn", "ignore")
WARNED_OF = ("INTERRUPTION", "ORPHAN")


@dataclass
class Policy:
    """The risks that block, only warn, or are ignored, by class; and those that somebody accepted."""

    modes: dict[str, str] = field(default_factory=lambda: dict.fromkeys(WARNED_OF, "warn"))
    accepted: list[Acceptance] = field(default_factory=list)

    def mode(self, risk: Risk) -> str:
        """What a risk does."""
        return self.modes.get(risk.kind, "block")

    def acceptances(self, change: Change, risk: Risk) -> list[Acceptance]:
        """Return what accepts this risk of this resource; nothing where nobody did."""
        return [acceptance for acceptance in self.accepted if acceptance.accepts(change, risk)]


@dataclass(frozen=True)
class Verdict:
    """What a review comes to."""

    blocking: list[tuple[Change, Risk]]
    accepted: list[tuple[Change, Risk]]
    warnings: list[tuple[Change, Risk]]
    faults: list[str]
    unused: list[str]

    @property
    def code(self) -> int:
        """0 where nothing stands in the way, 2 where it cannot be judged, 3 where risks are not accepted."""
        return ERROR if self.faults else RISKY if self.blocking else SAFE

    def risks(self) -> list[tuple[Change, Risk, str]]:
        """Every risk that is not ignored, the blocking ones first, each with what becomes of it."""
        named = ((self.blocking, "blocks"), (self.warnings, "warns"), (self.accepted, "accepted"))
        return [(change, risk, mode) for found, mode in named for change, risk in found]


def decide(review: Review, policy: Policy) -> Verdict:
    """Return what a judged review comes to under a policy, the worst risks first."""
    accepted: list[tuple[Change, Risk]] = []
    others: list[tuple[Change, Risk]] = []
    used = set()
    for change, risk in sorted(review.risks(), key=lambda found: severity(*found)):
        acceptances = policy.acceptances(change, risk)
        (accepted if acceptances else others).append((change, risk))
        used |= {acceptance.text for acceptance in acceptances}
    return Verdict(
        blocking=[each for each in others if policy.mode(each[1]) == "block"],
        accepted=accepted,
        warnings=[each for each in others if policy.mode(each[1]) == "warn"],
        faults=review.faults,
        unused=sorted({acceptance.text for acceptance in policy.accepted} - used),
    )


def severity(change: Change, risk: Risk) -> tuple[int, bool, str, str]:
    """Return the rank of a risk, the worst first: by class, certainty and resource."""
    rank = CLASSES.index(risk.kind) if risk.kind in CLASSES else len(CLASSES)
    return rank, change.replacement == "Conditional", change.id, risk.reason


def policy(file: Path | None = None, accept: Iterable[str] = ()) -> Policy:
    """Return the policy in a file (review.toml, or [review] in setup.cfg) with what the command accepts."""
    made = Policy()
    if file is not None:
        settings = read(file)
        for mode in MODES:
            for kind in words(settings.get(mode, [])):
                known(kind, f"{file}: {mode}")
                made.modes[kind] = mode
        accept = [*words(settings.get("accept", [])), *accept]
        unknown = sorted(set(settings) - {*MODES, "accept"})
        if unknown:
            raise PolicyError(f"{file}: found {', '.join(unknown)}, expected {', '.join((*MODES, 'accept'))}")
    made.accepted = [Acceptance.parsed(text, RISKS) for text in dict.fromkeys(accept)]
    return made


def read(file: Path) -> Mapping[str, Any]:
    """The settings in a policy file."""
    # Without a policy file nothing reads one.
    import configparser  # noqa: PLC0415
    import tomllib  # noqa: PLC0415

    try:
        source = file.read_text(encoding="utf-8")
        if file.suffix == ".toml":
            found: Any = tomllib.loads(source)
            settings = found.get("review", found)
            if not isinstance(settings, dict):
                raise PolicyError(f"{file}: review: found no table, expected {', '.join((*MODES, 'accept'))}")
            return settings
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_string(source)
        return dict(parser["review"]) if parser.has_section("review") else {}
    except OSError as fault:
        raise PolicyError(f"{file}: cannot be read: {fault.strerror}; expected a policy file") from fault
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, configparser.Error) as fault:
        raise PolicyError(f"{file}: cannot be read: {' '.join(str(fault).split())}") from fault


def words(setting: object) -> list[str]:
    """A setting that is a list, or words apart by spaces and lines."""
    return [str(each) for each in setting] if isinstance(setting, list) else str(setting).split()


def known(kind: str, place: str) -> None:
    """Refuse a class of risk that does not exist."""
    if kind not in RISKS:
        raise PolicyError(f"{place}: found {kind}, expected one of {', '.join(RISKS)}")
