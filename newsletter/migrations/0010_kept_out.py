"""What was kept out of an article's text, and articles that say themselves that they are not for every reader yet."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0008_suggested_lines")]

    operations = [
        migrations.AddField(
            model_name="article",
            name="left_out",
            field=models.JSONField(
                blank=True,
                default=list,
                help_text="What was kept out of the body, why and from where; and what was put back.",
            ),
        ),
        migrations.AddField(
            model_name="article",
            name="kept_back",
            field=models.CharField(
                blank=True,
                help_text="Why it goes into no issue until a person says so: draft, members.",
                max_length=20,
            ),
        ),
    ]
