from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("credit", "0002_requests_and_circuits")]

    operations: ClassVar = []
