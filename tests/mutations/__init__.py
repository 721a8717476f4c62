"""Mutations: every way in which a template may be spoilt by one edit, and the test that notices it."""
