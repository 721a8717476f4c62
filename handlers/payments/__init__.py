"""The payments domain; it knows no Lambda, AWS, Stripe or PostgreSQL. Adapters implement its protocols."""
