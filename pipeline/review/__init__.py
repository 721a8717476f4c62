"""Review of a change set: predicted or read, judged by rules, and rendered for whoever approves it."""
