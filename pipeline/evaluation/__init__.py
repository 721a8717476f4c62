"""Evaluation of templates before deployment: parameters, conditions, intrinsic functions, nested stacks."""
