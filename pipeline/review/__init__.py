"""Review: predicts or reads a change set, judges it, and shows it to the person who approves it."""
