"""To which server an administrator accepted that mail travels without encryption, by its name."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0012_token_key")]

    operations = [
        migrations.AddField(
            model_name="transport",
            name="clear_accepted",
            field=models.CharField(
                blank=True,
                default="",
                help_text="The host to which mail without encryption was accepted, by its name.",
                max_length=253,
            ),
            preserve_default=False,
        ),
    ]
