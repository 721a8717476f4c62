"""Recovery: bring a stack in any state back to where a plan works, without touching what may hold data."""
