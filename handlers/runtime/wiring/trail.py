"""Construction of the audit trail."""

from __future__ import annotations

from functools import cache

from handlers.payments.adapters.s3_audit import S3Trail
from handlers.payments.audit import Trail
from handlers.runtime import clients
from handlers.runtime.settings import setting


@cache
def trail() -> Trail:
    """Return the audit trail."""
    return S3Trail(clients.s3(), setting("AUDIT_BUCKET"), setting("AUDIT_KEY_ARN"))
