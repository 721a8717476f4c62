"""Roles: the users that the ledger's migrations create and the functions sign in as."""

# Posts to the ledger: payment-processor and payment-retrier.
WRITER = "payments_writer"
# Only asks whether the ledger answers: audit-logger, for GET /status.
PROBE = "payments_probe"
