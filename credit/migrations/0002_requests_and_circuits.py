import datetime as dt
from decimal import Decimal

import django.db.models.deletion
from django.db import migrations, models

import kernel.identifiers
import kernel.tenancy
from kernel.walls import Wall


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_demo_and_second_factor"),
        ("credit", "0001_credit_limits"),
        ("ledger", "0005_languages_customers_read"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="creditlimit",
            name="credit_limit_once_per_day",
        ),
        migrations.AddField(
            model_name="creditlimit",
            name="is_temporary",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="creditlimit",
            name="undone_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name="creditlimit",
            constraint=kernel.tenancy.TenantUnique(
                condition=models.Q(("undone_at", None)),
                fields=("tenant_id", "customer", "valid_from", "is_temporary"),
                name="credit_limit_one_each_day",
            ),
        ),
        migrations.CreateModel(
            name="Circuit",
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
                ("code", models.SlugField(max_length=40)),
                ("name", models.CharField(max_length=120)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("kinds", models.JSONField(default=list)),
                ("countries", models.JSONField(default=list)),
                ("entities", models.JSONField(default=list)),
                ("is_archived", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ("position", "name"),
                "constraints": [
                    kernel.tenancy.TenantUnique(
                        fields=("tenant_id", "code"), name="circuit_code_unique"
                    )
                ],
                "indexes": [],
            },
        ),
        Wall("Circuit"),
        migrations.CreateModel(
            name="CircuitVersion",
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
                    "circuit",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="credit.circuit",
                    ),
                ),
                ("number", models.PositiveSmallIntegerField(default=1)),
                ("is_draft", models.BooleanField(default=True)),
                ("revision", models.PositiveIntegerField(default=1)),
                (
                    "written_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                ("authors", models.JSONField(default=list)),
                (
                    "published_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                ("published_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ("-number",),
                "constraints": [
                    kernel.tenancy.TenantUnique(
                        fields=("tenant_id", "circuit", "number"),
                        name="circuit_version_number_unique",
                    ),
                    kernel.tenancy.TenantUnique(
                        condition=models.Q(("is_draft", True)),
                        fields=("tenant_id", "circuit"),
                        name="circuit_one_draft",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_draft", False),
                            models.Q(("published_at", None), ("published_by", None)),
                            _connector="OR",
                        ),
                        name="circuit_draft_is_unpublished",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("published_by", models.F("written_by")), _negated=True),
                        name="circuit_s10_two_people",
                    ),
                ],
                "indexes": [],
            },
        ),
        Wall("CircuitVersion"),
        migrations.CreateModel(
            name="CircuitStep",
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
                    "version",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="steps",
                        to="credit.circuitversion",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                ("number", models.PositiveSmallIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("completeness", "File complete"),
                            ("analysis", "Analysis"),
                            ("decision", "Decision"),
                            ("committee", "Credit committee"),
                            ("arbitration", "Arbitration"),
                            ("export", "Opening"),
                        ],
                        max_length=12,
                    ),
                ),
                ("label", models.CharField(blank=True, max_length=80)),
                ("role", models.CharField(blank=True, max_length=30)),
                (
                    "person",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "substitute",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "escalates_to",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "above",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                (
                    "up_to",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                ("currency", models.CharField(default="EUR", max_length=3)),
                ("grades", models.JSONField(default=list)),
                ("countries", models.JSONField(default=list)),
                ("entities", models.JSONField(default=list)),
                ("kinds", models.JSONField(default=list)),
                ("deadline_hours", models.PositiveSmallIntegerField(default=9)),
                ("reminder_hours", models.PositiveSmallIntegerField(default=3)),
            ],
            options={
                "ordering": ("number", "position"),
                "constraints": [
                    kernel.tenancy.TenantUnique(
                        fields=("tenant_id", "version", "position"),
                        name="circuit_step_position_unique",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("above", None),
                            ("up_to", None),
                            ("up_to__gt", models.F("above")),
                            _connector="OR",
                        ),
                        name="circuit_step_amounts_in_order",
                    ),
                ],
                "indexes": [],
            },
        ),
        Wall("CircuitStep"),
        migrations.CreateModel(
            name="ApprovalCeiling",
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
                    "membership",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                ("kind", models.CharField(blank=True, max_length=10)),
                ("amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("currency", models.CharField(max_length=3)),
                (
                    "set_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                ("set_at", models.DateTimeField()),
            ],
            options={
                "ordering": ("membership", "kind"),
                "constraints": [
                    kernel.tenancy.TenantUnique(
                        fields=("tenant_id", "membership", "kind"), name="approval_ceiling_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount__gte", 0)),
                        name="approval_ceiling_not_below_zero",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("set_by", models.F("membership")), _negated=True),
                        name="approval_ceiling_s1_not_ones_own",
                    ),
                ],
                "indexes": [],
            },
        ),
        Wall("ApprovalCeiling"),
        migrations.CreateModel(
            name="Delegation",
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
                    "delegator",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "delegate",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField()),
                ("reason", models.CharField(max_length=250)),
                (
                    "made_by",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                ("made_at", models.DateTimeField()),
                (
                    "revoked_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ("-starts_on",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("revoked_at", None)),
                        fields=["tenant_id", "delegate", "ends_on"],
                        name="delegation_in_force",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("delegate", models.F("delegator")), _negated=True),
                        name="delegation_to_somebody_else",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ends_on__gte", models.F("starts_on"))),
                        name="delegation_days_in_order",
                    ),
                ],
            },
        ),
        Wall("Delegation"),
        migrations.CreateModel(
            name="CountryTag",
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
                    "membership",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                ("country", models.CharField(max_length=2)),
                ("language", models.CharField(blank=True, max_length=2)),
                (
                    "set_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                ("set_at", models.DateTimeField()),
            ],
            options={
                "ordering": ("country",),
                "constraints": [
                    kernel.tenancy.TenantUnique(
                        fields=("tenant_id", "membership", "country"), name="country_tag_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("set_by", models.F("membership")), _negated=True),
                        name="country_tag_s1_not_ones_own",
                    ),
                ],
                "indexes": [],
            },
        ),
        Wall("CountryTag"),
        migrations.CreateModel(
            name="CreditSettings",
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
                ("day_starts", models.TimeField(default=dt.time(9, 0))),
                ("day_ends", models.TimeField(default=dt.time(18, 0))),
                ("lapse_days", models.PositiveSmallIntegerField(default=30)),
                ("review_months", models.PositiveSmallIntegerField(default=12)),
                ("code_prefix", models.CharField(default="C-", max_length=10)),
                (
                    "vat_rate",
                    models.DecimalField(decimal_places=4, default=Decimal("0.2"), max_digits=5),
                ),
                ("export_url", models.URLField(blank=True, max_length=300)),
                ("export_key_number", models.PositiveSmallIntegerField(default=1)),
                (
                    "changed_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                ("changed_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name_plural": "credit settings",
                "constraints": [
                    kernel.tenancy.TenantUnique(fields=("tenant_id",), name="credit_settings_once"),
                    models.CheckConstraint(
                        condition=models.Q(("day_ends__gt", models.F("day_starts"))),
                        name="credit_settings_day_in_order",
                    ),
                ],
                "indexes": [],
            },
        ),
        Wall("CreditSettings"),
        migrations.CreateModel(
            name="RequestNumbers",
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
                ("month", models.CharField(max_length=4)),
                ("last", models.PositiveIntegerField(default=0)),
            ],
            options={
                "verbose_name_plural": "request numbers",
                "constraints": [
                    kernel.tenancy.TenantUnique(
                        fields=("tenant_id", "month"), name="request_numbers_of_month"
                    )
                ],
                "indexes": [],
            },
        ),
        Wall("RequestNumbers"),
        migrations.CreateModel(
            name="ExpectedPiece",
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
                ("code", models.SlugField(max_length=40)),
                ("label", models.CharField(max_length=120)),
                ("kinds", models.JSONField(default=list)),
                (
                    "above",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("is_archived", models.BooleanField(default=False)),
            ],
            options={
                "ordering": ("position", "label"),
                "constraints": [
                    kernel.tenancy.TenantUnique(
                        fields=("tenant_id", "code"), name="expected_piece_code_unique"
                    )
                ],
                "indexes": [],
            },
        ),
        Wall("ExpectedPiece"),
        migrations.CreateModel(
            name="CreditRequest",
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
                ("number", models.CharField(max_length=20)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("advice", "Advice before a quote"),
                            ("opening", "Account opening"),
                            ("limit", "Change of limit"),
                            ("temporary", "Temporary raise"),
                            ("review", "Periodic review"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("in_circuit", "In its circuit"),
                            ("arbitration", "To be arbitrated"),
                            ("granted", "Granted"),
                            ("refused", "Refused"),
                            ("withdrawn", "Withdrawn"),
                            ("lapsed", "Lapsed"),
                        ],
                        default="draft",
                        max_length=11,
                    ),
                ),
                ("origin", models.CharField(default="form", max_length=5)),
                ("revision", models.PositiveIntegerField(default=1)),
                (
                    "follows",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="followed_by",
                        to="credit.creditrequest",
                    ),
                ),
                (
                    "customer",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credit_requests",
                        to="ledger.customer",
                    ),
                ),
                ("name", models.CharField(max_length=250)),
                ("siren", models.CharField(blank=True, max_length=9)),
                ("vat_number", models.CharField(blank=True, max_length=20)),
                ("country", models.CharField(default="FR", max_length=2)),
                ("address", models.TextField(blank=True)),
                (
                    "group",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.customergroup",
                    ),
                ),
                ("customer_code", models.CharField(blank=True, max_length=60)),
                (
                    "entity",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.entity",
                    ),
                ),
                (
                    "portfolio",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.scope",
                    ),
                ),
                (
                    "requested_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "first_requester",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                ("asked_amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("currency", models.CharField(max_length=3)),
                (
                    "asked_terms",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.paymentterms",
                    ),
                ),
                ("asked_until", models.DateField(blank=True, null=True)),
                (
                    "expected_sales",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                (
                    "margin_rate",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=5, null=True),
                ),
                ("peak_factor", models.DecimalField(decimal_places=2, default=1, max_digits=4)),
                (
                    "quote_amount",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                ("first_delivery_date", models.DateField(blank=True, null=True)),
                ("deposit_share", models.DecimalField(decimal_places=4, default=0, max_digits=5)),
                ("guarantees", models.CharField(blank=True, max_length=300)),
                (
                    "guarantee_amount",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                ("words", models.TextField(blank=True)),
                ("grade", models.CharField(blank=True, max_length=1)),
                (
                    "insured_amount",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                (
                    "insured_quota",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=5, null=True),
                ),
                ("insured_on", models.DateField(blank=True, null=True)),
                ("charter_version", models.PositiveIntegerField(blank=True, null=True)),
                ("charter_escalations", models.JSONField(default=list)),
                (
                    "circuit_version",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="credit.circuitversion",
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("submitted_at", models.DateTimeField(blank=True, null=True)),
                ("decide_before", models.DateTimeField(blank=True, null=True)),
                ("waiting_since", models.DateTimeField(blank=True, null=True)),
                ("waited_minutes", models.PositiveIntegerField(default=0)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "decision",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("complete", "Complete"),
                            ("favourable", "Favourable"),
                            ("unfavourable", "Unfavourable"),
                            ("as_asked", "Granted as asked"),
                            ("conditions", "Granted with conditions"),
                            ("refuse", "Refused"),
                            ("arbitrate", "No consensus, to arbitration"),
                            ("done", "Done"),
                        ],
                        max_length=12,
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
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "granted_amount",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                (
                    "granted_insured",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                (
                    "granted_terms",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.paymentterms",
                    ),
                ),
                ("granted_until", models.DateField(blank=True, null=True)),
                ("review_date", models.DateField(blank=True, null=True)),
                ("conditions", models.TextField(blank=True)),
                ("reason", models.TextField(blank=True)),
                (
                    "limit",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="credit.creditlimit",
                    ),
                ),
                (
                    "terms_before",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.paymentterms",
                    ),
                ),
                ("opened_customer", models.BooleanField(default=False)),
                (
                    "undone_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ("-number",),
                "indexes": [
                    models.Index(
                        fields=["tenant_id", "state", "decide_before"], name="credit_req_waiting"
                    ),
                    models.Index(fields=["tenant_id", "customer"], name="credit_req_by_customer"),
                    models.Index(fields=["tenant_id", "siren"], name="credit_req_by_siren"),
                    models.Index(
                        fields=["tenant_id", "requested_by"], name="credit_req_by_requester"
                    ),
                ],
                "constraints": [
                    kernel.tenancy.TenantUnique(
                        fields=("tenant_id", "number"), name="credit_request_number_unique"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("decided_by", models.F("requested_by")), _negated=True),
                        name="credit_request_s1_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decided_by", models.F("first_requester")), _negated=True
                        ),
                        name="credit_request_s1_whole_chain",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("asked_amount__gte", 0)),
                        name="credit_request_asks_not_below_zero",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["granted", "refused"]), _negated=True),
                            models.Q(("decided_at__isnull", False), ("decided_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="credit_request_decided_by_a_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("granted_insured", None),
                            models.Q(
                                ("granted_amount__isnull", False),
                                ("granted_insured__lte", models.F("granted_amount")),
                            ),
                            _connector="OR",
                        ),
                        name="credit_request_insured_within",
                    ),
                    kernel.tenancy.TenantUnique(
                        condition=models.Q(
                            ("kind", "review"),
                            ("state__in", ["draft", "in_circuit", "arbitration"]),
                        ),
                        fields=("tenant_id", "customer", "kind"),
                        name="credit_request_one_review_running",
                    ),
                ],
            },
        ),
        Wall("CreditRequest"),
        migrations.CreateModel(
            name="RequestStep",
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
                    "request",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="steps",
                        to="credit.creditrequest",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                ("number", models.PositiveSmallIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("completeness", "File complete"),
                            ("analysis", "Analysis"),
                            ("decision", "Decision"),
                            ("committee", "Credit committee"),
                            ("arbitration", "Arbitration"),
                            ("export", "Opening"),
                        ],
                        max_length=12,
                    ),
                ),
                ("label", models.CharField(blank=True, max_length=80)),
                ("role", models.CharField(blank=True, max_length=30)),
                (
                    "person",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "substitute",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "escalates_to",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "above",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                (
                    "up_to",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                ("amount_currency", models.CharField(default="EUR", max_length=3)),
                ("deadline_hours", models.PositiveSmallIntegerField(default=9)),
                ("reminder_hours", models.PositiveSmallIntegerField(default=3)),
                (
                    "requested_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "first_requester",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Not yet"),
                            ("open", "Now"),
                            ("done", "Done"),
                            ("skipped", "Not needed"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("opened_at", models.DateTimeField(blank=True, null=True)),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("reminded_at", models.DateTimeField(blank=True, null=True)),
                ("escalated_at", models.DateTimeField(blank=True, null=True)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                (
                    "done_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "on_behalf_of",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("complete", "Complete"),
                            ("favourable", "Favourable"),
                            ("unfavourable", "Unfavourable"),
                            ("as_asked", "Granted as asked"),
                            ("conditions", "Granted with conditions"),
                            ("refuse", "Refused"),
                            ("arbitrate", "No consensus, to arbitration"),
                            ("done", "Done"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                (
                    "insured",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                (
                    "terms",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.paymentterms",
                    ),
                ),
                ("until", models.DateField(blank=True, null=True)),
                ("review_date", models.DateField(blank=True, null=True)),
                ("conditions", models.TextField(blank=True)),
                ("words", models.TextField(blank=True)),
            ],
            options={
                "ordering": ("number", "position"),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "open")),
                        fields=["tenant_id", "due_at"],
                        name="request_step_open",
                    )
                ],
                "constraints": [
                    kernel.tenancy.TenantUnique(
                        fields=("tenant_id", "request", "position"),
                        name="request_step_position_unique",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("done_by", models.F("requested_by")), _negated=True),
                        name="request_step_s1_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("done_by", models.F("first_requester")), _negated=True),
                        name="request_step_s1_whole_chain",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("on_behalf_of", models.F("requested_by")), _negated=True
                        ),
                        name="request_step_s13_delegator",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("on_behalf_of", models.F("first_requester")), _negated=True
                        ),
                        name="request_step_s13_delegator_chain",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "done"), _negated=True),
                            ("done_at__isnull", False),
                            _connector="OR",
                        ),
                        name="request_step_done_at",
                    ),
                ],
            },
        ),
        Wall("RequestStep"),
        migrations.CreateModel(
            name="RequestFile",
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
                    "request",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="files",
                        to="credit.creditrequest",
                    ),
                ),
                (
                    "piece",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="credit.expectedpiece",
                    ),
                ),
                ("file_name", models.CharField(max_length=150)),
                ("media_type", models.CharField(max_length=80)),
                ("size", models.PositiveIntegerField()),
                ("digest", models.CharField(max_length=64)),
                ("content", models.BinaryField()),
                (
                    "added_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                ("added_at", models.DateTimeField()),
            ],
            options={
                "ordering": ("added_at",),
                "constraints": [
                    kernel.tenancy.TenantUnique(
                        fields=("tenant_id", "request", "digest"), name="request_file_once"
                    )
                ],
                "indexes": [],
            },
        ),
        Wall("RequestFile"),
        migrations.CreateModel(
            name="RequestMessage",
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
                    "request",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="messages",
                        to="credit.creditrequest",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("question", "Question"), ("answer", "Answer"), ("note", "Note")],
                        max_length=8,
                    ),
                ),
                (
                    "step",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="credit.requeststep",
                    ),
                ),
                (
                    "author",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                ("words", models.TextField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ("at",),
                "indexes": [
                    models.Index(
                        fields=["tenant_id", "request", "at"], name="request_message_thread"
                    )
                ],
                "constraints": [],
            },
        ),
        Wall("RequestMessage"),
        migrations.CreateModel(
            name="AccountExport",
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
                    "request",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="exports",
                        to="credit.creditrequest",
                    ),
                ),
                ("body", models.JSONField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("delivered", "Delivered"),
                            ("given_up", "Given up"),
                            ("file_only", "As a file"),
                        ],
                        max_length=9,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_attempt_at", models.DateTimeField(blank=True, null=True)),
                ("delivered_at", models.DateTimeField(blank=True, null=True)),
                ("problem", models.CharField(blank=True, max_length=300)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "ordering": ("-created_at",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")),
                        fields=["tenant_id", "next_attempt_at"],
                        name="account_export_waiting",
                    )
                ],
                "constraints": [],
            },
        ),
        Wall("AccountExport"),
        migrations.CreateModel(
            name="InternalNotice",
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
                    "recipient",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                ("code", models.CharField(max_length=40)),
                (
                    "request",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="credit.creditrequest",
                    ),
                ),
                ("once_key", models.CharField(max_length=120)),
                ("facts", models.JSONField(default=dict)),
                ("path", models.CharField(blank=True, max_length=200)),
                ("created_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("problem", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "ordering": ("created_at",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("sent_at", None)),
                        fields=["tenant_id", "created_at"],
                        name="internal_notice_to_send",
                    )
                ],
                "constraints": [
                    kernel.tenancy.TenantUnique(
                        fields=("tenant_id", "recipient", "once_key"), name="internal_notice_once"
                    )
                ],
            },
        ),
        Wall("InternalNotice"),
    ]
