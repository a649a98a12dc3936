"""Questions about trust; answers are dataclasses or QuerySets, nothing is ever written."""

from credit.queries.exposure import exposure, headroom
from credit.queries.limits import Limit, limit_on, limits_on

__all__ = ["Limit", "exposure", "headroom", "limit_on", "limits_on"]
