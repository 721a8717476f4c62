"""Prediction of a change set from two versions of a stack, without AWS."""
