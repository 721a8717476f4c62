"""Adapters: DynamoDB, SQS, S3, Secrets Manager, Stripe and PostgreSQL behind the domain's protocols."""
