from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

import kernel.identifiers
import kernel.tenancy
from kernel.walls import Wall

# What a check answered is what somebody delivered on: no statement changes it afterwards.
GUARD = """
CREATE FUNCTION credit_check_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF current_setting('app.maintenance', true) = 'on' THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    RAISE EXCEPTION 'what the check of an order answered does not change'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'credit_check_kept';
END $$;
GRANT EXECUTE ON FUNCTION credit_check_kept() TO otc_web, otc_worker;
CREATE TRIGGER credit_check_kept BEFORE UPDATE OR DELETE ON credit_creditcheck
    FOR EACH ROW EXECUTE FUNCTION credit_check_kept();
"""

REMOVAL = """
DROP TRIGGER credit_check_kept ON credit_creditcheck;
DROP FUNCTION credit_check_kept();
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("credit", "0003_charter"),
        ("ledger", "0007_orders"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Hold",
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
                ("order_number", models.CharField(blank=True, max_length=80)),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("person", "A colleague"),
                            ("check", "The check of an order"),
                            ("proposal", "A proposal"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("proposed", "Proposed"),
                            ("announced", "Announced"),
                            ("in_force", "On hold"),
                            ("released", "Released for a time"),
                            ("lifted", "Lifted"),
                            ("declined", "Not placed"),
                        ],
                        max_length=9,
                    ),
                ),
                ("reason", models.CharField(max_length=500)),
                (
                    "amount",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("falls_on", models.DateField()),
                ("placed_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField()),
                (
                    "customer",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="holds",
                        to="ledger.customer",
                    ),
                ),
                (
                    "entity",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.entity",
                    ),
                ),
                (
                    "placed_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "proposed_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
            ],
            options={
                "ordering": ("-created_at",),
            },
        ),
        migrations.CreateModel(
            name="CreditCheck",
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
                ("order_number", models.CharField(max_length=80)),
                ("stage", models.CharField(max_length=9)),
                ("amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("currency", models.CharField(max_length=3)),
                (
                    "answer",
                    models.CharField(
                        choices=[("yes", "Yes"), ("no", "No"), ("review", "To be looked at")],
                        max_length=6,
                    ),
                ),
                ("rule", models.CharField(max_length=20)),
                ("facts", models.JSONField(default=dict)),
                (
                    "exposure",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                (
                    "headroom",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                (
                    "limit_amount",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                ("limit_currency", models.CharField(blank=True, max_length=3)),
                ("limit_origin", models.CharField(blank=True, max_length=8)),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("api", "Another system"),
                            ("person", "A colleague"),
                            ("round", "The scheduled round"),
                        ],
                        max_length=6,
                    ),
                ),
                ("checked_at", models.DateTimeField()),
                (
                    "checked_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "customer",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credit_checks",
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
                    "hold",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="checks",
                        to="credit.hold",
                    ),
                ),
            ],
            options={
                "ordering": ("-checked_at",),
            },
        ),
        migrations.CreateModel(
            name="HoldRelease",
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
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("granted", "Granted"),
                            ("refused", "Refused"),
                            ("withdrawn", "Withdrawn"),
                            ("ended", "Ended"),
                        ],
                        max_length=9,
                    ),
                ),
                ("reason", models.CharField(max_length=500)),
                (
                    "ceiling",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("until_date", models.DateField()),
                ("is_final", models.BooleanField(default=False)),
                ("asked_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("words", models.CharField(blank=True, max_length=500)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "asked_by",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "decided_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "hold",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="releases",
                        to="credit.hold",
                    ),
                ),
            ],
            options={
                "ordering": ("-asked_at",),
            },
        ),
        migrations.CreateModel(
            name="OrderPolicy",
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
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("quote", "At the quote"),
                            ("order", "At the order"),
                            ("delivery", "Before delivery"),
                            ("invoice", "Before invoicing"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "beyond",
                    models.CharField(
                        choices=[("yes", "Yes"), ("no", "No"), ("review", "To be looked at")],
                        max_length=6,
                    ),
                ),
                ("notice_days", models.PositiveSmallIntegerField(default=3)),
                ("tells_customer", models.BooleanField(default=False)),
                ("written_at", models.DateTimeField()),
                ("approved_at", models.DateTimeField(blank=True, null=True)),
                (
                    "approved_by",
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
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.entity",
                    ),
                ),
                (
                    "written_by",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "order policies",
                "ordering": ("-written_at",),
            },
        ),
        migrations.CreateModel(
            name="GroupLimit",
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
                ("amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("currency", models.CharField(max_length=3)),
                ("valid_from", models.DateField()),
                ("valid_until", models.DateField(blank=True, null=True)),
                ("reason", models.CharField(max_length=250)),
                ("requested_at", models.DateTimeField()),
                ("approved_at", models.DateTimeField(blank=True, null=True)),
                (
                    "approved_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "group",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="limits",
                        to="ledger.customergroup",
                    ),
                ),
                (
                    "requested_by",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
            ],
            options={
                "ordering": ("-valid_from",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount__gte", 0)), name="group_limit_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("approved_by", models.F("requested_by")), _negated=True
                        ),
                        name="group_limit_s7_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_until", None),
                            ("valid_until__gte", models.F("valid_from")),
                            _connector="OR",
                        ),
                        name="group_limit_days_in_order",
                    ),
                    kernel.tenancy.TenantUnique(
                        condition=models.Q(("approved_by__isnull", False)),
                        fields=("tenant_id", "group", "valid_from"),
                        name="group_limit_one_each_day",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Guarantee",
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
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("bank", "Bank guarantee"),
                            ("parent", "Parent company's guarantee"),
                            ("pledge", "Pledge"),
                            ("deposit", "Deposit received"),
                        ],
                        max_length=7,
                    ),
                ),
                ("amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("currency", models.CharField(max_length=3)),
                ("valid_from", models.DateField()),
                ("valid_until", models.DateField(blank=True, null=True)),
                ("given_by", models.CharField(max_length=200)),
                ("reference", models.CharField(max_length=80)),
                ("entered_at", models.DateTimeField()),
                ("accepted_date", models.DateField(blank=True, null=True)),
                ("released_date", models.DateField(blank=True, null=True)),
                ("release_reason", models.CharField(blank=True, max_length=250)),
                (
                    "accepted_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "customer",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="guarantees",
                        to="ledger.customer",
                    ),
                ),
                (
                    "entered_by",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "released_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
            ],
            options={
                "ordering": ("-valid_from",),
                "indexes": [
                    models.Index(fields=["tenant_id", "customer"], name="guarantee_by_customer")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount__gt", 0)), name="guarantee_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("accepted_by", models.F("entered_by")), _negated=True),
                        name="guarantee_s1_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_until", None),
                            ("valid_until__gte", models.F("valid_from")),
                            _connector="OR",
                        ),
                        name="guarantee_days_in_order",
                    ),
                    kernel.tenancy.TenantUnique(
                        condition=models.Q(("released_date", None)),
                        fields=("tenant_id", "customer", "kind", "reference"),
                        name="guarantee_document_once",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="hold",
            index=models.Index(
                condition=models.Q(
                    ("state__in", ("proposed", "announced", "in_force", "released"))
                ),
                fields=["tenant_id", "customer"],
                name="hold_by_customer",
            ),
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=kernel.tenancy.TenantUnique(
                condition=models.Q(
                    ("order_number", ""),
                    ("state__in", ("proposed", "announced", "in_force", "released")),
                ),
                fields=("tenant_id", "customer"),
                name="hold_once_per_customer",
            ),
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=kernel.tenancy.TenantUnique(
                condition=models.Q(
                    models.Q(("order_number", ""), _negated=True),
                    ("state__in", ("proposed", "announced", "in_force", "released")),
                ),
                fields=("tenant_id", "entity", "order_number"),
                name="hold_once_per_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.CheckConstraint(
                condition=models.Q(("placed_by", models.F("proposed_by")), _negated=True),
                name="hold_proposal_two_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("entity", None), ("order_number", "")),
                    models.Q(
                        models.Q(("order_number", ""), _negated=True), ("entity__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="hold_order_has_its_entity",
            ),
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("origin", "check"),
                    ("state__in", ["proposed", "declined"]),
                    ("placed_by__isnull", False),
                    _connector="OR",
                ),
                name="hold_placed_by_a_person",
            ),
        ),
        migrations.AddIndex(
            model_name="creditcheck",
            index=models.Index(
                fields=["tenant_id", "entity", "order_number", "-checked_at"],
                name="credit_check_by_order",
            ),
        ),
        migrations.AddIndex(
            model_name="creditcheck",
            index=models.Index(
                fields=["tenant_id", "customer", "-checked_at"], name="credit_check_by_customer"
            ),
        ),
        migrations.AddConstraint(
            model_name="holdrelease",
            constraint=models.CheckConstraint(
                condition=models.Q(("decided_by", models.F("asked_by")), _negated=True),
                name="hold_release_s8_two_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="holdrelease",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["granted", "refused"]), _negated=True),
                    models.Q(("decided_at__isnull", False), ("decided_by__isnull", False)),
                    _connector="OR",
                ),
                name="hold_release_decided_by_a_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="holdrelease",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="hold_release_has_a_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="holdrelease",
            constraint=kernel.tenancy.TenantUnique(
                condition=models.Q(("state__in", ["waiting", "granted"])),
                fields=("tenant_id", "hold"),
                name="hold_release_one_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("approved_by", models.F("written_by")), _negated=True),
                name="order_policy_s10_two_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("approved_at", None), ("approved_by", None)),
                    models.Q(("approved_at__isnull", False), ("approved_by__isnull", False)),
                    _connector="OR",
                ),
                name="order_policy_approved_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("beyond__in", ["no", "review"])), name="order_policy_never_yes"
            ),
        ),
        migrations.AddConstraint(
            model_name="orderpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("notice_days__lte", 30)), name="order_policy_notice_in_a_month"
            ),
        ),
        Wall("Hold"),
        Wall("HoldRelease"),
        Wall("Guarantee"),
        Wall("GroupLimit"),
        Wall("OrderPolicy"),
        Wall("CreditCheck"),
        migrations.RunSQL(GUARD, REMOVAL),
    ]
