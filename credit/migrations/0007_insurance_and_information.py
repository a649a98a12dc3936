from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

import kernel.identifiers
import kernel.tenancy
from kernel.walls import Wall


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("credit", "0006_scores"),
        ("accounts", "0002_demo_and_second_factor"),
        ("ledger", "0008_lines_entrusted_one_by_one"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="CoverImport",
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
                ("insurer", models.CharField(max_length=120)),
                ("policy_number", models.CharField(max_length=60)),
                (
                    "origin",
                    models.CharField(
                        choices=[("file", "The insurer's file"), ("sync", "The insurer's system")],
                        max_length=4,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("previewed", "To be checked"),
                            ("applied", "Taken in"),
                            ("undone", "Undone"),
                            ("failed", "Failed"),
                        ],
                        max_length=9,
                    ),
                ),
                ("file_name", models.CharField(blank=True, max_length=250)),
                ("file_digest", models.CharField(blank=True, max_length=64)),
                ("headers", models.JSONField(default=list)),
                ("columns", models.JSONField(default=dict)),
                ("rows", models.JSONField(default=list)),
                ("counts", models.JSONField(default=dict)),
                ("problem", models.CharField(blank=True, max_length=300)),
                ("received_at", models.DateTimeField()),
                ("applied_at", models.DateTimeField(blank=True, null=True)),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
                (
                    "taken_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
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
            ],
            options={
                "ordering": ("-received_at",),
            },
        ),
        migrations.CreateModel(
            name="Cover",
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
                ("policy_number", models.CharField(max_length=60)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("requested", "Requested"),
                            ("granted", "Granted"),
                            ("reduced", "Reduced"),
                            ("refused", "Refused"),
                            ("cancelled", "Cancelled"),
                            ("unknown", "Unknown"),
                        ],
                        max_length=9,
                    ),
                ),
                ("amount", models.DecimalField(decimal_places=4, max_digits=19)),
                (
                    "requested_amount",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                ("currency", models.CharField(max_length=3)),
                ("valid_from", models.DateField()),
                ("valid_until", models.DateField(blank=True, null=True)),
                ("reference", models.CharField(blank=True, max_length=80)),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("recorded_at", models.DateTimeField()),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
                (
                    "customer",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="covers",
                        to="ledger.customer",
                    ),
                ),
                (
                    "came_with",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="covers",
                        to="credit.coverimport",
                    ),
                ),
            ],
            options={
                "ordering": ("-valid_from", "-recorded_at"),
            },
        ),
        migrations.CreateModel(
            name="InformationSource",
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
                    "source",
                    models.CharField(
                        choices=[
                            ("register", "Public company register"),
                            ("commercial", "Commercial provider"),
                            ("bodacc", "BODACC, legal notices"),
                            ("urssaf", "URSSAF, insolvency files"),
                            ("sirene", "Sirene files"),
                        ],
                        max_length=10,
                    ),
                ),
                ("is_on", models.BooleanField(default=False)),
                ("price", models.DecimalField(decimal_places=4, default=0, max_digits=9)),
                ("monthly_budget", models.DecimalField(decimal_places=2, default=0, max_digits=12)),
                ("currency", models.CharField(default="EUR", max_length=3)),
                ("kept_days", models.PositiveSmallIntegerField(default=30)),
                ("failures", models.PositiveSmallIntegerField(default=0)),
                ("closed_until", models.DateTimeField(blank=True, null=True)),
                ("last_ok_at", models.DateTimeField(blank=True, null=True)),
                ("last_problem", models.CharField(blank=True, max_length=300)),
                ("last_problem_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ("source",),
                "constraints": [
                    kernel.tenancy.TenantUnique(
                        fields=("tenant_id", "source"), name="information_source_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("monthly_budget__gte", 0), ("price__gte", 0)),
                        name="information_costs_not_negative",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="InsuranceDeclaration",
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
                            ("overdue", "Overdue declared"),
                            ("extension", "Extension asked for"),
                            ("intervention", "Intervention asked for"),
                        ],
                        max_length=12,
                    ),
                ),
                ("policy_number", models.CharField(max_length=60)),
                ("insurer", models.CharField(max_length=120)),
                ("language", models.CharField(max_length=2)),
                ("csv", models.TextField()),
                ("csv_digest", models.CharField(max_length=64)),
                ("made_at", models.DateTimeField()),
                (
                    "made_by",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
            ],
            options={
                "ordering": ("-made_at",),
            },
        ),
        migrations.CreateModel(
            name="DeclaredInvoice",
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
                            ("overdue", "Overdue declared"),
                            ("extension", "Extension asked for"),
                            ("intervention", "Intervention asked for"),
                        ],
                        max_length=12,
                    ),
                ),
                ("open_amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("currency", models.CharField(max_length=3)),
                ("maximum_date", models.DateField()),
                ("declare_by", models.DateField()),
                (
                    "customer",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="declared_invoices",
                        to="ledger.customer",
                    ),
                ),
                (
                    "document",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.document",
                    ),
                ),
                (
                    "declaration",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invoices",
                        to="credit.insurancedeclaration",
                    ),
                ),
            ],
            options={
                "ordering": ("declare_by", "document"),
            },
        ),
        migrations.CreateModel(
            name="InsurerPolicy",
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
                ("number", models.CharField(max_length=60)),
                ("insurer", models.CharField(max_length=120)),
                ("currency", models.CharField(max_length=3)),
                ("other_currencies", models.CharField(blank=True, max_length=120)),
                ("insured_share", models.DecimalField(decimal_places=4, max_digits=5)),
                ("blind_limit", models.DecimalField(decimal_places=4, default=0, max_digits=19)),
                ("deductible", models.DecimalField(decimal_places=4, default=0, max_digits=19)),
                ("domestic_days", models.PositiveSmallIntegerField(default=120)),
                ("export_days", models.PositiveSmallIntegerField(default=180)),
                ("extension_days", models.PositiveSmallIntegerField(default=60)),
                ("declaration_days", models.PositiveSmallIntegerField(default=30)),
                ("intervention_days", models.PositiveSmallIntegerField(default=60)),
                ("threshold", models.DecimalField(decimal_places=4, default=300, max_digits=19)),
                (
                    "stop_rule",
                    models.CharField(
                        choices=[
                            ("maximum_period", "An invoice passes the maximum credit period"),
                            ("declaration", "An invoice passes its day of declaration"),
                            ("never", "Never"),
                        ],
                        max_length=14,
                    ),
                ),
                (
                    "stop_answer",
                    models.CharField(
                        choices=[("review", "A person looks at it"), ("no", "No delivery")],
                        default="review",
                        max_length=6,
                    ),
                ),
                (
                    "premium_base",
                    models.CharField(
                        choices=[("turnover", "Sales"), ("outstanding", "Outstanding")],
                        default="turnover",
                        max_length=11,
                    ),
                ),
                ("premium_rate", models.DecimalField(decimal_places=6, default=0, max_digits=7)),
                ("valid_from", models.DateField()),
                ("valid_until", models.DateField(blank=True, null=True)),
                ("written_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "confirmed_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
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
                "verbose_name_plural": "insurance policies",
                "ordering": ("-valid_from", "-written_at"),
            },
        ),
        migrations.CreateModel(
            name="InsurerColumns",
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
                ("insurer", models.CharField(max_length=120)),
                ("signature", models.CharField(max_length=64)),
                ("columns", models.JSONField(default=dict)),
            ],
            options={
                "constraints": [
                    kernel.tenancy.TenantUnique(
                        fields=("tenant_id", "insurer", "signature"), name="insurer_columns_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="LegalEvent",
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
                ("siren", models.CharField(max_length=9)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("safeguard", "Safeguard (sauvegarde)"),
                            ("receivership", "Receivership (redressement judiciaire)"),
                            ("liquidation", "Liquidation (liquidation judiciaire)"),
                            ("struck_off", "Struck off the register"),
                            ("accounts", "Accounts filed"),
                            ("ended", "Procedure ended"),
                        ],
                        max_length=12,
                    ),
                ),
                ("event_date", models.DateField()),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("register", "Public company register"),
                            ("commercial", "Commercial provider"),
                            ("bodacc", "BODACC, legal notices"),
                            ("urssaf", "URSSAF, insolvency files"),
                            ("sirene", "Sirene files"),
                        ],
                        max_length=10,
                    ),
                ),
                ("notice_id", models.CharField(max_length=80)),
                ("stage", models.CharField(blank=True, max_length=60)),
                ("recorded_at", models.DateTimeField()),
            ],
            options={
                "ordering": ("-event_date",),
                "indexes": [
                    models.Index(
                        fields=["tenant_id", "siren", "-event_date"], name="legal_event_by_company"
                    )
                ],
                "constraints": [
                    kernel.tenancy.TenantUnique(
                        fields=("tenant_id", "source", "siren", "notice_id"),
                        name="legal_event_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="LookUp",
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
                    "source",
                    models.CharField(
                        choices=[
                            ("register", "Public company register"),
                            ("commercial", "Commercial provider"),
                            ("bodacc", "BODACC, legal notices"),
                            ("urssaf", "URSSAF, insolvency files"),
                            ("sirene", "Sirene files"),
                        ],
                        max_length=10,
                    ),
                ),
                ("siren", models.CharField(max_length=9)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "Asked"),
                            ("running", "Under way"),
                            ("found", "Answered"),
                            ("not_found", "Company not known"),
                            ("degraded", "Answered in part"),
                            ("failed", "No usable answer"),
                        ],
                        max_length=9,
                    ),
                ),
                ("price", models.DecimalField(decimal_places=4, default=0, max_digits=9)),
                ("currency", models.CharField(default="EUR", max_length=3)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("facts", models.JSONField(default=dict)),
                ("problems", models.JSONField(default=list)),
                ("problem", models.CharField(blank=True, max_length=300)),
                ("asked_at", models.DateTimeField()),
                ("not_before", models.DateTimeField(blank=True, null=True)),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                (
                    "asked_by",
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
                "ordering": ("-asked_at",),
            },
        ),
        migrations.AddIndex(
            model_name="coverimport",
            index=models.Index(fields=["tenant_id", "-received_at"], name="cover_import_newest"),
        ),
        migrations.AddConstraint(
            model_name="coverimport",
            constraint=kernel.tenancy.TenantUnique(
                condition=models.Q(
                    ("state", "applied"), models.Q(("file_digest", ""), _negated=True)
                ),
                fields=("tenant_id", "policy_number", "file_digest"),
                name="cover_file_once",
            ),
        ),
        migrations.AddIndex(
            model_name="cover",
            index=models.Index(
                condition=models.Q(("undone_at", None)),
                fields=["tenant_id", "customer", "-valid_from", "-recorded_at"],
                name="cover_newest_first",
            ),
        ),
        migrations.AddConstraint(
            model_name="cover",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 0)), name="cover_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="cover",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["granted", "reduced"]), ("amount", 0), _connector="OR"
                ),
                name="cover_worth_nothing_unless_granted",
            ),
        ),
        migrations.AddConstraint(
            model_name="cover",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_until", None),
                    ("valid_until__gte", models.F("valid_from")),
                    _connector="OR",
                ),
                name="cover_days_in_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="cover",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "came_with", "customer"), name="cover_once_in_a_file"
            ),
        ),
        migrations.AddConstraint(
            model_name="insurancedeclaration",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "number"), name="declaration_number_once"
            ),
        ),
        migrations.AddIndex(
            model_name="declaredinvoice",
            index=models.Index(fields=["tenant_id", "customer"], name="declared_by_customer"),
        ),
        migrations.AddConstraint(
            model_name="declaredinvoice",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "document", "kind"), name="invoice_declared_once_each_way"
            ),
        ),
        migrations.AddConstraint(
            model_name="insurerpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("confirmed_by", models.F("written_by")), _negated=True),
                name="policy_s10_two_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="insurerpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("confirmed_at", None), ("confirmed_by", None)),
                    models.Q(("confirmed_at__isnull", False), ("confirmed_by__isnull", False)),
                    _connector="OR",
                ),
                name="policy_confirmed_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="insurerpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("insured_share__gt", 0), ("insured_share__lte", 1)),
                name="policy_share_a_fraction",
            ),
        ),
        migrations.AddConstraint(
            model_name="insurerpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("blind_limit__gte", 0), ("deductible__gte", 0), ("threshold__gte", 0)
                ),
                name="policy_amounts_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="insurerpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("declaration_days__gte", 1), ("domestic_days__gte", 1), ("export_days__gte", 1)
                ),
                name="policy_counts_days",
            ),
        ),
        migrations.AddConstraint(
            model_name="insurerpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_until", None),
                    ("valid_until__gte", models.F("valid_from")),
                    _connector="OR",
                ),
                name="policy_days_in_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="insurerpolicy",
            constraint=kernel.tenancy.TenantUnique(
                condition=models.Q(("confirmed_by__isnull", False)),
                fields=("tenant_id", "number", "valid_from"),
                name="policy_one_each_day",
            ),
        ),
        migrations.AddIndex(
            model_name="lookup",
            index=models.Index(
                fields=["tenant_id", "siren", "-asked_at"], name="look_up_by_company"
            ),
        ),
        migrations.AddIndex(
            model_name="lookup",
            index=models.Index(fields=["tenant_id", "-asked_at"], name="look_up_newest"),
        ),
        migrations.AddConstraint(
            model_name="lookup",
            constraint=kernel.tenancy.TenantUnique(
                condition=models.Q(("state__in", ["asked", "running"])),
                fields=("tenant_id", "source", "siren"),
                name="look_up_one_under_way",
            ),
        ),
        Wall("InsurerPolicy"),
        Wall("CoverImport"),
        Wall("Cover"),
        Wall("InsurerColumns"),
        Wall("InsuranceDeclaration"),
        Wall("DeclaredInvoice"),
        Wall("InformationSource"),
        Wall("LookUp"),
        Wall("LegalEvent"),
    ]
