"""The verbs of credit."""

from credit.services.limits import AskedLimit, LimitRefused, grant_limit

__all__ = ["AskedLimit", "LimitRefused", "grant_limit"]
