from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("dunning", "0014_stored_simulations")]

    operations: ClassVar = []
