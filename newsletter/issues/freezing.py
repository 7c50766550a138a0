"""Rows become frozen values: the edition that is rendered, the sender it comes from, and copies to compare with."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from newsletter.articles.pictures import media_keys
from newsletter.articles.text import direction, excerpts
from newsletter.conf import Config
from newsletter.issues import publications, queries, subject_lines
from newsletter.issues.edition import Edition, Image, Story, with_token_key
from newsletter.issues.models import Entry, Issue, Publication

FRAME = ("publication", "tagline", "language", "theme", "accent", "sender_name", "postal_address", "reason", "home_url")
"""What stands around the stories and comes from the publication, not from the issue."""


def edition_of(
    issue: Issue, *, config: Config, now: datetime, test: bool = False, send_at: datetime | None = None
) -> Edition:
    """The issue as it reads now, overrides applied.

    Its date is the day of ``send_at``, else of the issue's own time, else of ``now``, in the publication's zone.
    """
    publication = issue.publication
    moment = send_at or issue.send_at or now
    entries = list(queries.entries_of(issue, with_texts=True))
    subject, preheader = subject_lines.of(issue, entries)
    edition = Edition(
        publication=publication.name,
        tagline=publication.tagline,
        number=issue.number,
        subject=subject,
        preheader=preheader,
        introduction=issue.introduction,
        stories=tuple(_story(entry, base_url=config.base_url) for entry in entries),
        language=publication.language,
        direction=direction.of(publication.language),
        date=moment.astimezone(publications.zone_of(publication.time_zone)),
        theme=publication.theme,
        accent=publication.accent,
        sender_name=publication.sender_name,
        postal_address=publication.postal_address,
        reason=publication.reason,
        base_url=config.base_url,
        browser_url=f"{config.base_url}/read/{issue.public_id}/",
        token_key="",
        test=test,
        taken_out=tuple(str(title) for title in issue.taken_out),
    )
    return with_token_key(edition, secret=config.message_key)


def _story(entry: Entry, *, base_url: str) -> Story:
    article = entry.article
    standfirst = entry.standfirst or article.standfirst
    excerpt = None if standfirst else _excerpt(entry)
    # A note so short that its first sentences are all of it has nothing to be read on for.
    short = excerpt is not None and excerpt.whole and not article.url
    return Story(
        id=entry.pk,
        title=entry.title or article.title,
        standfirst=standfirst,
        body=media_keys.with_addresses(article.body, base_url=base_url),
        full=entry.show == Entry.Show.FULL or short,
        excerpt=excerpt.text if excerpt else "",
        byline=article.byline,
        kicker=entry.kicker or article.kicker,
        url=article.url,
        image=_image(entry, base_url=base_url),
        language=article.language,
        direction=article.direction,
        topics=tuple(str(topic) for topic in article.topics),
        article=article.pk,
    )


def _excerpt(entry: Entry) -> excerpts.Excerpt:
    article = entry.article
    return excerpts.of(article.body, language=article.language, title=article.title, byline=article.byline)


def _image(entry: Entry, *, base_url: str) -> Image | None:
    picture = entry.article.picture
    if picture is None or not entry.show_picture:
        return None
    return Image(
        url=media_keys.address(picture.file, base_url=base_url),
        width=picture.width,
        height=picture.height,
        alt=entry.picture_alt or entry.article.picture_alt,
        credit=entry.article.picture_credit,
    )


def sender_of(issue: Issue) -> dict[str, str]:
    """Who the issue comes from, as JSON: what an approval keeps and `delivery.message.sender.Sender` is made of."""
    publication: Publication = issue.publication
    domain = publication.sender_address.rpartition("@")[2]
    return {
        "name": publication.sender_name,
        "address": publication.sender_address,
        "reply_to": publication.reply_to,
        "list_name": publication.name,
        # RFC 2919: stable for the life of the list, and below a domain that is ours.
        "list_id": f"{publication.slug}.{domain}",
        "bounce_domain": publication.bounce_domain or domain,
    }


def stories_as_json(edition: Edition) -> list[dict[str, Any]]:
    """The stories, copied; what `Approval.entries` keeps."""
    return [asdict(story) | {"topics": list(story.topics)} for story in edition.stories]


def frame_as_json(edition: Edition) -> dict[str, str]:
    """What stands around the stories, copied; what `Approval.frame` keeps."""
    return {name: getattr(edition, name) for name in FRAME} | {"date": edition.date.date().isoformat()}
