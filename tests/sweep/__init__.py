"""Sweep: the change review over a folder of templates, where nothing may change and no risk may be lost."""
