"""Preflight: what an account and region need before a stack is created or changed there; reads only."""
