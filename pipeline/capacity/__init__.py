"""Capacity: how many payments a second the built stack serves, what gives way first, and what it costs."""
