"""The statements that turn the work tables into the ledger, in the order in which `apply` runs them.

`%(batch)s` is the import, `%(tenant)s` the tenant, `%(file_date)s` the day the file describes.
"""

from typing import Final

# Instalments of one document count in the order of their due dates; an existing line is found by
# its number, and what is open of it is what the ledger says.
NUMBER_INSTALMENTS: Final = """
    UPDATE ledger_workline work SET line_number = numbered.position
    FROM (
        SELECT line_id, row_number() OVER (
            PARTITION BY entity_id, customer_id, kind, number ORDER BY due_date, row
        ) AS position
        FROM ledger_workline
    ) numbered
    WHERE numbered.line_id = work.line_id AND numbered.position > 1
"""

FIND_EXISTING_LINES: Final = """
    UPDATE ledger_workline work
    SET line_id = line.id, open_before = abs(line.open_amount), is_new = false
    FROM ledger_dueline line
    WHERE work.document_id IS NOT NULL AND line.document_id = work.document_id
        AND line.number = work.line_number
"""

# An instalment that an existing document did not have before.
ADDED_INSTALMENTS: Final = """
    UPDATE ledger_workline work SET is_new = true
    WHERE work.document_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM ledger_dueline line WHERE line.id = work.line_id
    )
"""

TERMS_TO_COUNT: Final = """
    SELECT DISTINCT terms_id, due_from FROM ledger_workline WHERE due_date IS NULL
"""

SET_COUNTED_DUE_DATES: Final = """
    UPDATE ledger_workline work SET due_date = x.due
    FROM json_to_recordset(%(counted)s) AS x (terms uuid, start date, due date)
    WHERE work.due_date IS NULL AND work.terms_id = x.terms AND work.due_from = x.start
"""

# What a file says of a document that the ledger knows otherwise: amount, date, currency, due date.
CHANGED_DOCUMENTS: Final = """
    WITH said AS (
        SELECT document_id, min(row) AS row, sum(amount) AS amount, min(issue_date) AS issue_date,
            min(currency) AS currency, sum(amount_excl_tax) AS amount_excl_tax,
            max(order_number) AS order_number, max(perimeter) AS perimeter, max(label) AS label
        FROM ledger_workline WHERE document_id IS NOT NULL AND NOT is_guest
        GROUP BY document_id
    ), settled AS (
        SELECT line.document_id, sum(abs(line.amount) - abs(line.open_amount)) AS amount,
            bool_or(work.line_id IS NOT NULL AND abs(work.amount) < abs(line.amount) - abs(line.open_amount)
                OR work.line_id IS NULL AND line.amount <> line.open_amount) AS is_cut
        FROM ledger_dueline line
        JOIN said ON said.document_id = line.document_id
        LEFT JOIN ledger_workline work ON work.line_id = line.id
        GROUP BY line.document_id
    ), lines AS (
        SELECT work.document_id, bool_or(line.id IS NULL OR line.amount <> work.amount
            OR (line.due_date <> work.due_date AND line.redated_reason = '' AND NOT work.is_estimated)) AS differ
        FROM ledger_workline work LEFT JOIN ledger_dueline line ON line.id = work.line_id
        WHERE work.document_id IS NOT NULL AND NOT work.is_guest
        GROUP BY work.document_id
    )
    SELECT document.id, said.row, document.number, document.amount, said.amount, document.currency,
        said.currency, document.issue_date, said.issue_date, settled.amount,
        settled.is_cut OR (document.currency <> said.currency AND settled.amount <> 0)
    FROM said
    JOIN ledger_document document ON document.id = said.document_id
    JOIN settled ON settled.document_id = said.document_id
    JOIN lines ON lines.document_id = said.document_id
    WHERE lines.differ OR (document.amount, document.issue_date, document.currency, document.perimeter)
            IS DISTINCT FROM (said.amount, said.issue_date, said.currency, said.perimeter)
        OR (said.order_number IS NOT NULL AND said.order_number <> document.order_number)
        OR (said.amount_excl_tax IS NOT NULL AND said.amount_excl_tax IS DISTINCT FROM document.amount_excl_tax)
"""

KEEP_BEFORE: Final = """
    INSERT INTO ledger_stagedrow (id, tenant_id, batch_id, row, raw, facts, problems, is_accepted)
    SELECT uuidv7(), %(tenant)s, %(batch)s, (%(rows)s::integer[])[place.position], '{}',
        jsonb_build_object('document', document.id, 'before', jsonb_build_object(
            'issue_date', document.issue_date, 'currency', document.currency,
            'amount', document.amount::text, 'amount_excl_tax', document.amount_excl_tax::text,
            'order_number', document.order_number, 'perimeter', document.perimeter,
            'lines', (SELECT jsonb_agg(jsonb_build_object('id', line.id, 'amount', line.amount::text,
                'due_date', line.due_date, 'contractual_due_date', line.contractual_due_date,
                'is_estimated', line.is_estimated)) FROM ledger_dueline line WHERE line.document_id = document.id)
        )), '[]', true
    FROM unnest(%(documents)s::uuid[]) WITH ORDINALITY AS place (id, position)
    JOIN ledger_document document ON document.id = place.id
    ON CONFLICT (tenant_id, batch_id, row) DO UPDATE SET facts = excluded.facts
"""

UPDATE_DOCUMENTS: Final = """
    UPDATE ledger_document document
    SET amount = said.amount, issue_date = said.issue_date, currency = said.currency, perimeter = said.perimeter,
        amount_excl_tax = coalesce(said.amount_excl_tax, document.amount_excl_tax),
        order_number = coalesce(said.order_number, document.order_number)
    FROM (
        SELECT document_id, sum(amount) AS amount, min(issue_date) AS issue_date, min(currency) AS currency,
            sum(amount_excl_tax) AS amount_excl_tax, max(order_number) AS order_number,
            max(perimeter) AS perimeter
        FROM ledger_workline WHERE document_id = ANY(%(documents)s::uuid[]) AND NOT is_guest
        GROUP BY document_id
    ) said
    WHERE document.id = said.document_id
"""

# What is settled stays settled; a date agreed by hand stays too.
UPDATE_LINES: Final = """
    UPDATE ledger_dueline line
    SET amount = work.amount,
        open_amount = work.amount - (line.amount - line.open_amount),
        is_open = work.amount <> line.amount - line.open_amount,
        cleared_date = CASE WHEN work.amount = line.amount - line.open_amount THEN line.cleared_date END,
        issue_date = work.issue_date, currency = work.currency, perimeter = work.perimeter,
        due_date = CASE WHEN line.redated_reason = '' AND NOT (work.is_estimated AND NOT line.is_estimated)
            THEN work.due_date ELSE line.due_date END,
        contractual_due_date = CASE WHEN NOT (work.is_estimated AND NOT line.is_estimated)
            THEN work.due_date ELSE line.contractual_due_date END,
        is_estimated = line.is_estimated AND work.is_estimated
    FROM ledger_workline work
    WHERE work.line_id = line.id AND work.document_id = ANY(%(documents)s::uuid[]) AND NOT work.is_guest
"""

# Instalments that the file no longer has keep their row, at zero: reminders may point to them.
EMPTY_DROPPED_INSTALMENTS: Final = """
    UPDATE ledger_dueline line SET amount = 0, open_amount = 0, is_open = false, cleared_date = line.issue_date
    WHERE line.document_id = ANY(%(documents)s::uuid[]) AND line.amount <> 0
        AND NOT EXISTS (SELECT FROM ledger_workline work WHERE work.line_id = line.id)
"""

# A document of which more is settled than the file leaves of it stays as it was.
LEAVE_ALONE: Final = """
    DELETE FROM ledger_workline WHERE document_id = ANY(%(documents)s::uuid[])
"""

REFRESH_LINES: Final = """
    UPDATE ledger_workline work SET open_before = abs(line.open_amount)
    FROM ledger_dueline line WHERE line.id = work.line_id AND work.line_id = ANY(%(lines)s::uuid[])
"""

REFRESH_OPEN: Final = """
    UPDATE ledger_workline work SET open_before = abs(line.open_amount)
    FROM ledger_dueline line
    WHERE line.id = work.line_id AND work.document_id = ANY(%(documents)s::uuid[])
"""

# A line that the file says is settled to a part: what is still to be matched. `rest` is without sign.
_MATCHED: Final = """
    (SELECT line_id, sum(amount) AS amount FROM (
        SELECT debit_line AS line_id, amount FROM ledger_workmatch
        UNION ALL SELECT credit_line, amount FROM ledger_workmatch) entry GROUP BY line_id)
"""
_REST_BY_FILE: Final = """
    least(work.settled_amount, abs(work.amount)) - (abs(work.amount) - work.open_before) - coalesce(matched.amount, 0)
"""

# Debits and credits of which the file says how much is settled, but not when: they settle each other first.
DECLARED: Final = f"""
    SELECT work.entity_id, work.customer_id, NULL, work.currency, work.line_id, work.amount > 0,
        {_REST_BY_FILE} AS rest, work.issue_date
    FROM ledger_workline work LEFT JOIN {_MATCHED} matched ON matched.line_id = work.line_id
    WHERE work.settled_amount IS NOT NULL AND NOT work.has_paid_columns AND NOT work.is_guest
        AND (work.entity_id, work.customer_id, work.currency) IN (
            SELECT entity_id, customer_id, currency FROM ledger_workline
            WHERE settled_amount > 0 AND NOT has_paid_columns AND amount < 0)
        AND {_REST_BY_FILE} > 0
    ORDER BY 1, 2, 4, work.due_date, work.issue_date, work.row
"""  # noqa: S608

# Lines of documents that a credit of this file names, and credits that wait for an invoice of this file.
ADD_GUESTS: Final = """
    INSERT INTO ledger_workline (tenant_id, batch_id, row, line_id, document_id, is_new, is_guest, entity_id,
        customer_id, kind, number, line_number, issue_date, due_date, is_estimated, currency, amount, open_before,
        has_paid_columns, linked_number, perimeter, is_opening, is_brought_forward)
    SELECT %(tenant)s, %(batch)s, 0, line.id, document.id, false, true, document.entity_id, document.customer_id,
        document.kind, document.number, line.number, document.issue_date, line.due_date, false, document.currency,
        line.amount, abs(line.open_amount), false, document.linked_number, document.perimeter, false, false
    FROM ledger_document document JOIN ledger_dueline line ON line.document_id = document.id AND line.is_open
    WHERE NOT EXISTS (SELECT FROM ledger_workline work WHERE work.line_id = line.id) AND (
        (document.kind = 'invoice' AND (document.entity_id, document.customer_id, document.number) IN (
            SELECT entity_id, customer_id, linked_number FROM ledger_workline WHERE linked_number IS NOT NULL))
        OR (document.linked_number <> '' AND document.linked_document_id IS NULL
            AND (document.entity_id, document.customer_id, document.linked_number) IN (
                SELECT entity_id, customer_id, number FROM ledger_workline WHERE kind = 'invoice' AND is_new)))
"""

HAS_LINKS: Final = """
    SELECT count(*) FROM (
        SELECT FROM ledger_workline WHERE linked_number IS NOT NULL LIMIT 1) work
"""

WAITING_LINKS: Final = """
    SELECT count(*) FROM (
        SELECT FROM ledger_document WHERE linked_number <> '' AND linked_document_id IS NULL LIMIT 1) waiting
"""

# Credits that name their invoice, with the open lines of that invoice, oldest first.
LINKED: Final = f"""
    SELECT work.entity_id, work.customer_id,
        CASE WHEN work.amount > 0 THEN work.number ELSE work.linked_number END AS invoice,
        work.currency, work.line_id, work.amount > 0,
        CASE WHEN work.settled_amount IS NULL THEN work.open_before - coalesce(matched.amount, 0)
            ELSE {_REST_BY_FILE} END AS rest,
        work.issue_date
    FROM ledger_workline work LEFT JOIN {_MATCHED} matched ON matched.line_id = work.line_id
    WHERE (work.amount < 0 AND work.linked_number <> '')
        OR (work.kind = 'invoice' AND (work.entity_id, work.customer_id, work.number) IN (
            SELECT entity_id, customer_id, linked_number FROM ledger_workline
            WHERE amount < 0 AND linked_number <> ''))
    ORDER BY 1, 2, 3, 4, CASE WHEN work.amount > 0 THEN work.due_date ELSE work.issue_date END, work.line_number
"""  # noqa: S608

# What no credit of the file explains was settled by payments, or refunds, that the file only implies:
# one for each customer, currency and day.
ADD_IMPLIED: Final = f"""
    WITH needed AS (
        SELECT work.entity_id, work.customer_id, work.currency, work.perimeter,
            coalesce(work.settled_date, %(file_date)s) AS paid_on, work.amount > 0 AS is_debit,
            greatest({_REST_BY_FILE}, 0) AS rest,
            CASE WHEN work.amount > 0 AND work.document_id IS NULL
                THEN greatest(work.settled_amount - abs(work.amount), 0) ELSE 0 END AS excess
        FROM ledger_workline work LEFT JOIN {_MATCHED} matched ON matched.line_id = work.line_id
        WHERE work.settled_amount IS NOT NULL AND NOT work.is_guest
    )
    INSERT INTO ledger_workline (tenant_id, batch_id, row, line_id, is_new, is_guest, entity_id, customer_id, kind,
        number, line_number, issue_date, due_date, is_estimated, currency, amount, open_before, has_paid_columns,
        label, perimeter, is_opening, is_brought_forward, settled_date)
    SELECT %(tenant)s, %(batch)s, -1, uuidv7(), true, false, entity_id, customer_id, 'payment',
        to_char(paid_on, 'YYYYMMDD') || CASE WHEN is_debit THEN '-P-' ELSE '-R-' END || %(short)s
            || CASE WHEN row_number() OVER w > 1 THEN '-' || row_number() OVER w ELSE '' END,
        1, paid_on, paid_on, false, currency,
        CASE WHEN is_debit THEN -1 ELSE 1 END * sum(rest + excess), sum(rest + excess), false,
        %(label)s, perimeter, false, false, paid_on
    FROM needed WHERE rest > 0 OR excess > 0
    GROUP BY entity_id, customer_id, currency, perimeter, paid_on, is_debit
    WINDOW w AS (PARTITION BY entity_id, customer_id, paid_on, is_debit ORDER BY currency, perimeter)
"""  # noqa: S608

MATCH_IMPLIED: Final = f"""
    INSERT INTO ledger_workmatch (tenant_id, batch_id, debit_line, credit_line, amount, effective_date)
    SELECT %(tenant)s, %(batch)s,
        CASE WHEN needed.is_debit THEN needed.line_id ELSE implied.line_id END,
        CASE WHEN needed.is_debit THEN implied.line_id ELSE needed.line_id END,
        needed.rest, greatest(needed.issue_date, implied.issue_date)
    FROM (
        SELECT work.line_id, work.entity_id, work.customer_id, work.currency, work.perimeter, work.issue_date,
            coalesce(work.settled_date, %(file_date)s) AS paid_on, work.amount > 0 AS is_debit, {_REST_BY_FILE} AS rest
        FROM ledger_workline work LEFT JOIN {_MATCHED} matched ON matched.line_id = work.line_id
        WHERE work.settled_amount IS NOT NULL AND NOT work.is_guest
    ) needed
    JOIN ledger_workline implied ON implied.row = -1 AND implied.entity_id = needed.entity_id
        AND implied.customer_id = needed.customer_id AND implied.currency = needed.currency
        AND implied.perimeter = needed.perimeter AND implied.issue_date = needed.paid_on
        AND (implied.amount < 0) = needed.is_debit
    WHERE needed.rest > 0
"""  # noqa: S608

# Payments said in the row of their invoice and again in rows of their own.
PAID_TWICE: Final = """
    SELECT invoice.row, invoice.number, min(payment.row)
    FROM ledger_workline invoice
    JOIN ledger_workline payment ON payment.entity_id = invoice.entity_id
        AND payment.customer_id = invoice.customer_id AND payment.linked_number = invoice.number
        AND payment.kind = 'payment' AND NOT payment.is_guest
    WHERE invoice.kind = 'invoice' AND invoice.has_paid_columns AND NOT invoice.is_guest
    GROUP BY invoice.row, invoice.number
"""

FORGET_PAID_TWICE: Final = """
    UPDATE ledger_workline invoice SET settled_amount = NULL, settled_date = NULL, has_paid_columns = false
    FROM ledger_workline payment
    WHERE invoice.kind = 'invoice' AND invoice.has_paid_columns AND payment.entity_id = invoice.entity_id
        AND payment.customer_id = invoice.customer_id AND payment.linked_number = invoice.number
        AND payment.kind = 'payment'
"""

# As a full picture: what is open in the ledger and absent from the file was settled by its day.
ADD_ABSENT: Final = """
    INSERT INTO ledger_workline (tenant_id, batch_id, row, line_id, document_id, is_new, is_guest, entity_id,
        customer_id, kind, number, line_number, issue_date, due_date, is_estimated, currency, amount, open_before,
        settled_amount, has_paid_columns, perimeter, is_opening, is_brought_forward)
    SELECT %(tenant)s, %(batch)s, 0, line.id, line.document_id, false, false, line.entity_id, line.customer_id,
        line.kind, document.number, line.number, line.issue_date, line.due_date, false, line.currency, line.amount,
        abs(line.open_amount), abs(line.amount), false, line.perimeter, document.is_opening, false
    FROM ledger_dueline line JOIN ledger_document document ON document.id = line.document_id
    WHERE line.is_open AND line.entity_id = ANY(%(entities)s::uuid[]) AND line.issue_date <= %(file_date)s
        AND NOT EXISTS (SELECT FROM ledger_workline work WHERE work.document_id = line.document_id)
"""

# What the file says is settled can be less than what the ledger holds: then the latest is taken back.
SETTLED_LESS: Final = """
    SELECT work.line_id, work.row, work.number, abs(work.amount) - work.open_before - work.settled_amount AS surplus
    FROM ledger_workline work
    WHERE work.settled_amount IS NOT NULL AND NOT work.is_new AND NOT work.is_guest
        AND work.settled_amount < abs(work.amount) - work.open_before
"""

INSERT_DOCUMENTS: Final = """
    INSERT INTO ledger_document (id, tenant_id, entity_id, customer_id, kind, number, issue_date, currency, amount,
        amount_excl_tax, original_amount, original_currency, perimeter, is_opening, linked_number, order_number,
        label, batch_id, created_at)
    SELECT (array_agg(line_id ORDER BY line_number))[1], %(tenant)s, entity_id, customer_id, kind, number,
        min(issue_date), min(currency), sum(amount), sum(amount_excl_tax), sum(original_amount),
        coalesce(min(original_currency), ''), min(perimeter), bool_or(is_opening),
        coalesce(max(linked_number), ''), coalesce(max(order_number), ''), coalesce(max(label), ''),
        %(batch)s, now()
    FROM ledger_workline WHERE document_id IS NULL
    GROUP BY entity_id, customer_id, kind, number
"""

_BY_LINE: Final = """
    (SELECT line_id, sum(amount) AS amount, max(effective_date) AS last_date FROM (
        SELECT debit_line AS line_id, amount, effective_date FROM ledger_workmatch
        UNION ALL SELECT credit_line, amount, effective_date FROM ledger_workmatch) entry GROUP BY line_id)
"""

INSERT_LINES: Final = f"""
    INSERT INTO ledger_dueline (id, tenant_id, document_id, number, due_date, contractual_due_date, is_estimated,
        amount, open_amount, is_open, cleared_date, redated_reason, entity_id, customer_id, kind, issue_date,
        currency, perimeter)
    SELECT work.line_id, %(tenant)s, document.id, work.line_number, work.due_date, work.due_date, work.is_estimated,
        work.amount, work.amount - sign(work.amount) * coalesce(matched.amount, 0),
        abs(work.amount) <> coalesce(matched.amount, 0),
        CASE WHEN abs(work.amount) = coalesce(matched.amount, 0) THEN matched.last_date END, '',
        work.entity_id, work.customer_id, work.kind, document.issue_date, work.currency, work.perimeter
    FROM ledger_workline work
    JOIN ledger_document document ON document.entity_id = work.entity_id
        AND document.customer_id = work.customer_id AND document.kind = work.kind AND document.number = work.number
    LEFT JOIN {_BY_LINE} matched ON matched.line_id = work.line_id
    WHERE work.is_new
"""  # noqa: S608

INSERT_ALLOCATIONS: Final = """
    INSERT INTO ledger_allocation (id, tenant_id, debit_line_id, credit_line_id, amount, effective_date, batch_id,
        created_at)
    SELECT uuidv7(), %(tenant)s, debit_line, credit_line, amount, effective_date, %(batch)s, now()
    FROM ledger_workmatch
"""

# Lines that were there before; their last day is asked of all their allocations, once these are in.
TOUCHED_LINES: Final = """
    SELECT DISTINCT work.line_id
    FROM ledger_workline work
    JOIN (SELECT debit_line AS line_id FROM ledger_workmatch
        UNION SELECT credit_line FROM ledger_workmatch) touched ON touched.line_id = work.line_id
    WHERE NOT work.is_new
"""

LINK_DOCUMENTS: Final = """
    UPDATE ledger_document credit SET linked_document_id = invoice.id
    FROM ledger_document invoice
    WHERE credit.linked_document_id IS NULL AND credit.linked_number <> ''
        AND invoice.entity_id = credit.entity_id AND invoice.customer_id = credit.customer_id
        AND invoice.kind = 'invoice' AND invoice.number = credit.linked_number
        AND credit.customer_id IN (SELECT customer_id FROM ledger_workline)
"""

# One entry in the history of each customer of whom something new came in.
TELL_CUSTOMERS: Final = """
    INSERT INTO ledger_timelineentry (id, tenant_id, customer_id, kind, at, author_id, text_code, facts, words,
        object_id)
    SELECT uuidv7(), %(tenant)s, customer_id, 'import', now(), %(author)s, 'ledger.documents_imported',
        jsonb_build_object('count', count(DISTINCT (entity_id, kind, number)), 'file', %(file)s::text), '', %(batch)s
    FROM ledger_workline WHERE document_id IS NULL AND row > 0 GROUP BY customer_id
"""

UNKNOWN_LINKS: Final = """
    SELECT work.row, work.linked_number FROM ledger_workline work
    WHERE work.linked_number IS NOT NULL AND NOT work.is_guest AND work.row > 0 AND NOT EXISTS (
        SELECT FROM ledger_document document WHERE document.entity_id = work.entity_id
            AND document.customer_id = work.customer_id AND document.kind = 'invoice'
            AND document.number = work.linked_number)
    ORDER BY work.row LIMIT 1000
"""

DECLARED_DISPUTES: Final = """
    SELECT line_id, disputed_amount, coalesce(dispute_reason, '') FROM ledger_workline
    WHERE disputed_amount > 0 ORDER BY row
"""

# Balances brought forward that earlier files already explain: compared, not added again.
KNOWN_OPENINGS: Final = """
    WITH said AS (
        SELECT customer_id, sum(amount) AS amount FROM ledger_workline
        WHERE is_brought_forward AND document_id IS NULL GROUP BY customer_id
    ), known AS (
        SELECT document.customer_id, sum(document.amount) AS amount
        FROM ledger_document document
        WHERE document.entity_id = %(entity)s AND document.issue_date < %(opening)s
            AND document.customer_id IN (SELECT customer_id FROM said)
        GROUP BY document.customer_id
    )
    SELECT customer.id, customer.code, said.amount, known.amount
    FROM known JOIN said USING (customer_id) JOIN ledger_customer customer ON customer.id = known.customer_id
    ORDER BY customer.code
"""

DROP_KNOWN_OPENINGS: Final = """
    DELETE FROM ledger_workline
    WHERE is_brought_forward AND document_id IS NULL AND customer_id = ANY(%(customers)s::uuid[])
"""

# The open items of before, so that what the books settle of a balance brought forward finds them.
ADD_OPEN_BEFORE: Final = """
    INSERT INTO ledger_workline (tenant_id, batch_id, row, line_id, document_id, is_new, is_guest, entity_id,
        customer_id, kind, number, line_number, issue_date, due_date, is_estimated, currency, amount, open_before,
        has_paid_columns, perimeter, is_opening, is_brought_forward)
    SELECT %(tenant)s, %(batch)s, 0, line.id, line.document_id, false, true, line.entity_id, line.customer_id,
        line.kind, document.number, line.number, line.issue_date, line.due_date, false, line.currency, line.amount,
        abs(line.open_amount), false, line.perimeter, false, false
    FROM ledger_dueline line JOIN ledger_document document ON document.id = line.document_id
    WHERE line.is_open AND line.customer_id = ANY(%(customers)s::uuid[]) AND line.entity_id = %(entity)s
        AND line.issue_date < %(opening)s
        AND NOT EXISTS (SELECT FROM ledger_workline work WHERE work.line_id = line.id)
"""

# What the books settle of documents that are not in this file: the credit, and how much of it.
UNMATCHED_SETTLEMENTS: Final = """
    SELECT credit.entity_id, credit.customer_id, NULL, credit.currency, credit.line_id, false,
        least(sum(x.a), credit.open_before), credit.issue_date
    FROM json_to_recordset(%(settlements)s)
        AS x (u text, dk text, dn text, ck text, cn text, a numeric(19,4))
    JOIN ledger_customer customer ON customer.code = x.u AND customer.id = ANY(%(customers)s::uuid[])
    JOIN ledger_workline credit ON credit.customer_id = customer.id AND credit.kind = x.ck
        AND credit.number = x.cn AND credit.entity_id = %(entity)s AND credit.is_new
    WHERE NOT EXISTS (SELECT FROM ledger_workline debit WHERE debit.customer_id = customer.id
        AND debit.kind = x.dk AND debit.number = x.dn AND debit.entity_id = %(entity)s)
    GROUP BY 1, 2, 4, 5, credit.open_before, credit.issue_date
    ORDER BY 1, 2, 4, credit.issue_date
"""

OPEN_BEFORE: Final = f"""
    SELECT work.entity_id, work.customer_id, NULL, work.currency, work.line_id, true,
        work.open_before - coalesce(matched.amount, 0), work.issue_date
    FROM ledger_workline work LEFT JOIN {_MATCHED} matched ON matched.line_id = work.line_id
    WHERE work.is_guest AND work.amount > 0 AND work.customer_id = ANY(%(customers)s::uuid[])
    ORDER BY 1, 2, 4, work.due_date, work.row
"""  # noqa: S608

COUNTS: Final = """
    SELECT count(DISTINCT (entity_id, customer_id, kind, number)) FILTER (WHERE document_id IS NULL AND row > 0),
        count(DISTINCT document_id) FILTER (WHERE document_id IS NOT NULL AND row > 0),
        count(*) FILTER (WHERE is_new AND row > 0), count(*) FILTER (WHERE NOT is_new AND row > 0),
        count(*) FILTER (WHERE is_new AND is_estimated), count(*) FILTER (WHERE row = -1)
    FROM ledger_workline WHERE NOT is_guest
"""
