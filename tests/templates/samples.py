"""Samples: made-up code for templates to refer to, where a test has no archives."""

from __future__ import annotations

from templates.artifacts import Archive, Code

MODULES = [
    "audit_logger",
    "ledger_migrator",
    "payment_processor",
    "payment_retrier",
    "payment_sweeper",
    "payment_validator",
]


def archive(name: str, digest: str = "0" * 64) -> Archive:
    """An archive called `name` whose bytes have `digest`."""
    return Archive(key=f"functions/{name}-{digest}.zip", digest=digest)


CODE = Code(
    functions={name: archive(name) for name in MODULES},
    libraries=archive("libraries"),
    schema_version="0001-00000000",
)
