"""Lambda functions: one module for each entry point, the payments domain, and the runtime that they share."""
