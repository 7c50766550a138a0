"""What changed after an approval and does not reach the approved bytes: compared, so that pages can show it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from newsletter.articles.pictures import media_keys
from newsletter.conf import Config
from newsletter.issues import freezing, publications, queries
from newsletter.issues.edition import Edition
from newsletter.issues.models import Approval, Issue
from newsletter.translatable import Translatable
from newsletter.translatable import Translatable as _

_STORY_WORDS = {
    "title": _("title"),
    "standfirst": _("summary"),
    "body": _("text"),
    "byline": _("byline"),
    "kicker": _("label"),
    "url": _("link"),
    "image": _("picture"),
    "language": _("language"),
    "direction": _("reading direction"),
    "full": _("length"),
    "topics": _("topics"),
}
_FRAME_WORDS = {
    "publication": _("newsletter’s name"),
    "tagline": _("tagline"),
    "language": _("language"),
    "theme": _("theme"),
    "accent": _("accent colour"),
    "sender_name": _("sender’s name"),
    "postal_address": _("postal address"),
    "reason": _("reason in the footer"),
    "home_url": _("home page"),
}
# The sender's and the list's name are told with the frame.
_SENDER_WORDS = {
    "address": _("sender’s address"),
    "reply_to": _("reply address"),
    "list_id": _("list ID"),
    "bounce_domain": _("bounce domain"),
}


@dataclass(frozen=True, kw_only=True)
class Change:
    """A part of the issue that is different now from what was approved."""

    kind: str
    """story, frame, sender, audience or date."""
    name: str
    """The part that changed, in words for the page: "title"."""
    story: str = ""
    """Title of the story, as approved."""
    was: str = ""
    is_now: str = ""

    @property
    def text(self) -> Translatable:
        """One sentence for the page."""
        if self.kind == "date":
            return _(
                "It is dated %(was)s, but would go out on %(is_now)s. Approve it again to change the date.",
                was=self.was,
                is_now=self.is_now,
            )
        if self.story:
            return _(
                "The %(part)s of “%(story)s” changed after the approval. The approved version goes out.",
                part=self.name,
                story=self.story,
            )
        return _("The %(part)s changed after the approval. The approved version goes out.", part=self.name)


def changes_since_approval(
    issue: Issue,
    *,
    config: Config,
    now: datetime,
    audience: Mapping[str, Any] | None = None,
    goes_out: datetime | None = None,
) -> list[Change]:
    """What later changes of articles, publication or time do not reach the approved bytes; empty for a draft.

    ``goes_out``: when the issue is expected to go; None: its own time, if any.
    """
    approval = queries.approval_in_force(issue)
    if approval is None:
        return []
    edition = freezing.edition_of(issue, config=config, now=now)
    return [
        *_stories(approval, edition),
        *_parts("frame", approval.frame, freezing.frame_as_json(edition), _FRAME_WORDS),
        *_sender(approval, issue),
        *_audience(approval, audience),
        *_date(approval, issue, goes_out=goes_out or issue.send_at),
    ]


def _stories(approval: Approval, edition: Edition) -> Iterator[Change]:
    current = {story["id"]: story for story in freezing.stories_as_json(edition)}
    for was in approval.entries:
        now = current.get(was["id"])
        if now is not None:
            yield from _parts("story", _comparable(was), _comparable(now), _STORY_WORDS, story=was["title"])


def _comparable(story: Mapping[str, Any]) -> dict[str, Any]:
    """Without our own address in front of the pictures, which an admin may move."""
    image = story.get("image")
    image = {**image, "url": image["url"].rpartition("/media/")[2]} if image else None
    return {**story, "image": image, "body": media_keys.comparable(story["body"])}


def _sender(approval: Approval, issue: Issue) -> Iterator[Change]:
    yield from _parts("sender", approval.sender, freezing.sender_of(issue), _SENDER_WORDS)


def _audience(approval: Approval, audience: Mapping[str, Any] | None) -> Iterator[Change]:
    if audience is not None and approval.audience != dict(audience):
        yield Change(kind="audience", name=_("list of subscribers"))


def _date(approval: Approval, issue: Issue, *, goes_out: datetime | None) -> Iterator[Change]:
    if goes_out is None or "date" not in approval.frame:
        return
    day = goes_out.astimezone(publications.zone_of(issue.publication.time_zone)).date().isoformat()
    if day != approval.frame["date"]:
        yield Change(kind="date", name="date", was=approval.frame["date"], is_now=day)


def _parts(
    kind: str, was: Mapping[str, Any], now: Mapping[str, Any], words: Mapping[str, str], *, story: str = ""
) -> Iterator[Change]:
    for key, word in words.items():
        if key in was and was[key] != now.get(key):
            yield Change(kind=kind, name=word, story=story, was=_short(was[key]), is_now=_short(now.get(key)))


def _short(value: object) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= 200 else text[:199] + "…"
