from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("dunning", "0012_sales_and_their_customers")]

    operations: ClassVar = []
