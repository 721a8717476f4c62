"""Change: a release taken to a stack by a change set that was read, and is checked again."""
