"""Paths of this checkout."""

from __future__ import annotations

from pathlib import Path

CHECKOUT = Path(__file__).parent.parent
