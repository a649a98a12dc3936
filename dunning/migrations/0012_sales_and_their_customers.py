from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

import kernel.identifiers
import kernel.tenancy
from kernel.walls import TenantReference, Wall


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("dunning", "0011_letters_to_post"),
        ("accounts", "0002_demo_and_second_factor"),
        ("ledger", "0007_orders"),
    ]

    operations: ClassVar = [
        migrations.AddField(
            model_name="followup",
            name="escalated_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="followup",
            name="escalated_to",
            field=kernel.tenancy.TenantForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.membership",
            ),
        ),
        migrations.AddField(
            model_name="followup",
            name="returned_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name="ContactSettings",
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
                ("sends_recap", models.BooleanField(default=True)),
            ],
            options={
                "constraints": [
                    kernel.tenancy.TenantUnique(fields=("tenant_id",), name="contact_settings_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Clarity",
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
                ("is_clear", models.BooleanField()),
                ("words", models.CharField(blank=True, max_length=500)),
                ("answered_at", models.DateTimeField()),
                (
                    "customer",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.customer",
                    ),
                ),
                (
                    "reminder",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="clarities",
                        to="dunning.reminder",
                    ),
                ),
            ],
            options={
                "constraints": [
                    kernel.tenancy.TenantUnique(
                        fields=("tenant_id", "reminder"), name="clarity_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ContactRule",
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
                            ("protected", "Sales are told before a message leaves"),
                            ("delicate", "Delicate relationship: a person looks at every message"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(max_length=250)),
                ("from_date", models.DateField()),
                ("until_date", models.DateField(blank=True, null=True)),
                (
                    "ruling",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Not needed"),
                            ("pending", "To approve"),
                            ("approved", "Approved"),
                            ("refused", "Refused"),
                        ],
                        max_length=10,
                    ),
                ),
                ("ruled_date", models.DateField(blank=True, null=True)),
                ("ended_date", models.DateField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
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
                    "contact",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contact_rules",
                        to="ledger.contact",
                    ),
                ),
                (
                    "customer",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contact_rules",
                        to="ledger.customer",
                    ),
                ),
                (
                    "ended_by",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "ruled_by",
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
                "ordering": ("-from_date", "-created_at"),
                "indexes": [
                    models.Index(fields=["tenant_id", "customer"], name="contact_rule_by_customer")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="contact_rule_with_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("until_date__gte", models.F("from_date"))),
                        name="contact_rule_until_after_from",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("contact", None), ("kind", "protected"), _connector="OR"
                        ),
                        name="contact_rule_of_contact_protects",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ruled_by", None),
                            models.Q(("ruled_by", models.F("author")), _negated=True),
                            _connector="OR",
                        ),
                        name="contact_rule_s1_two_people",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DepartureNotice",
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
                ("is_stand_in", models.BooleanField(default=False)),
                ("told_at", models.DateTimeField()),
                ("deadline", models.DateTimeField()),
                (
                    "answer",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Not answered"),
                            ("fine", "Fine, let it go"),
                            ("objected", "Objected"),
                        ],
                        max_length=10,
                    ),
                ),
                ("words", models.CharField(blank=True, max_length=500)),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                (
                    "decision",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "To decide"),
                            ("let_go", "Leaves all the same"),
                            ("cancelled", "Does not leave"),
                            ("paused", "Paused"),
                        ],
                        max_length=10,
                    ),
                ),
                ("decision_words", models.CharField(blank=True, max_length=500)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "answered_by",
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
                        related_name="+",
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
                    "reminder",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="departure_notices",
                        to="dunning.reminder",
                    ),
                ),
                (
                    "told",
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
                "ordering": ("deadline", "id"),
                "indexes": [
                    models.Index(
                        condition=models.Q(("answer", "")),
                        fields=["tenant_id", "told", "deadline"],
                        name="departure_notice_open",
                    ),
                    models.Index(
                        condition=models.Q(("answer", "objected"), ("decision", "")),
                        fields=["tenant_id", "customer"],
                        name="departure_notice_to_decide",
                    ),
                ],
                "constraints": [
                    kernel.tenancy.TenantUnique(
                        fields=("tenant_id", "reminder"), name="departure_notice_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answer", "objected"), _negated=True),
                            models.Q(("words", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="departure_notice_objection_with_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decision", ""),
                            models.Q(
                                ("answer", "objected"),
                                models.Q(("decision_words", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="departure_notice_decision_with_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decided_by", None),
                            models.Q(("decided_by", models.F("answered_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="departure_notice_two_people",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SideMail",
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
                            ("departure", "A message to a protected customer is about to leave"),
                            ("objection", "Sales object to a message"),
                            ("decision", "What became of an objection"),
                            ("question", "Question to sales"),
                            ("late", "Question to sales without an answer"),
                            ("back", "Question to sales that came back"),
                            ("answer", "Answer of sales"),
                            ("promise", "Recap of a promise"),
                        ],
                        max_length=10,
                    ),
                ),
                ("key", models.CharField(max_length=120)),
                ("object_id", models.UUIDField()),
                ("recipient", models.EmailField(max_length=254)),
                ("reply_to", models.EmailField(blank=True, max_length=254)),
                ("subject", models.CharField(max_length=300)),
                ("text", models.TextField()),
                ("html", models.TextField(blank=True)),
                ("leaves_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Ready to leave"),
                            ("sending", "Being handed over"),
                            ("sent", "Sent"),
                            ("failed", "Failed"),
                            ("dropped", "Not sent"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("attempt", models.PositiveSmallIntegerField(default=0)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("problem", models.CharField(blank=True, max_length=300)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "contact",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.contact",
                    ),
                ),
                (
                    "customer",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="side_mails",
                        to="ledger.customer",
                    ),
                ),
                (
                    "member",
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
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["waiting", "sending"])),
                        fields=["tenant_id", "leaves_at"],
                        name="side_mail_to_leave",
                    ),
                    models.Index(fields=["tenant_id", "object_id"], name="side_mail_by_object"),
                ],
                "constraints": [
                    kernel.tenancy.TenantUnique(fields=("tenant_id", "key"), name="side_mail_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("contact__isnull", False), ("member", None)),
                            models.Q(("contact", None), ("member__isnull", False)),
                            _connector="OR",
                        ),
                        name="side_mail_to_one_person",
                    ),
                ],
            },
        ),
        migrations.AlterField(
            model_name="messagetext",
            name="register",
            field=models.CharField(
                choices=[
                    ("before_due", "Before the due date"),
                    ("courteous", "Courteous"),
                    ("firm", "Firm"),
                    ("formal", "Formal"),
                    ("formal_notice", "Formal notice"),
                    ("promise", "Recap of a promise"),
                ],
                max_length=15,
            ),
        ),
        migrations.AlterField(
            model_name="step",
            name="register",
            field=models.CharField(
                blank=True,
                choices=[
                    ("before_due", "Before the due date"),
                    ("courteous", "Courteous"),
                    ("firm", "Firm"),
                    ("formal", "Formal"),
                    ("formal_notice", "Formal notice"),
                    ("promise", "Recap of a promise"),
                ],
                max_length=15,
            ),
        ),
        TenantReference("FollowUp", "escalated_to"),
        Wall("ContactRule"),
        Wall("DepartureNotice"),
        Wall("Clarity"),
        Wall("SideMail"),
        Wall("ContactSettings"),
    ]
