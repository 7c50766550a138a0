"""Publications, issues, their entries, and the approvals that freeze them."""

from datetime import timedelta

from django.db import models

from newsletter.articles.models import Article
from newsletter.issues.states import IssueState
from newsletter.stored import SentenceField


class Publication(models.Model):
    """A newsletter as its readers know it."""

    class EmptySlot(models.TextChoices):
        REVIEW = "review", "Draft it, tell the approvers and wait"
        AUTOMATIC = "automatic", "Send the suggested stories"

    class UncertainPolicy(models.TextChoices):
        HOLD = "hold", "Hold for a person"
        AGAIN = "again", "Send again with the same Message-ID"

    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=60, unique=True)
    list_id = models.BigIntegerField(help_text="Id of a list in `subscribers`; opaque here.")
    language = models.CharField(max_length=20, default="en")
    theme = models.CharField(max_length=40, default="gazette")
    accent = models.CharField(max_length=7, default="#8a1c1c", help_text="#rrggbb")
    tagline = models.CharField(max_length=300, blank=True)
    sender_name = models.CharField(max_length=200)
    sender_address = models.CharField(max_length=254)
    reply_to = models.CharField(max_length=254, blank=True)
    bounce_domain = models.CharField(max_length=253, blank=True, help_text="Empty: the sender's domain.")
    postal_address = models.TextField(blank=True)
    reason = models.TextField(blank=True, help_text="Why readers get this, shown in the footer.")
    time_zone = models.CharField(max_length=64, default="UTC")
    cadence = models.CharField(max_length=100, blank=True, help_text="Five cron fields, in the time zone.")
    empty_slot = models.CharField(max_length=12, choices=EmptySlot.choices, default=EmptySlot.REVIEW)
    rule = models.JSONField(default=dict, blank=True, help_text="Selection rule, see newsletter.selection.")
    second_person = models.BooleanField(default=False, help_text="Whoever edited last may not approve.")
    uncertain_policy = models.CharField(max_length=8, choices=UncertainPolicy.choices, default=UncertainPolicy.HOLD)
    useful_life_hours = models.PositiveIntegerField(default=96, help_text="After this, nothing more is tried.")
    refusal_limit = models.PositiveSmallIntegerField(
        default=10, help_text="Percent of refused recipients at which an issue pauses by itself; 0: never."
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class Issue(models.Model):
    """One numbered edition of a publication."""

    publication = models.ForeignKey(Publication, on_delete=models.PROTECT, related_name="issues")
    number = models.PositiveIntegerField()
    public_id = models.CharField(max_length=32, unique=True, help_text="Random; names the issue in public links.")
    subject = models.CharField(max_length=300, blank=True)
    preheader = models.CharField(max_length=300, blank=True)
    subject_written = models.BooleanField(default=True, help_text="By a person; else it follows the stories.")
    preheader_written = models.BooleanField(default=True, help_text="By a person; else it follows the stories.")
    taken_out = models.JSONField(default=list, blank=True, help_text="Headlines of stories that were taken out.")
    introduction = models.TextField(blank=True, help_text="Markdown, with merge fields such as {{name}}.")
    state = models.CharField(max_length=12, default=IssueState.DRAFT, choices=[(s.value, s.value) for s in IssueState])
    state_reason = SentenceField(blank=True, help_text="Why it is held, paused or cancelled.")
    send_at = models.DateTimeField(null=True, blank=True, help_text="UTC; null: at the next slot, or by hand.")
    useful_life_hours = models.PositiveIntegerField(null=True, blank=True, help_text="Null: the publication's.")
    uncertain_policy = models.CharField(
        max_length=8, blank=True, choices=Publication.UncertainPolicy.choices, help_text="Empty: the publication's."
    )
    edited_by = models.CharField(max_length=64, blank=True, help_text="Opaque id of who edited last.")
    version = models.PositiveIntegerField(default=1, help_text="Grows with each edit; guards against lost updates.")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["publication", "number"], name="issue_number_once")]
        indexes = [models.Index(fields=["state"], name="issue_state")]

    def __str__(self) -> str:
        return self.subject or f"{self.publication} {self.number}"

    @property
    def useful_life(self) -> timedelta:
        """How long after its release it is still worth being tried."""
        return timedelta(hours=self.useful_life_hours or self.publication.useful_life_hours)


class Entry(models.Model):
    """An article's place in an issue, with what the editor says differently there (empty: as in the article)."""

    class Show(models.TextChoices):
        SUMMARY = "summary", "Summary with a link"
        FULL = "full", "The whole text"

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="entries")
    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="entries")
    position = models.PositiveIntegerField()
    title = models.CharField(max_length=500, blank=True)
    standfirst = models.TextField(blank=True)
    kicker = models.CharField(max_length=120, blank=True)
    picture_alt = models.CharField(max_length=500, blank=True)
    show_picture = models.BooleanField(default=True)
    show = models.CharField(max_length=8, choices=Show.choices, default=Show.SUMMARY)
    why = SentenceField(blank=True, help_text="Reason given by the selection, if it proposed it.")

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["issue", "article"], name="entry_article_once")]

    def __str__(self) -> str:
        return self.title or str(self.article)


class Rendition(models.Model):
    """An issue rendered once for everybody who reads the same version; written when approved, never changed."""

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="renditions")
    language = models.CharField(max_length=20)
    format = models.CharField(
        max_length=12, default="full", help_text="full, or web where the page in the browser holds more."
    )
    topics = models.CharField(max_length=64, blank=True, help_text="Key of a choice of topics; empty: all.")
    digest = models.CharField(max_length=64, help_text="SHA-256 over subject, HTML and text.")
    subject = models.TextField()
    html = models.TextField()
    text = models.TextField()
    token_key = models.CharField(
        max_length=32, blank=True, help_text="Tells its places for personal values; empty before each had its own."
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["issue", "language", "format", "topics", "digest"], name="rendition_once")
        ]

    def __str__(self) -> str:
        return f"{self.language} {self.format} {self.digest[:12]}"


class Approval(models.Model):
    """A person's consent to send exactly these bytes, to this audience rule, at this time."""

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="approvals")
    approved_by = models.CharField(max_length=64, help_text="Opaque id of a person.")
    approved_at = models.DateTimeField()
    digest = models.CharField(max_length=64, help_text="SHA-256 over rendition digests, audience rule and time.")
    renditions = models.ManyToManyField(Rendition, related_name="approvals")
    entries = models.JSONField(help_text="The entries as they were, copied.")
    frame = models.JSONField(default=dict, help_text="What stands around them as it was: masthead, theme, footer.")
    sender = models.JSONField(help_text="Sender, reply address, list name and bounce domain as they were.")
    audience = models.JSONField(help_text="The audience rule, not its members.")
    send_at = models.DateTimeField(null=True, blank=True)
    voided_at = models.DateTimeField(null=True, blank=True)
    void_reason = SentenceField(blank=True)

    class Meta:
        ordering = ["-approved_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["issue"], condition=models.Q(voided_at__isnull=True), name="approval_one_in_force"
            )
        ]

    def __str__(self) -> str:
        return self.digest[:12]
