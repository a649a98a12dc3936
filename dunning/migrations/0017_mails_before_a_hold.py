from typing import ClassVar

from django.db import migrations, models

KINDS = [
    ("departure", "A message to a protected customer is about to leave"),
    ("objection", "Sales object to a message"),
    ("decision", "What became of an objection"),
    ("question", "Question to sales"),
    ("late", "Question to sales without an answer"),
    ("back", "Question to sales that came back"),
    ("answer", "Answer of sales"),
    ("promise", "Recap of a promise"),
    ("deadlines", "Alerts of the legal clock"),
    ("escalation", "Customers who get very late"),
    ("copies", "Copies of invoices that were asked for"),
    ("hold", "A hold is about to fall"),
]


class Migration(migrations.Migration):
    dependencies: ClassVar = [("dunning", "0016_mails_about_late_customers")]

    operations: ClassVar = [
        migrations.AlterField(
            model_name="sidemail",
            name="kind",
            field=models.CharField(choices=KINDS, max_length=10),
        ),
    ]
