"""Faces: one review shown on a terminal, as a page, in a pull request, and to machines."""
