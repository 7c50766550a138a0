"""Articles, the sources they come from, and the pictures we keep for them."""

from django.db import models

from newsletter.stored import SentenceField


class Source(models.Model):
    """A feed that is fetched again and again. A page or file that is added once needs no source."""

    url = models.URLField(max_length=2000, unique=True)
    title = models.CharField(max_length=300, blank=True)
    language = models.CharField(max_length=20, blank=True, help_text="Given by a person; empty: detected.")
    etag = models.CharField(max_length=500, blank=True)
    last_modified = models.CharField(max_length=200, blank=True)
    fetched_at = models.DateTimeField(null=True, blank=True)
    last_error = SentenceField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["title", "pk"]

    def __str__(self) -> str:
        return self.title or self.url


class Picture(models.Model):
    """An image fetched once, re-encoded and served by us; its file name is the hash of its bytes."""

    digest = models.CharField(max_length=64, unique=True)
    file = models.CharField(max_length=100, help_text="Path below the media directory.")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.PositiveIntegerField(help_text="Bytes.")
    source_url = models.CharField(max_length=2000, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.file


class Article(models.Model):
    """A piece that a newsroom published."""

    class Direction(models.TextChoices):
        LTR = "ltr", "Left to right"
        RTL = "rtl", "Right to left"

    source = models.ForeignKey(Source, null=True, blank=True, on_delete=models.SET_NULL, related_name="articles")
    title = models.CharField(max_length=500)
    standfirst = models.TextField(blank=True, help_text="Plain text.")
    body = models.TextField(blank=True, help_text="Sanitised HTML.")
    byline = models.CharField(max_length=300, blank=True)
    kicker = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=20, default="en", help_text="BCP 47 tag.")
    direction = models.CharField(max_length=3, choices=Direction.choices, default=Direction.LTR)
    topics = models.JSONField(default=list, blank=True)
    url = models.CharField(max_length=2000, blank=True, help_text="Canonical URL; empty for a text of our own.")
    url_key = models.CharField(
        max_length=64, null=True, blank=True, unique=True, help_text="Hash of the URL, normalised."
    )
    text_key = models.CharField(max_length=64, unique=True, help_text="Hash of the words, normalised.")
    picture = models.ForeignKey(Picture, null=True, blank=True, on_delete=models.SET_NULL, related_name="articles")
    picture_alt = models.CharField(max_length=500, blank=True)
    picture_credit = models.CharField(max_length=200, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    added_at = models.DateTimeField()
    origin = models.CharField(max_length=2000, blank=True, help_text="File name or URL it was added from.")
    left_out = models.JSONField(
        default=list, blank=True, help_text="What was kept out of the body, why and from where; and what was put back."
    )
    kept_back = models.CharField(
        max_length=20, blank=True, help_text="Why it goes into no issue until a person says so: draft, members."
    )

    class Meta:
        ordering = ["-added_at", "-pk"]
        indexes = [models.Index(fields=["-added_at", "-id"], name="article_newest")]

    def __str__(self) -> str:
        return self.title
