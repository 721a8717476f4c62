"""Users of the ledger's database, which the migrations create for the functions."""

# Posts to the ledger: payment-processor and payment-retrier.
WRITER = "payments_writer"
# Reads the schema's version: audit-logger, for GET /status.
PROBE = "payments_probe"
