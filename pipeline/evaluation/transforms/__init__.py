"""Transforms of templates: includes are read, SAM is applied, and what stays to AWS is found."""
