"""Sandbox: the built stack on one machine, on an emulator of AWS."""
