"""How much of their limits customers use, as SQL inside a larger question: the whole exposure counts (R42)."""

from credit.queries.exposure import parts_sql

_EXPOSED = "part.invoiced + part.delivered + part.ordered - part.deposits - part.guarantees"
_WITHOUT_RATE = "part.currency <> granted.currency AND (its.value IS NULL OR wanted.value IS NULL)"
_USED = """
used AS (
    WITH {parts}
    SELECT granted.customer_id, CASE WHEN count(part.customer_id) FILTER (WHERE {unknown}) = 0 THEN
        round(coalesce(sum(({total}) * CASE WHEN part.currency = granted.currency THEN 1
            ELSE its.value / wanted.value END), 0), 2) / nullif(granted.amount, 0) END AS used
    FROM granted
    LEFT JOIN part ON part.customer_id = granted.customer_id AND ({total}) <> 0
    LEFT JOIN rate its ON its.currency = part.currency
    LEFT JOIN rate wanted ON wanted.currency = granted.currency
    WHERE {condition}
    GROUP BY granted.customer_id, granted.amount
)"""


def limit_use(condition: str) -> str:
    """Return the table `used` (customer_id, used) for the customers of `granted` that `condition` keeps.

    `{id}` in it is the column of a customer's id. `granted`, `rate` and the parameter `as_of` are the outer
    question's. `used` is the exposure / the limit, null without a rate; the parts are named apart from those outside.
    """
    return _USED.format(
        parts=parts_sql(condition).replace("%(day)s", "%(as_of)s"),
        condition=condition.format(id="granted.customer_id"),
        unknown=_WITHOUT_RATE,
        total=_EXPOSED,
    )
