from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

import kernel.identifiers
import kernel.tenancy
from kernel.walls import Wall

# A formal notice is evidence: once its letter is drawn no statement changes what was issued.
GUARD = """
CREATE FUNCTION dunning_formal_notice_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF OLD.digest <> '' OR (OLD.year, OLD.sequence, OLD.principal, OLD.interest, OLD.fixed_charge, OLD.snapshot)
        IS DISTINCT FROM (NEW.year, NEW.sequence, NEW.principal, NEW.interest, NEW.fixed_charge, NEW.snapshot) THEN
        RAISE EXCEPTION 'formal notice % of % was issued and cannot change', OLD.sequence, OLD.year
            USING ERRCODE = 'check_violation', CONSTRAINT = 'formal_notice_kept';
    END IF;
    RETURN NEW;
END $$;
GRANT EXECUTE ON FUNCTION dunning_formal_notice_kept() TO otc_web, otc_worker;
CREATE TRIGGER formal_notice_kept BEFORE UPDATE ON dunning_formalnotice
    FOR EACH ROW EXECUTE FUNCTION dunning_formal_notice_kept();
"""

REMOVAL = """
DROP TRIGGER formal_notice_kept ON dunning_formalnotice;
DROP FUNCTION dunning_formal_notice_kept();
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("dunning", "0007_letters_and_texts"),
        ("ledger", "0004_risk_class"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="AgencyMandate",
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
                ("number", models.CharField(max_length=40)),
                ("agency_name", models.CharField(max_length=200)),
                ("agency_address", models.TextField()),
                ("signed_date", models.DateField()),
                ("from_date", models.DateField()),
                ("until_date", models.DateField(blank=True, null=True)),
                ("scope_words", models.CharField(max_length=500)),
                ("fee_rate", models.DecimalField(decimal_places=5, max_digits=6)),
                ("insurance", models.CharField(max_length=200)),
                ("iban", models.CharField(max_length=34)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
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
                    "membership",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
            ],
            options={
                "ordering": ("number",),
            },
        ),
        migrations.CreateModel(
            name="ContractRate",
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
                ("valid_from", models.DateField()),
                ("rate", models.DecimalField(decimal_places=5, max_digits=7)),
                ("source", models.CharField(max_length=200)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "customer",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contract_rates",
                        to="ledger.customer",
                    ),
                ),
                (
                    "entered_by",
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
            },
        ),
        migrations.CreateModel(
            name="EnteredRate",
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
                ("country", models.CharField(max_length=2)),
                ("kind", models.CharField(max_length=40)),
                ("half_year_start", models.DateField()),
                ("rate", models.DecimalField(decimal_places=5, max_digits=7)),
                ("source", models.CharField(max_length=200)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "entered_by",
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
                "ordering": ("-half_year_start", "kind"),
            },
        ),
        migrations.CreateModel(
            name="FormalNotice",
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
                ("currency", models.CharField(max_length=3)),
                ("language", models.CharField(max_length=2)),
                ("issued_date", models.DateField()),
                ("issued_at", models.DateTimeField()),
                ("deadline_date", models.DateField()),
                ("principal", models.DecimalField(decimal_places=4, max_digits=19)),
                ("interest", models.DecimalField(decimal_places=4, max_digits=19)),
                ("fixed_charge", models.DecimalField(decimal_places=4, max_digits=19)),
                ("snapshot", models.JSONField(default=dict)),
                ("file_name", models.CharField(blank=True, max_length=120)),
                ("pdf", models.BinaryField(blank=True, null=True)),
                ("digest", models.CharField(blank=True, max_length=64)),
                (
                    "customer",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="formal_notices",
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
                    "issued_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "reminder",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="formal_notices",
                        to="dunning.reminder",
                    ),
                ),
            ],
            options={
                "ordering": ("-year", "-sequence"),
            },
        ),
        migrations.CreateModel(
            name="HandOver",
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
                ("number", models.PositiveIntegerField()),
                ("currency", models.CharField(max_length=3)),
                (
                    "target",
                    models.CharField(
                        choices=[
                            ("lawyer", "Lawyer"),
                            ("court", "Payment-order procedure"),
                            ("agency", "Collection agency"),
                        ],
                        max_length=10,
                    ),
                ),
                ("recipient", models.CharField(max_length=200)),
                ("reason", models.CharField(max_length=500)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("proposed", "Proposed"),
                            ("approved", "Handed over"),
                            ("refused", "Refused"),
                            ("ended", "Taken back"),
                        ],
                        default="proposed",
                        max_length=10,
                    ),
                ),
                ("principal", models.DecimalField(decimal_places=4, max_digits=19)),
                ("proposed_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("decision_words", models.CharField(blank=True, max_length=500)),
                ("from_date", models.DateField(blank=True, null=True)),
                ("ended_date", models.DateField(blank=True, null=True)),
                ("end_reason", models.CharField(blank=True, max_length=500)),
                ("order_date", models.DateField(blank=True, null=True)),
                ("file_name", models.CharField(blank=True, max_length=120)),
                ("file", models.BinaryField(blank=True, null=True)),
                ("file_digest", models.CharField(blank=True, max_length=64)),
                (
                    "customer",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hand_overs",
                        to="ledger.customer",
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
                    "entity",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.entity",
                    ),
                ),
                (
                    "mandate",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hand_overs",
                        to="dunning.agencymandate",
                    ),
                ),
                (
                    "proposed_by",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
            ],
            options={
                "ordering": ("-number",),
            },
        ),
        migrations.CreateModel(
            name="AgencyReport",
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
                            ("contact", "Contact with the debtor"),
                            ("promise", "Promise to pay"),
                            ("payment", "Payment received"),
                            ("dispute", "Debtor contests"),
                            ("closed", "No chance of recovery"),
                        ],
                        max_length=10,
                    ),
                ),
                ("day", models.DateField()),
                (
                    "amount",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                (
                    "fee",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                ("words", models.TextField(blank=True)),
                ("reference", models.CharField(blank=True, max_length=120)),
                ("reported_at", models.DateTimeField()),
                (
                    "reported_by",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "hand_over",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reports",
                        to="dunning.handover",
                    ),
                ),
            ],
            options={
                "ordering": ("-reported_at",),
            },
        ),
        migrations.CreateModel(
            name="HandOverLine",
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
                ("open_amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("from_date", models.DateField(blank=True, null=True)),
                ("ended_date", models.DateField(blank=True, null=True)),
                (
                    "due_line",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hand_over_lines",
                        to="ledger.dueline",
                    ),
                ),
                (
                    "hand_over",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="dunning.handover",
                    ),
                ),
            ],
            options={
                "ordering": ("due_line__due_date",),
            },
        ),
        migrations.CreateModel(
            name="Insolvency",
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
                    "procedure",
                    models.CharField(
                        choices=[
                            ("safeguard", "Safeguard (sauvegarde)"),
                            ("receivership", "Receivership (redressement judiciaire)"),
                            ("liquidation", "Liquidation (liquidation judiciaire)"),
                        ],
                        max_length=15,
                    ),
                ),
                ("judgment_date", models.DateField()),
                ("published_date", models.DateField(blank=True, null=True)),
                ("from_date", models.DateField()),
                ("ended_date", models.DateField(blank=True, null=True)),
                ("end_reason", models.CharField(blank=True, max_length=300)),
                ("source", models.CharField(max_length=20)),
                ("notice_id", models.CharField(blank=True, max_length=60)),
                ("court", models.CharField(blank=True, max_length=150)),
                ("recorded_at", models.DateTimeField()),
                (
                    "customer",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="insolvencies",
                        to="ledger.customer",
                    ),
                ),
                (
                    "recorded_by",
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
                "verbose_name_plural": "insolvencies",
                "ordering": ("-judgment_date",),
            },
        ),
        migrations.CreateModel(
            name="InsurancePolicy",
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
                ("valid_from", models.DateField()),
                ("insurer", models.CharField(max_length=120)),
                ("domestic_days", models.PositiveSmallIntegerField(default=120)),
                ("export_days", models.PositiveSmallIntegerField(default=180)),
                ("declaration_days", models.PositiveSmallIntegerField(default=30)),
                ("threshold", models.DecimalField(decimal_places=4, default=300, max_digits=19)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "entered_by",
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
                "verbose_name_plural": "insurance policies",
                "ordering": ("-valid_from",),
            },
        ),
        migrations.CreateModel(
            name="InterestClaim",
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
                ("currency", models.CharField(max_length=3)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("computed", "Computed"),
                            ("claimed", "Claimed"),
                            ("paid", "Paid"),
                            ("waived", "Waived"),
                            ("barred", "Barred by insolvency"),
                        ],
                        default="computed",
                        max_length=10,
                    ),
                ),
                ("interest", models.DecimalField(decimal_places=4, max_digits=19)),
                ("fixed_charge", models.DecimalField(decimal_places=4, max_digits=19)),
                ("paid_interest", models.DecimalField(decimal_places=4, default=0, max_digits=19)),
                ("paid_charge", models.DecimalField(decimal_places=4, default=0, max_digits=19)),
                (
                    "waived_interest",
                    models.DecimalField(decimal_places=4, default=0, max_digits=19),
                ),
                ("waived_charge", models.DecimalField(decimal_places=4, default=0, max_digits=19)),
                ("computed_until", models.DateField()),
                ("sheet", models.JSONField(default=list)),
                ("first_computed_date", models.DateField()),
                ("claimed_date", models.DateField(blank=True, null=True)),
                ("frozen_date", models.DateField(blank=True, null=True)),
                ("is_barred", models.BooleanField(default=False)),
                ("problem", models.CharField(blank=True, max_length=400)),
                (
                    "customer",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="interest_claims",
                        to="ledger.customer",
                    ),
                ),
                (
                    "document",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="interest_claims",
                        to="ledger.document",
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
                    "notice",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="claims",
                        to="dunning.formalnotice",
                    ),
                ),
            ],
            options={
                "ordering": ("-year", "-sequence"),
            },
        ),
        migrations.CreateModel(
            name="ClaimMovement",
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
                            ("computed", "Computed"),
                            ("claimed", "Claimed"),
                            ("paid", "Paid"),
                            ("waived", "Waived"),
                            ("barred", "Barred by insolvency"),
                            ("freed", "No longer barred"),
                        ],
                        max_length=10,
                    ),
                ),
                ("interest", models.DecimalField(decimal_places=4, max_digits=19)),
                ("fixed_charge", models.DecimalField(decimal_places=4, max_digits=19)),
                ("day", models.DateField()),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("at", models.DateTimeField()),
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
                (
                    "claim",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="movements",
                        to="dunning.interestclaim",
                    ),
                ),
            ],
            options={
                "ordering": ("at",),
            },
        ),
        migrations.CreateModel(
            name="LegalDeadline",
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
                            ("formal_notice", "Answer to the formal notice"),
                            ("prescription", "Prescription"),
                            ("injunction_service", "Service of the payment order"),
                            ("opposition", "Opposition to the payment order"),
                            ("claim_filing", "Filing of the claim"),
                            ("relief", "Request for relief from foreclosure"),
                            ("insurer_maximum", "Maximum credit period of the insurer"),
                            ("insurer_declaration", "Declaration to the insurer"),
                        ],
                        max_length=20,
                    ),
                ),
                ("variant", models.CharField(blank=True, max_length=12)),
                ("start_date", models.DateField()),
                ("due_date", models.DateField()),
                ("source", models.CharField(max_length=200)),
                ("subject", models.UUIDField()),
                ("label", models.CharField(blank=True, max_length=120)),
                ("alerted_days", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("done_date", models.DateField(blank=True, null=True)),
                ("proof", models.CharField(blank=True, max_length=300)),
                ("is_void", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "customer",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="legal_deadlines",
                        to="ledger.customer",
                    ),
                ),
                (
                    "document",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.document",
                    ),
                ),
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
                    "owner",
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
                "ordering": ("due_date", "kind"),
            },
        ),
        migrations.AddConstraint(
            model_name="agencymandate",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "number"), name="agency_mandate_number_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="agencymandate",
            constraint=models.CheckConstraint(
                condition=models.Q(("fee_rate__gte", 0), ("fee_rate__lt", 1)),
                name="agency_mandate_fee_is_a_fraction",
            ),
        ),
        migrations.AddConstraint(
            model_name="agencymandate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("until_date", None),
                    ("until_date__gte", models.F("from_date")),
                    _connector="OR",
                ),
                name="agency_mandate_until_after_from",
            ),
        ),
        migrations.AddConstraint(
            model_name="contractrate",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "customer", "valid_from"), name="contract_rate_once_per_day"
            ),
        ),
        migrations.AddConstraint(
            model_name="contractrate",
            constraint=models.CheckConstraint(
                condition=models.Q(("rate__gt", 0), ("rate__lt", 1)),
                name="contract_rate_is_a_fraction",
            ),
        ),
        migrations.AddConstraint(
            model_name="contractrate",
            constraint=models.CheckConstraint(
                condition=models.Q(("source", ""), _negated=True), name="contract_rate_with_source"
            ),
        ),
        migrations.AddConstraint(
            model_name="enteredrate",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "country", "kind", "half_year_start"),
                name="entered_rate_once_per_half",
            ),
        ),
        migrations.AddConstraint(
            model_name="enteredrate",
            constraint=models.CheckConstraint(
                condition=models.Q(("rate__gte", 0), ("rate__lt", 1)),
                name="entered_rate_is_a_fraction",
            ),
        ),
        migrations.AddConstraint(
            model_name="enteredrate",
            constraint=models.CheckConstraint(
                condition=models.Q(("source", ""), _negated=True), name="entered_rate_with_source"
            ),
        ),
        migrations.AddIndex(
            model_name="formalnotice",
            index=models.Index(fields=["tenant_id", "customer"], name="formal_notice_by_customer"),
        ),
        migrations.AddConstraint(
            model_name="formalnotice",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "year", "sequence"), name="formal_notice_number_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="formalnotice",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "reminder"), name="formal_notice_once_per_reminder"
            ),
        ),
        migrations.AddConstraint(
            model_name="formalnotice",
            constraint=models.CheckConstraint(
                condition=models.Q(("fixed_charge__gte", 0), ("interest__gte", 0)),
                name="formal_notice_claims_something",
            ),
        ),
        migrations.AddIndex(
            model_name="handover",
            index=models.Index(fields=["tenant_id", "customer"], name="hand_over_by_customer"),
        ),
        migrations.AddConstraint(
            model_name="handover",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "number"), name="hand_over_number_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="handover",
            constraint=models.CheckConstraint(
                condition=models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                name="hand_over_s1_two_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="handover",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state", "proposed"), ("decided_by__isnull", False), _connector="OR"
                ),
                name="hand_over_decided_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="handover",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="hand_over_with_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="handover",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("mandate__isnull", False), ("target", "agency")),
                    models.Q(models.Q(("target", "agency"), _negated=True), ("mandate", None)),
                    _connector="OR",
                ),
                name="hand_over_to_agency_has_mandate",
            ),
        ),
        migrations.AddIndex(
            model_name="agencyreport",
            index=models.Index(fields=["tenant_id", "hand_over"], name="agency_report_by_file"),
        ),
        migrations.AddConstraint(
            model_name="agencyreport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "payment"), _negated=True),
                    models.Q(("amount__gt", 0), ("fee__gte", 0)),
                    _connector="OR",
                ),
                name="agency_report_payment_with_fee",
            ),
        ),
        migrations.AddConstraint(
            model_name="agencyreport",
            constraint=kernel.tenancy.TenantUnique(
                condition=models.Q(("kind", "payment"), models.Q(("reference", ""), _negated=True)),
                fields=("tenant_id", "hand_over", "reference"),
                name="agency_report_payment_once",
            ),
        ),
        migrations.AddIndex(
            model_name="handoverline",
            index=models.Index(fields=["tenant_id", "due_line"], name="hand_over_line_by_due_line"),
        ),
        migrations.AddIndex(
            model_name="handoverline",
            index=models.Index(fields=["tenant_id", "hand_over"], name="hand_over_line_by_file"),
        ),
        migrations.AddConstraint(
            model_name="handoverline",
            constraint=kernel.tenancy.TenantUnique(
                condition=models.Q(("ended_date", None)),
                fields=("tenant_id", "due_line"),
                name="hand_over_line_in_one_file",
            ),
        ),
        migrations.AddIndex(
            model_name="insolvency",
            index=models.Index(fields=["tenant_id", "customer"], name="insolvency_by_customer"),
        ),
        migrations.AddConstraint(
            model_name="insolvency",
            constraint=kernel.tenancy.TenantUnique(
                condition=models.Q(("notice_id", ""), _negated=True),
                fields=("tenant_id", "customer", "notice_id"),
                name="insolvency_notice_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="insolvency",
            constraint=kernel.tenancy.TenantUnique(
                condition=models.Q(("ended_date", None)),
                fields=("tenant_id", "customer"),
                name="insolvency_one_in_force",
            ),
        ),
        migrations.AddConstraint(
            model_name="insurancepolicy",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "valid_from"), name="insurance_policy_once_per_day"
            ),
        ),
        migrations.AddConstraint(
            model_name="insurancepolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("declaration_days__gte", 1), ("domestic_days__gte", 1), ("export_days__gte", 1)
                ),
                name="insurance_policy_counts_days",
            ),
        ),
        migrations.AddIndex(
            model_name="interestclaim",
            index=models.Index(fields=["tenant_id", "customer"], name="interest_claim_by_customer"),
        ),
        migrations.AddConstraint(
            model_name="interestclaim",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "year", "sequence"), name="interest_claim_number_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="interestclaim",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "document"), name="interest_claim_once_per_document"
            ),
        ),
        migrations.AddConstraint(
            model_name="interestclaim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("fixed_charge__gte", 0),
                    ("interest__gte", 0),
                    ("paid_charge__gte", 0),
                    ("paid_interest__gte", 0),
                    ("waived_charge__gte", 0),
                    ("waived_interest__gte", 0),
                ),
                name="interest_claim_never_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="interestclaim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "claimed"), _negated=True),
                    ("claimed_date__isnull", False),
                    _connector="OR",
                ),
                name="interest_claim_claimed_on_a_day",
            ),
        ),
        migrations.AddIndex(
            model_name="claimmovement",
            index=models.Index(fields=["tenant_id", "claim"], name="claim_movement_by_claim"),
        ),
        migrations.AddConstraint(
            model_name="claimmovement",
            constraint=models.CheckConstraint(
                condition=models.Q(("fixed_charge__gte", 0), ("interest__gte", 0)),
                name="claim_movement_never_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="claimmovement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "waived"), _negated=True),
                    models.Q(models.Q(("reason", ""), _negated=True), ("author__isnull", False)),
                    _connector="OR",
                ),
                name="claim_waived_by_somebody_with_reason",
            ),
        ),
        migrations.AddIndex(
            model_name="legaldeadline",
            index=models.Index(
                condition=models.Q(("done_date", None), ("is_void", False)),
                fields=["tenant_id", "due_date"],
                name="legal_deadline_running",
            ),
        ),
        migrations.AddIndex(
            model_name="legaldeadline",
            index=models.Index(fields=["tenant_id", "customer"], name="legal_deadline_by_customer"),
        ),
        migrations.AddConstraint(
            model_name="legaldeadline",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "kind", "subject", "start_date"), name="legal_deadline_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="legaldeadline",
            constraint=models.CheckConstraint(
                condition=models.Q(("due_date__gte", models.F("start_date"))),
                name="legal_deadline_after_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="legaldeadline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("done_date", None), models.Q(("proof", ""), _negated=True), _connector="OR"
                ),
                name="legal_deadline_done_with_proof",
            ),
        ),
        Wall("ContractRate"),
        Wall("EnteredRate"),
        Wall("FormalNotice"),
        Wall("InterestClaim"),
        Wall("ClaimMovement"),
        Wall("Insolvency"),
        Wall("LegalDeadline"),
        Wall("InsurancePolicy"),
        Wall("AgencyMandate"),
        Wall("HandOver"),
        Wall("HandOverLine"),
        Wall("AgencyReport"),
        migrations.RunSQL(GUARD, REMOVAL),
    ]
