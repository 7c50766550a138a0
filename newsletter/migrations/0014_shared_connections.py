"""A server's connections are divided among all worker processes of a host."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0013_clear_accepted")]

    operations = [
        migrations.AlterField(
            model_name="transport",
            name="max_connections",
            field=models.PositiveSmallIntegerField(default=5, help_text="Of all workers of one host together."),
        ),
    ]
