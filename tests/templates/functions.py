"""The stack's functions, and what they import of the libraries layer."""

from __future__ import annotations

# By title: the name of the function without its suffix, and its module in handlers/.
FUNCTIONS = {
    "Validator": ("payment-validator", "payment_validator"),
    "Processor": ("payment-processor", "payment_processor"),
    "AuditLogger": ("audit-logger", "audit_logger"),
    "Retrier": ("payment-retrier", "payment_retrier"),
    "Sweeper": ("payment-sweeper", "payment_sweeper"),
    "Migrator": ("ledger-migrator", "ledger_migrator"),
}
LIBRARIES = frozenset({"aws_lambda_powertools", "msgspec", "pg8000"})
