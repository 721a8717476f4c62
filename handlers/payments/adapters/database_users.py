"""Users of the ledger's database; the migrations create those of the functions."""

# Owns the database: RDS creates it, and ledger-migrator signs in as it.
OWNER = "postgres"
# Posts to the ledger: payment-processor and payment-retrier.
WRITER = "payments_writer"
# Reads the schema's version: audit-logger, for GET /status.
PROBE = "payments_probe"
