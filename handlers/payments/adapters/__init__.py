"""Adapters: DynamoDB, SQS, S3, Secrets Manager, Stripe and PostgreSQL, as the domain uses them."""
