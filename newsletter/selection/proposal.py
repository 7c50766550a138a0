"""The choice itself: candidates and a rule become an ordered proposal, each story with its reason. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.selection.rules import Rule


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """What the choice needs to know about an article."""

    id: int
    language: str
    at: datetime
    """When it was published, else when it was added."""
    topics: tuple[str, ...] = ()
    source: str = ""
    """Name of where it came from; empty: its own."""
    title: str = ""
    used: bool = False
    """It was in an issue of this publication already."""


@dataclass(frozen=True, kw_only=True)
class Pick:
    """One proposed story, with why in words for an editor."""

    id: int
    reason: str


def propose(candidates: Iterable[Candidate], rule: Rule, *, now: datetime) -> list[Pick]:
    """The newest candidates that the rule allows, newest first; the order they are given in does not matter.

    Never one that was used, nor one whose time of publication is still to come; of several with one headline only
    the newest.
    """
    fitting = {c.id: c for c in candidates if _fits(c, rule, now=now)}
    taken: Counter[str] = Counter()
    headlines: set[str] = set()
    picks: list[Pick] = []
    for candidate in sorted(fitting.values(), key=lambda c: (-c.at.timestamp(), -c.id)):
        if rule.per_source is not None and candidate.source and taken[candidate.source] >= rule.per_source:
            continue
        headline = " ".join(candidate.title.casefold().split())
        if headline in headlines:
            continue
        headlines |= {headline} if headline else set()
        taken[candidate.source] += 1
        picks.append(Pick(id=candidate.id, reason=_reason(candidate, rule, now=now)))
        if len(picks) == rule.max_stories:
            break
    return picks


def _fits(candidate: Candidate, rule: Rule, *, now: datetime) -> bool:
    if candidate.used or candidate.at > now:
        return False
    if rule.max_age_hours is not None and now - candidate.at > timedelta(hours=rule.max_age_hours):
        return False
    if rule.languages and not any(_speaks(candidate.language, wanted) for wanted in rule.languages):
        return False
    topics = {topic.casefold() for topic in candidate.topics}
    if topics & set(rule.exclude_topics):
        return False
    return not rule.topics or bool(topics & set(rule.topics))


def _speaks(language: str, wanted: str) -> bool:
    """`en` takes `en` and `en-GB` (RFC 4647 §3.3.1, basic filtering)."""
    language = language.casefold()
    return language == wanted or language.startswith(wanted + "-")


def _reason(candidate: Candidate, rule: Rule, *, now: datetime) -> str:
    parts = [f"Not used yet, {age_in_words(now - candidate.at)}"]
    wanted = [topic for topic in candidate.topics if topic.casefold() in rule.topics]
    if wanted:
        parts.append(f"about {', '.join(wanted)}")
    if candidate.source:
        parts.append(f"from {candidate.source}")
    return "; ".join(parts) + "."


def age_in_words(age: timedelta) -> str:
    """How long ago, roundly: "2 hours old"."""
    minutes = int(age.total_seconds() // 60)
    for size, word in ((1440, "day"), (60, "hour")):
        if minutes >= size:
            count = minutes // size
            return f"{count} {word}{'' if count == 1 else 's'} old"
    return "new within the hour"
