from django.db import migrations, models

from kernel.walls import wall_statements

# Where the lines of one import stand while its transaction runs; nothing is ever left in them. They are walled like
# every table (so no COPY, which row-level security forbids, and no temporary tables, which the roles may not make),
# unlogged since a crash ends the transaction anyway, and without keys, which would only cost time.
TABLES = {
    "ledger_workparty": """
        tenant_id uuid NOT NULL, batch_id uuid NOT NULL, party integer NOT NULL, entity_id uuid, customer_id uuid,
        terms_id uuid, currency text
    """,
    "ledger_workline": """
        tenant_id uuid NOT NULL, batch_id uuid NOT NULL, row integer NOT NULL, party integer, line_id uuid NOT NULL,
        document_id uuid, is_new boolean NOT NULL, is_guest boolean NOT NULL, entity_id uuid NOT NULL,
        customer_id uuid NOT NULL, kind text NOT NULL, number text NOT NULL, line_number integer NOT NULL,
        issue_date date NOT NULL, due_date date, due_from date, is_estimated boolean NOT NULL, currency text NOT NULL,
        amount numeric(19,4) NOT NULL, amount_excl_tax numeric(19,4), open_before numeric(19,4) NOT NULL,
        settled_amount numeric(19,4), settled_date date, has_paid_columns boolean NOT NULL, linked_number text,
        disputed_amount numeric(19,4), dispute_reason text, order_number text, label text, perimeter text NOT NULL,
        is_opening boolean NOT NULL, is_brought_forward boolean NOT NULL, original_amount numeric(19,4),
        original_currency text, terms_id uuid
    """,
    "ledger_workmatch": """
        tenant_id uuid NOT NULL, batch_id uuid NOT NULL, debit_line uuid NOT NULL, credit_line uuid NOT NULL,
        amount numeric(19,4) NOT NULL, effective_date date NOT NULL
    """,
}


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0001_documents_due_lines_allocations"),
    ]

    operations = [
        migrations.AddField(
            model_name="document",
            name="linked_number",
            field=models.CharField(blank=True, db_default="", default="", max_length=80),
        ),
        migrations.AddIndex(
            model_name="document",
            index=models.Index(
                condition=models.Q(
                    ("linked_document__isnull", True),
                    models.Q(("linked_number", ""), _negated=True),
                ),
                fields=["tenant_id", "customer", "linked_number"],
                name="document_waiting_for_link",
            ),
        ),
        *[
            migrations.RunSQL(
                [f"CREATE UNLOGGED TABLE {table} ({columns})", *wall_statements(table)],
                f"DROP TABLE {table}",
            )
            for table, columns in TABLES.items()
        ],
        migrations.RunSQL(
            "CREATE INDEX ledger_workparty_number ON ledger_workparty (tenant_id, party)",
            migrations.RunSQL.noop,
        ),
    ]
