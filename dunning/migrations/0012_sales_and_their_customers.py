from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("dunning", "0011_letters_to_post")]

    operations: ClassVar = []
