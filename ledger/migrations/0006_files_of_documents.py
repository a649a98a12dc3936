from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("ledger", "0005_languages_customers_read")]

    operations: ClassVar = []
