"""Pictures in stored texts lose the host of the day they were added, and get the size of their file.

What was approved before stories without an address became summaries stays as it was approved: whole.
"""

import re
from html import unescape

from django.conf import settings
from django.db import migrations, models

_IMAGE = re.compile(r'<img(?: [a-z-]+="[^"]*")*>')
_ATTRIBUTE = re.compile(r' ([a-z-]+)="([^"]*)"')
_FILE = re.compile(r"(?:https?://[^/]+(?:/.*)?/media/|media:)([0-9a-f]{2}/[0-9a-f]{64}\.(?:jpg|png))")
_ICON = 64
_AT_ONCE = 200


def without_host(apps, schema_editor):
    picture, article = apps.get_model("newsletter", "Picture"), apps.get_model("newsletter", "Article")
    sizes = {file: (width, height) for file, width, height in picture.objects.values_list("file", "width", "height")}

    def stored(tag):
        values = dict(_ATTRIBUTE.findall(tag[0]))
        found = _FILE.fullmatch(unescape(values.pop("src", "")))
        if found is None or found[1] not in sizes:
            return tag[0]
        width, height = _size(values.pop("width", ""), values.pop("height", ""), *sizes[found[1]])
        kept = {"src": f"media:{found[1]}", "alt": values.pop("alt", ""), "width": width, "height": height} | values
        return "<img" + "".join(f' {name}="{value}"' for name, value in kept.items()) + ">"

    _rewrite(article, stored)


def with_host(apps, schema_editor):
    host = settings.NEWSLETTER.base_url
    _rewrite(
        apps.get_model("newsletter", "Article"), lambda tag: tag[0].replace(' src="media:', f' src="{host}/media/')
    )


def whole_where_approved(apps, schema_editor):
    entries = apps.get_model("newsletter", "Entry").objects.filter(show="summary", article__url="")
    entries.exclude(issue__state="draft").update(show="full")


def _size(given_width, given_height, width, height):
    wanted = [
        int(given) / real
        for given, real in ((given_width, width), (given_height, height))
        if given.isdecimal() and 0 < int(given) <= _ICON
    ]
    scale = min([1.0, *wanted])
    return max(1, round(width * scale)), max(1, round(height * scale))


def _rewrite(article, change):
    changed = []
    for row in article.objects.filter(body__contains="<img").only("pk", "body").iterator(chunk_size=_AT_ONCE):
        body = _IMAGE.sub(change, row.body)
        if body != row.body:
            row.body = body
            changed.append(row)
        if len(changed) >= _AT_ONCE:
            article.objects.bulk_update(changed, ["body"])
            changed = []
    article.objects.bulk_update(changed, ["body"])


class Migration(migrations.Migration):

    dependencies = [
        ('newsletter', '0008_suggested_lines'),
    ]

    operations = [
        migrations.AlterField(
            model_name='rendition',
            name='format',
            field=models.CharField(default='full', help_text='full, or web where the page in the browser holds more.', max_length=12),
        ),
        migrations.RunPython(without_host, with_host),
        migrations.RunPython(whole_where_approved, migrations.RunPython.noop),
    ]
