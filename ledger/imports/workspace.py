"""The set-based half of an import: lines come in, are matched with each other, and become the ledger.

Every statement works on the tables `ledger_work…` of the open transaction, which hold one import of
the tenant at a time (an advisory lock sees to it) and are empty again at its end. A line's
`open_before` is what is open of it, without sign, before anything of this import settles it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, TypeAlias
from uuid import UUID

from django.db import connection

from kernel.tenancy import current_tenant_id
from ledger.imports.rows import LINE_COLUMNS, Settlement

Facts: TypeAlias = Mapping[str, Any]

MANY_LINES: Final = 200  # from here on looking work rows up one by one is the wrong plan
MOST_SECONDS: Final = 900  # for one statement over the largest file
MATCHES_AT_ONCE: Final = 20_000
NATIVE_UUID7: Final = 180_000  # PostgreSQL 18 makes time-ordered identifiers itself

_KEYS: Final = ", ".join(f'"{key}" {kind}' for _name, key, kind in LINE_COLUMNS)


@dataclass(frozen=True, slots=True)
class Workspace:
    """The import at hand: its batch, and the day its file describes."""

    batch_id: UUID
    file_date: date

    @property
    def _named(self) -> dict[str, Any]:
        return {
            "tenant": str(current_tenant_id()),
            "batch": str(self.batch_id),
            "file_date": self.file_date,
        }

    def run(self, statement: str, **more: object) -> int:
        """Run a statement and return how many rows it wrote."""
        with connection.cursor() as cursor:
            cursor.execute(statement.replace("uuidv7()", _uuid7()), self._named | more)
            return int(cursor.rowcount)

    def rows(self, statement: str, **more: object) -> list[tuple[Any, ...]]:
        """Return the rows that a statement finds."""
        with connection.cursor() as cursor:
            cursor.execute(statement.replace("uuidv7()", _uuid7()), self._named | more)
            return list(cursor.fetchall())

    def number(self, statement: str, **more: object) -> int:
        """Return the one count that a statement finds."""
        return int(self.rows(statement, **more)[0][0])

    def allow_time(self) -> None:
        """Give the statements of this transaction the time that a whole file may take."""
        self.run(
            "SELECT set_config('statement_timeout', %(limit)s, true)", limit=f"{MOST_SECONDS}s"
        )

    def plan_for(self, lines: int) -> None:
        """Tell the planner, for this transaction, that the work tables are not small.

        They have no statistics, so it takes them for a handful of rows and joins them row by row.
        """
        if lines >= MANY_LINES:
            self.run("SELECT set_config('enable_nestloop', 'off', true)")
            self.run("SELECT set_config('work_mem', '128MB', true)")

    def clear(self) -> None:
        """Leave the work tables as empty as they were."""
        for table in ("ledger_workline", "ledger_workmatch", "ledger_workparty"):
            self.run(f"DELETE FROM {table}")  # noqa: S608  one of three constants

    def add_parties(self, parties: Iterable[Facts]) -> None:
        """Take in the customers that lines point to: party, entity_id, customer_id, terms_id."""
        self.run(_ADD_PARTIES, parties=json.dumps(list(parties), default=str))

    def add_lines(self, block: str) -> int:
        """Take in a block of lines, a JSON array as the parser wrote it; return how many.

        A line finds its document by entity, customer, kind and number. One whose party is not known
        stays out. An absent due date counts from the issue: 30 days for an invoice, none otherwise.
        """
        return self.run(_ADD_LINES, lines=block)

    def add_matches(self, matches: Iterable[tuple[UUID, UUID, Decimal, date]]) -> None:
        """Take in settlements between two lines: debit line, credit line, amount, day."""
        waiting = [
            {"d": str(debit), "c": str(credit), "a": str(amount), "e": day.isoformat()}
            for debit, credit, amount, day in matches
        ]
        for start in range(0, len(waiting), MATCHES_AT_ONCE):
            part = waiting[start : start + MATCHES_AT_ONCE]
            self.run(_ADD_MATCHES, matches=json.dumps(part))

    def add_settlements(self, settlements: Iterable[Settlement], entity_id: UUID) -> int:
        """Take in what the books have lettered and the ledger does not hold yet; return how many.

        Where two lines settle less with each other than the books say, the difference is added,
        unless one of them has not that much left.
        """
        found = [
            dict(zip(("u", "dk", "dn", "ck", "cn", "a"), each[:6], strict=True))
            for each in settlements
        ]
        return self.run(_ADD_SETTLEMENTS, settlements=json.dumps(found), entity=str(entity_id))


def _uuid7() -> str:
    with connection.cursor():
        version: int = connection.pg_version  # type: ignore[attr-defined]  # the PostgreSQL backend
    return "uuidv7()" if version >= NATIVE_UUID7 else "gen_random_uuid()"


_ADD_PARTIES: Final = """
    INSERT INTO ledger_workparty (tenant_id, batch_id, party, entity_id, customer_id, terms_id, currency)
    SELECT %(tenant)s, %(batch)s, x.party, x.entity_id, x.customer_id, x.terms_id, x.currency
    FROM json_to_recordset(%(parties)s)
        AS x (party integer, entity_id uuid, customer_id uuid, terms_id uuid, currency text)
"""

_ADD_LINES: Final = f"""
    INSERT INTO ledger_workline (
        tenant_id, batch_id, row, party, line_id, document_id, is_new, is_guest, entity_id, customer_id,
        kind, number, line_number, issue_date, due_date, due_from, is_estimated, currency, amount,
        amount_excl_tax, open_before, settled_amount, settled_date, has_paid_columns, linked_number,
        disputed_amount, dispute_reason, order_number, label, perimeter, is_opening, is_brought_forward,
        original_amount, original_currency, terms_id)
    SELECT %(tenant)s, %(batch)s, x.r, x.p, uuidv7(), document.id, document.id IS NULL, false,
        party.entity_id, party.customer_id, x.k, x.n, 1, x.i,
        CASE WHEN x.d IS NOT NULL THEN x.d WHEN x.k <> 'invoice' THEN x.i
            WHEN party.terms_id IS NULL THEN coalesce(x.f, x.i) + 30 END,
        coalesce(x.f, x.i), x.d IS NULL AND x.k = 'invoice', coalesce(x.c, party.currency), x.a,
        x.x, abs(x.a), x.s, x.t, coalesce(x.w, false), x.l,
        x.g, x.h, x.o, x.b, coalesce(x.q, 'operational'), coalesce(x.z, false), coalesce(x.u, false),
        x.v, x.y, party.terms_id
    FROM json_to_recordset(%(lines)s) AS x ({_KEYS})
    JOIN ledger_workparty party ON party.party = x.p
    LEFT JOIN ledger_document document
        ON document.entity_id = party.entity_id AND document.customer_id = party.customer_id
        AND document.kind = x.k AND document.number = x.n
"""  # noqa: S608  built from this package's own constants

_ADD_MATCHES: Final = """
    INSERT INTO ledger_workmatch (tenant_id, batch_id, debit_line, credit_line, amount, effective_date)
    SELECT %(tenant)s, %(batch)s, x.d, x.c, x.a, x.e
    FROM json_to_recordset(%(matches)s) AS x (d uuid, c uuid, a numeric(19,4), e date)
"""

_ADD_SETTLEMENTS: Final = """
    WITH said AS (
        SELECT debit.line_id AS debit_line, credit.line_id AS credit_line, sum(x.a) AS amount,
            max(greatest(debit.issue_date, credit.issue_date)) AS effective_date
        FROM json_to_recordset(%(settlements)s)
            AS x (u text, dk text, dn text, ck text, cn text, a numeric(19,4))
        JOIN ledger_customer customer ON customer.code = x.u
        JOIN ledger_workline debit ON debit.customer_id = customer.id AND debit.kind = x.dk
            AND debit.number = x.dn AND debit.entity_id = %(entity)s
        JOIN ledger_workline credit ON credit.customer_id = customer.id AND credit.kind = x.ck
            AND credit.number = x.cn AND credit.entity_id = %(entity)s
        GROUP BY debit.line_id, credit.line_id
    ), missing AS (
        SELECT said.*, said.amount - coalesce((
            SELECT sum(known.amount) FROM ledger_allocation known
            WHERE known.debit_line_id = said.debit_line AND known.credit_line_id = said.credit_line
        ), 0) AS rest
        FROM said
    ), checked AS (
        SELECT missing.*, sum(rest) OVER (PARTITION BY debit_line) AS of_debit,
            sum(rest) OVER (PARTITION BY credit_line) AS of_credit
        FROM missing WHERE rest > 0
    )
    INSERT INTO ledger_workmatch (tenant_id, batch_id, debit_line, credit_line, amount, effective_date)
    SELECT %(tenant)s, %(batch)s, checked.debit_line, checked.credit_line, checked.rest, checked.effective_date
    FROM checked
    JOIN ledger_workline debit ON debit.line_id = checked.debit_line
    JOIN ledger_workline credit ON credit.line_id = checked.credit_line
    WHERE checked.of_debit <= debit.open_before AND checked.of_credit <= credit.open_before
"""
