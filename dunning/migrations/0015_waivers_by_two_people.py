"""Penalties given up by two people, alerts by mail, and the copies of invoices that messages carry."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

import kernel.identifiers
import kernel.tenancy
from kernel.walls import Wall


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("dunning", "0014_stored_simulations"),
        ("ledger", "0006_files_of_documents"),
    ]

    operations: ClassVar = [
        migrations.AddField(
            model_name="sidemail",
            name="files",
            field=models.JSONField(db_default=[], default=list),
        ),
        migrations.AddField(
            model_name="step",
            name="has_invoices",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AlterField(
            model_name="mailtask",
            name="kind",
            field=models.CharField(
                choices=[
                    ("bounce", "Find a working address"),
                    ("complaint", "Choose another way to write"),
                    ("opted_out", "Nobody left to write to"),
                    ("fraud", "Unknown bank details in a message"),
                    ("copy", "Send a copy of the invoice"),
                    ("contact", "Find the right person"),
                    ("payment", "Look for the payment"),
                    ("undeliv", "A message did not arrive: choose another way"),
                    ("moved", "A message went to another contact: check that it suits"),
                    ("not_taken", "A registered e-letter was not taken: decide what follows"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="sidemail",
            name="kind",
            field=models.CharField(
                choices=[
                    ("departure", "A message to a protected customer is about to leave"),
                    ("objection", "Sales object to a message"),
                    ("decision", "What became of an objection"),
                    ("question", "Question to sales"),
                    ("late", "Question to sales without an answer"),
                    ("back", "Question to sales that came back"),
                    ("answer", "Answer of sales"),
                    ("promise", "Recap of a promise"),
                    ("deadlines", "Alerts of the legal clock"),
                    ("copies", "Copies of invoices that were asked for"),
                ],
                max_length=10,
            ),
        ),
        migrations.CreateModel(
            name="WaiverLimit",
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
                ("amount", models.DecimalField(decimal_places=4, max_digits=19)),
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
                "ordering": ("-valid_from",),
                "constraints": [
                    kernel.tenancy.TenantUnique(
                        fields=("tenant_id", "valid_from"), name="waiver_limit_once_per_day"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount__gte", 0)), name="waiver_limit_not_negative"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WaiverRequest",
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
                ("interest", models.DecimalField(decimal_places=4, max_digits=19)),
                ("fixed_charge", models.DecimalField(decimal_places=4, max_digits=19)),
                ("reason", models.CharField(max_length=300)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("proposed", "Waiting for a second person"),
                            ("approved", "Given up"),
                            ("refused", "Refused"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="proposed",
                        max_length=10,
                    ),
                ),
                ("proposed_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("answer", models.CharField(blank=True, max_length=300)),
                (
                    "claim",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="waiver_requests",
                        to="dunning.interestclaim",
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
                    "proposed_by",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
            ],
            options={
                "ordering": ("-proposed_at",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "proposed")),
                        fields=["tenant_id", "claim"],
                        name="waiver_request_waiting",
                    )
                ],
                "constraints": [
                    kernel.tenancy.TenantUnique(
                        condition=models.Q(("state", "proposed")),
                        fields=("tenant_id", "claim"),
                        name="waiver_request_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["proposed", "withdrawn"]),
                            models.Q(
                                ("decided_by__isnull", False),
                                models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="waiver_request_s1_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state", "proposed"), ("decided_at__isnull", False), _connector="XOR"
                        ),
                        name="waiver_request_decided_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reason", ""), _negated=True),
                            ("fixed_charge__gte", 0),
                            ("interest__gte", 0),
                        ),
                        name="waiver_request_says_what_and_why",
                    ),
                ],
            },
        ),
        Wall("WaiverLimit"),
        Wall("WaiverRequest"),
    ]
