"""Delivery: the templates of the pipeline itself, for the tooling account and for those it deploys into."""
