"""How lists present themselves to readers: as the newsletters that they get by them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from newsletter.delivery.message import headers
from newsletter.issues import queries
from newsletter.issues.models import Publication
from newsletter.rendering import colours
from subscribers.api import Letterhead

NAMED = 3
"""Newsletters of a list that are named singly; of more, the list's own name says it better."""


def by_list() -> Mapping[int, Letterhead]:
    """The letterhead of each list that a newsletter goes to (`SUBSCRIBERS["LETTERHEADS"]`), in one query."""
    found: dict[int, list[Publication]] = defaultdict(list)
    for publication in queries.publications().order_by("pk"):
        found[publication.list_id].append(publication)
    return {list_id: _letterhead(some) for list_id, some in found.items()}


def _letterhead(publications: Sequence[Publication]) -> Letterhead:
    """Who joins or leaves a list does so for all of its newsletters; the oldest of them lends sender and colour."""
    oldest = publications[0]
    accent = colours.accent(oldest.accent)
    comma = "، " if oldest.language.split("-")[0] == "fa" else ", "
    return Letterhead(
        name=comma.join(publication.name for publication in publications) if len(publications) <= NAMED else "",
        language=oldest.language,
        sender=f"{headers.phrase(headers.tidy(oldest.sender_name))} <{oldest.sender_address}>",
        reply_to=oldest.reply_to,
        accent=accent.light,
        accent_dark=accent.dark,
    )
