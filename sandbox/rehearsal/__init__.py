"""Rehearsal: the generated pipeline, run stage by stage on this machine, against an emulator of AWS."""
