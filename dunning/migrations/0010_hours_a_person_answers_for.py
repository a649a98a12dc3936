from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("dunning", "0009_advice_and_its_overrides")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="reminder",
            name="leaves_any_hour",
            field=models.BooleanField(default=False, db_default=False),
        ),
        # The former release goes on writing pauses and messages while this one is rolled out.
        migrations.AlterField(
            model_name="pause",
            name="exclusion",
            field=models.CharField(
                choices=[
                    ("paused", "Paused"),
                    ("promised", "Promised"),
                    ("payment_plan", "In a payment plan"),
                    ("bill_in_hand", "Bill or cheque in hand"),
                    ("assigned_to_factor", "Assigned to a factor"),
                    ("invoice_not_received", "Invoice not received"),
                    ("entrusted", "Entrusted to an agency"),
                    ("legal", "At court"),
                    ("insolvency", "Insolvency"),
                ],
                db_default="paused",
                default="paused",
                max_length=25,
            ),
        ),
        migrations.AlterField(
            model_name="renderedmessage",
            name="facts",
            field=models.JSONField(db_default={}, default=dict),
        ),
    ]
