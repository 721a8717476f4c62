"""Pipeline: how a commit becomes a stack."""
