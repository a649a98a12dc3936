"""Plain letters: a channel of their own, numbered once and for good, posted in batches with their list."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

import kernel.identifiers
import kernel.tenancy
from kernel.walls import Wall

GUARD = """
CREATE FUNCTION dunning_letter_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
        ('waiting', 'to_post'), ('waiting', 'left_out'), ('to_post', 'posted'), ('to_post', 'voided')
    ) THEN
        RAISE EXCEPTION 'a letter that is % cannot become %', OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'letter_transition';
    END IF;
    IF OLD.sequence IS NOT NULL AND (
        OLD.year, OLD.sequence, OLD.entity_id, OLD.reminder_id, OLD.amount, OLD.address, OLD.text, OLD.facts,
        OLD.snapshot, OLD.pdf, OLD.digest
    ) IS DISTINCT FROM (
        NEW.year, NEW.sequence, NEW.entity_id, NEW.reminder_id, NEW.amount, NEW.address, NEW.text, NEW.facts,
        NEW.snapshot, NEW.pdf, NEW.digest
    ) THEN
        RAISE EXCEPTION 'a numbered letter never changes' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'letter_kept';
    END IF;
    RETURN NEW;
END $$;
GRANT EXECUTE ON FUNCTION dunning_letter_kept() TO otc_web, otc_worker;
CREATE TRIGGER letter_kept BEFORE UPDATE ON dunning_letter
    FOR EACH ROW EXECUTE FUNCTION dunning_letter_kept();
"""

REMOVAL = """
DROP TRIGGER letter_kept ON dunning_letter;
DROP FUNCTION dunning_letter_kept();
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("dunning", "0010_hours_a_person_answers_for")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="reminder",
            name="waits_for",
            field=models.CharField(blank=True, db_default="", default="", max_length=10),
        ),
        migrations.AlterField(
            model_name="adviceoverride",
            name="advised",
            field=models.CharField(
                choices=[
                    ("email", "E-mail"),
                    ("call", "Call"),
                    ("sms", "Text message"),
                    ("letter", "Letter"),
                    ("registered_eletter", "Registered e-letter"),
                    ("registered_letter", "Registered letter"),
                    ("decision", "Decision"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="adviceoverride",
            name="chosen",
            field=models.CharField(
                choices=[
                    ("email", "E-mail"),
                    ("call", "Call"),
                    ("sms", "Text message"),
                    ("letter", "Letter"),
                    ("registered_eletter", "Registered e-letter"),
                    ("registered_letter", "Registered letter"),
                    ("decision", "Decision"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="reminder",
            name="channel",
            field=models.CharField(
                choices=[
                    ("email", "E-mail"),
                    ("call", "Call"),
                    ("sms", "Text message"),
                    ("letter", "Letter"),
                    ("registered_eletter", "Registered e-letter"),
                    ("registered_letter", "Registered letter"),
                    ("decision", "Decision"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="step",
            name="channel",
            field=models.CharField(
                choices=[
                    ("email", "E-mail"),
                    ("call", "Call"),
                    ("sms", "Text message"),
                    ("letter", "Letter"),
                    ("registered_eletter", "Registered e-letter"),
                    ("registered_letter", "Registered letter"),
                    ("decision", "Decision"),
                ],
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="LetterBatch",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "tenant_id",
                    models.UUIDField(default=kernel.tenancy.current_tenant_id, editable=False),
                ),
                ("year", models.PositiveSmallIntegerField()),
                ("sequence", models.PositiveIntegerField()),
                ("batch_date", models.DateField()),
                ("created_at", models.DateTimeField()),
                ("problem", models.CharField(blank=True, max_length=300)),
                (
                    "created_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "entity",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.entity",
                    ),
                ),
            ],
            options={
                "ordering": ("-created_at",),
            },
        ),
        migrations.CreateModel(
            name="Letter",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "tenant_id",
                    models.UUIDField(default=kernel.tenancy.current_tenant_id, editable=False),
                ),
                ("place", models.PositiveIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "To be drawn"),
                            ("to_post", "To post"),
                            ("posted", "Posted"),
                            ("voided", "Void"),
                            ("left_out", "Left out"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("year", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("sequence", models.PositiveIntegerField(blank=True, null=True)),
                ("language", models.CharField(blank=True, max_length=5)),
                ("currency", models.CharField(blank=True, max_length=3)),
                (
                    "amount",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                ("address", models.JSONField(default=list)),
                ("pages", models.PositiveSmallIntegerField(default=0)),
                ("subject", models.CharField(blank=True, max_length=300)),
                ("text", models.TextField(blank=True)),
                ("facts", models.JSONField(default=dict)),
                ("snapshot", models.JSONField(default=dict)),
                ("essence", models.CharField(blank=True, max_length=64)),
                ("file_name", models.CharField(blank=True, max_length=120)),
                ("pdf", models.BinaryField(blank=True, null=True)),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("drawn_date", models.DateField(blank=True, null=True)),
                ("drawn_at", models.DateTimeField(blank=True, null=True)),
                ("failures", models.PositiveSmallIntegerField(default=0)),
                ("posting_date", models.DateField(blank=True, null=True)),
                ("posted_date", models.DateField(blank=True, null=True)),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "why_out",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("paid", "paid"),
                            ("excluded", "excluded"),
                            ("superseded", "superseded"),
                            ("held_back", "held_back"),
                            ("not_due", "not_due"),
                            ("cancelled", "cancelled"),
                            ("held", "held"),
                            ("changed", "changed"),
                            ("to_confirm", "to_confirm"),
                            ("no_address", "no_address"),
                            ("stopped", "stopped"),
                            ("by_person", "by_person"),
                            ("not_drawn", "not_drawn"),
                        ],
                        max_length=12,
                    ),
                ),
                ("words", models.CharField(blank=True, max_length=250)),
                (
                    "customer",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="letters",
                        to="ledger.customer",
                    ),
                ),
                (
                    "entity",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.entity",
                    ),
                ),
                (
                    "reminder",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="letters",
                        to="dunning.reminder",
                    ),
                ),
                (
                    "settled_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "text_version",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="dunning.messagetext",
                    ),
                ),
                (
                    "batch",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="letters",
                        to="dunning.letterbatch",
                    ),
                ),
            ],
            options={
                "ordering": ("batch", "place"),
            },
        ),
        migrations.AddConstraint(
            model_name="letterbatch",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "entity", "year", "sequence"),
                name="letter_batch_number_unique",
            ),
        ),
        migrations.AddIndex(
            model_name="letter",
            index=models.Index(
                condition=models.Q(("state", "waiting")),
                fields=["tenant_id", "batch", "place"],
                name="letter_to_draw",
            ),
        ),
        migrations.AddIndex(
            model_name="letter",
            index=models.Index(
                condition=models.Q(("state__in", ["waiting", "to_post"])),
                fields=["tenant_id", "state"],
                name="letter_to_post",
            ),
        ),
        migrations.AddConstraint(
            model_name="letter",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "entity", "year", "sequence"), name="letter_number_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="letter",
            constraint=kernel.tenancy.TenantUnique(
                condition=models.Q(("state__in", ["waiting", "to_post", "posted"])),
                fields=("tenant_id", "reminder"),
                name="letter_once_per_reminder",
            ),
        ),
        migrations.AddConstraint(
            model_name="letter",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("sequence__isnull", False),
                        ("state__in", ["to_post", "posted", "voided"]),
                        ("year__isnull", False),
                    ),
                    models.Q(
                        ("sequence", None), ("state__in", ["waiting", "left_out"]), ("year", None)
                    ),
                    _connector="OR",
                ),
                name="letter_numbered_once_drawn",
            ),
        ),
        migrations.AddConstraint(
            model_name="letter",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["to_post", "posted", "voided"]), _negated=True),
                    models.Q(("pdf__isnull", False), models.Q(("digest", ""), _negated=True)),
                    _connector="OR",
                ),
                name="letter_numbered_with_its_bytes",
            ),
        ),
        migrations.AddConstraint(
            model_name="letter",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("posted_date__isnull", False), ("state", "posted")),
                    models.Q(models.Q(("state", "posted"), _negated=True), ("posted_date", None)),
                    _connector="OR",
                ),
                name="letter_posted_on_a_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="letter",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["voided", "left_out"]), _negated=True),
                    models.Q(("why_out", ""), _negated=True),
                    _connector="OR",
                ),
                name="letter_out_with_reason",
            ),
        ),
        Wall("LetterBatch"),
        Wall("Letter"),
        migrations.RunSQL(GUARD, REMOVAL),
    ]
