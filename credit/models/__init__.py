"""Tables of how far we trust: limits, and the requests that lead to them."""

from credit.models.limits import CreditLimit

__all__ = ["CreditLimit"]
