"""The choice itself: candidates and a rule become an ordered proposal, each story with its reason. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.selection.rules import Rule
from newsletter.translatable import Plural
from newsletter.translatable import Translatable as _


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """What the choice needs to know about an article."""

    id: int
    language: str
    at: datetime
    """When it was published, else when it was added."""
    topics: tuple[str, ...] = ()
    source: str = ""
    """Name of the source that it came from; "": added by hand."""
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Pick:
    """One proposed story, with why in words for an editor."""

    id: int
    reason: str


def propose(candidates: Iterable[Candidate], rule: Rule, *, now: datetime) -> list[Pick]:
    """The newest candidates that the rule allows, newest first; the order they are given in does not matter.

    Never an article whose time of publication is still to come; of several with the same headline only the newest.
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
    if candidate.at > now:
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
    age = age_in_words(now - candidate.at)
    topics = ", ".join(topic for topic in candidate.topics if topic.casefold() in rule.topics)
    source = candidate.source
    if topics and source:
        return _("Not used yet, %(age)s; about %(topics)s; from %(source)s.", age=age, topics=topics, source=source)
    if topics:
        return _("Not used yet, %(age)s; about %(topics)s.", age=age, topics=topics)
    if source:
        return _("Not used yet, %(age)s; from %(source)s.", age=age, source=source)
    return _("Not used yet, %(age)s.", age=age)


def age_in_words(age: timedelta) -> str:
    """How long ago, roundly: "2 hours old"."""
    minutes = int(age.total_seconds() // 60)
    if minutes >= 1440:
        return Plural("%(n)s day old", "%(n)s days old", n=minutes // 1440)
    if minutes >= 60:
        return Plural("%(n)s hour old", "%(n)s hours old", n=minutes // 60)
    return _("new within the hour")
