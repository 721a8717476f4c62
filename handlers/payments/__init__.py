"""Payments: the domain that the handlers share; it knows nothing of Lambda."""
