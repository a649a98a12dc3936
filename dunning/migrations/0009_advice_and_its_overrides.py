import django.db.models.deletion
from django.db import migrations, models

import kernel.identifiers
import kernel.tenancy
from kernel.walls import Wall


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_demo_and_second_factor"),
        ("dunning", "0008_claims_deadlines_and_handovers"),
        ("ledger", "0003_indexes_that_answer_alone"),
    ]

    operations = [
        migrations.CreateModel(
            name="ChannelResponse",
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
                ("segment", models.CharField(max_length=20)),
                (
                    "lateness",
                    models.CharField(
                        choices=[
                            ("before_due", "before_due"),
                            ("fresh", "fresh"),
                            ("middle", "middle"),
                            ("old", "old"),
                        ],
                        max_length=10,
                    ),
                ),
                ("channel", models.CharField(blank=True, max_length=20)),
                ("lines", models.PositiveIntegerField()),
                ("paid", models.PositiveIntegerField()),
                ("learnt_date", models.DateField()),
            ],
            options={
                "constraints": [
                    kernel.tenancy.TenantUnique(
                        fields=("tenant_id", "segment", "lateness", "channel"),
                        name="channel_response_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("paid__lte", models.F("lines"))),
                        name="channel_response_paid_within_lines",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PaymentOdds",
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
                    "lateness",
                    models.CharField(
                        choices=[
                            ("before_due", "before_due"),
                            ("fresh", "fresh"),
                            ("middle", "middle"),
                            ("old", "old"),
                        ],
                        max_length=10,
                    ),
                ),
                ("lines", models.PositiveIntegerField()),
                ("paid", models.PositiveIntegerField()),
                ("segment_chance", models.DecimalField(decimal_places=6, max_digits=7)),
                ("learnt_date", models.DateField()),
                (
                    "customer",
                    kernel.tenancy.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="ledger.customer",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AdviceOverride",
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
                    "advised",
                    models.CharField(
                        choices=[
                            ("email", "E-mail"),
                            ("call", "Call"),
                            ("sms", "Text message"),
                            ("registered_eletter", "Registered e-letter"),
                            ("registered_letter", "Registered letter"),
                            ("decision", "Decision"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "chosen",
                    models.CharField(
                        choices=[
                            ("email", "E-mail"),
                            ("call", "Call"),
                            ("sms", "Text message"),
                            ("registered_eletter", "Registered e-letter"),
                            ("registered_letter", "Registered letter"),
                            ("decision", "Decision"),
                        ],
                        max_length=20,
                    ),
                ),
                ("grounds", models.JSONField(default=list)),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("customer_asked", "The customer asked for it"),
                            ("known_person", "I know whom to reach, and how"),
                            ("tried_before", "It was tried and led nowhere"),
                            ("relationship", "The relationship asks for another tone"),
                            ("wrong_facts", "The reasons given are wrong"),
                            ("other", "Another cause, in the note"),
                        ],
                        max_length=15,
                    ),
                ),
                ("words", models.CharField(blank=True, max_length=250)),
                ("decided_at", models.DateTimeField()),
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
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="overrides",
                        to="dunning.reminder",
                    ),
                ),
            ],
            options={
                "ordering": ("-decided_at",),
                "indexes": [
                    models.Index(
                        fields=["tenant_id", "reminder"], name="advice_override_by_reminder"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("chosen", models.F("advised")), _negated=True),
                        name="advice_override_does_otherwise",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("cause", "other"), _negated=True),
                            models.Q(("words", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="advice_override_other_in_words",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FollowUp",
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
                        choices=[("call_back", "Call back"), ("ask_sales", "Question to sales")],
                        max_length=10,
                    ),
                ),
                ("due_at", models.DateTimeField()),
                ("words", models.CharField(blank=True, max_length=500)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("opened_at", models.DateTimeField()),
                ("answer", models.CharField(blank=True, max_length=500)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "closed_by",
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
                        related_name="follow_ups",
                        to="ledger.customer",
                    ),
                ),
                (
                    "opened_by",
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
                (
                    "reminder",
                    kernel.tenancy.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="follow_ups",
                        to="dunning.reminder",
                    ),
                ),
            ],
            options={
                "ordering": ("due_at", "id"),
                "indexes": [
                    models.Index(
                        condition=models.Q(("closed_at", None)),
                        fields=["tenant_id", "kind", "due_at"],
                        name="follow_up_open",
                    ),
                    models.Index(fields=["tenant_id", "customer"], name="follow_up_by_customer"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "ask_sales"), _negated=True),
                            models.Q(
                                ("owner__isnull", False), models.Q(("words", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="follow_up_question_to_somebody",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "ask_sales"), _negated=True),
                            ("closed_at", None),
                            models.Q(("answer", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="follow_up_question_closed_by_answer",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="paymentodds",
            constraint=kernel.tenancy.TenantUnique(
                fields=("tenant_id", "customer", "lateness"), name="payment_odds_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="paymentodds",
            constraint=models.CheckConstraint(
                condition=models.Q(("paid__lte", models.F("lines"))),
                name="payment_odds_paid_within_lines",
            ),
        ),
        migrations.AddConstraint(
            model_name="paymentodds",
            constraint=models.CheckConstraint(
                condition=models.Q(("segment_chance__gte", 0), ("segment_chance__lte", 1)),
                name="payment_odds_chance_is_a_share",
            ),
        ),
        Wall("PaymentOdds"),
        Wall("ChannelResponse"),
        Wall("AdviceOverride"),
        Wall("FollowUp"),
    ]
