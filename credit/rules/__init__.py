"""Decisions and formulas of credit: values in, values out."""

from credit.rules.exposure import Headroom, headroom

__all__ = ["Headroom", "headroom"]
