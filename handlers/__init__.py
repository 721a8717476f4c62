"""Handlers: one module for each Lambda function, and the domain they share."""
