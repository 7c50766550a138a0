"""What a page shows of an issue before its approval: a digest of the whole, and a short digest of each part."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from newsletter.issues import freezing
from newsletter.issues.edition import Edition
from newsletter.translatable import Translatable
from newsletter.translatable import Translatable as _

_SHORT = 12
"""Hexadecimal digits of a part's digest: it only chooses words, the digest of all decides."""
_STORY = "story:"
_MOST = 20_000
"""Characters of a note that came back from a page; a longer note is not ours."""


def digest(*, renditions: Sequence[str], sender: Mapping[str, Any], audience: Mapping[str, Any]) -> str:
    """SHA-256 over what is shown: the renditions' digests, the sender and the audience rule."""
    return _hash({"renditions": sorted(renditions), "sender": dict(sender), "audience": dict(audience)})


def note(edition: Edition, *, sender: Mapping[str, Any], audience: Mapping[str, Any]) -> str:
    """A short digest of each part, as JSON: what a page carries, so that it can say later what changed."""
    frame = freezing.frame_as_json(edition)
    frame.pop("date")
    parts: dict[str, Any] = {
        "subject": edition.subject,
        "preheader": edition.preheader,
        "introduction": edition.introduction,
        "date": edition.date.date().isoformat(),
        "frame": frame,
        "sender": dict(sender),
        "audience": dict(audience),
        "order": [story.id for story in edition.stories],
    }
    stories = {f"{_STORY}{story['id']}": story for story in freezing.stories_as_json(edition)}
    return json.dumps({name: _hash(part)[:_SHORT] for name, part in (parts | stories).items()})


def differences(before: str, after: str, *, edition: Edition) -> list[Translatable]:
    """What is different now, a sentence for each part; ``before`` comes from a page and may be any text."""
    was, is_now = _read(before), _read(after)
    changed = {name for name, part in is_now.items() if was.get(name) != part}
    if not was:
        return []
    return [*_lines(changed), *_stories(was, is_now, changed, edition=edition)]


def is_only_dated_otherwise(before: str, after: str) -> bool:
    """True when nothing but the date of the mail is different, as for another time; ``before`` comes from a page."""
    was, is_now = _read(before), _read(after)
    return {name for name in was.keys() | is_now.keys() if was.get(name) != is_now.get(name)} == {"date"}


def _lines(changed: set[str]) -> Iterator[Translatable]:
    words = {
        "date": _("The date in the mail changed."),
        "subject": _("The subject changed."),
        "preheader": _("The preview line changed."),
        "introduction": _("The introduction changed."),
        "frame": _("The newsletter’s design or footer changed."),
        "sender": _("The sender changed."),
        "audience": _("The list of subscribers changed."),
    }
    yield from (text for name, text in words.items() if name in changed)


def _stories(
    was: Mapping[str, str], is_now: Mapping[str, str], changed: Iterable[str], *, edition: Edition
) -> Iterator[Translatable]:
    titles = {f"{_STORY}{story.id}": story.title for story in edition.stories}
    for name in sorted(set(changed) & set(titles)):
        if name in was:
            yield _("The story “%(title)s” changed.", title=titles[name])
        else:
            yield _("The story “%(title)s” is new.", title=titles[name])
    gone = [name for name in was if name.startswith(_STORY) and name not in is_now]
    if gone:
        yield _("A story was taken out.")
    elif "order" in changed and not any(name not in was for name in titles):
        yield _("The order of the stories changed.")


def _read(raw: str) -> dict[str, str]:
    try:
        found = json.loads(raw) if len(raw) <= _MOST else {}
    except (ValueError, RecursionError):
        return {}
    return {str(name): str(part) for name, part in found.items()} if isinstance(found, dict) else {}


def _hash(part: Any) -> str:
    return hashlib.sha256(json.dumps(part, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
