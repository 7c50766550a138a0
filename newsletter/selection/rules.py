"""What a publication asks of its stories: a rule, read from JSON and checked key by key. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from newsletter.errors import InvalidInput
from newsletter.translatable import Quantity
from newsletter.translatable import Translatable as _

DEFAULT_STORIES = 8
MOST_STORIES = 50
LONGEST_AGE_HOURS = 24 * 366


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Which articles are proposed; newest first always."""

    max_stories: int = DEFAULT_STORIES
    min_stories: int = 1
    """With fewer there is nothing worth an issue."""
    languages: tuple[str, ...] = ()
    """Language tags; `en` takes `en-GB` too. Empty: every language."""
    topics: tuple[str, ...] = ()
    """At least one of these. Empty: every topic, and articles without any."""
    exclude_topics: tuple[str, ...] = ()
    max_age_hours: int | None = None
    per_source: int | None = None
    """At most so many from one source."""


_LIMITS = {
    "max_stories": (1, MOST_STORIES),
    "min_stories": (1, MOST_STORIES),
    "max_age_hours": (1, LONGEST_AGE_HOURS),
    "per_source": (1, MOST_STORIES),
}
_LISTS = ("languages", "topics", "exclude_topics")
_OPTIONAL = ("max_age_hours", "per_source")


def parse(data: Mapping[str, Any]) -> Rule:
    """The rule that the JSON says. Raises InvalidInput whose field is the key."""
    if not isinstance(data, Mapping):
        raise InvalidInput(_('A selection rule is a JSON object, such as {"max_stories": 6}.'), field="rule")
    values: dict[str, Any] = {}
    for key, value in data.items():
        if key in _LIMITS:
            if value is None and key in _OPTIONAL:
                continue
            values[key] = _number(key, value)
        elif key in _LISTS:
            values[key] = _words(key, value)
        else:
            known = ", ".join([*_LIMITS, *_LISTS])
            message = _("The selection rule has no key “%(key)s”. It knows %(known)s.", key=key, known=known)
            raise InvalidInput(message, field=str(key))
    rule = Rule(**values)
    if rule.min_stories > rule.max_stories:
        message = _("The minimum number of stories is larger than the maximum. Change one of the two.")
        raise InvalidInput(message, field="min_stories")
    both = sorted(set(rule.topics) & set(rule.exclude_topics))
    if both:
        message = _("The topic “%(topic)s” is both wanted and excluded. Remove it from one of the two.", topic=both[0])
        raise InvalidInput(message, field="exclude_topics")
    return rule


def to_json(rule: Rule) -> dict[str, Any]:
    """The rule as JSON, only what differs from the defaults."""
    default = asdict(Rule())
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in asdict(rule).items()
        if value != default[key]
    }


def _number(key: str, value: object) -> int:
    least, most = _LIMITS[key]
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        message = _(
            "%(key)s is %(value)s: write a whole number from %(least)s to %(most)s.",
            key=key,
            value=repr(value),
            least=Quantity(least),
            most=Quantity(most),
        )
        raise InvalidInput(message, field=key)
    return value


def _words(key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(word, str) and word.strip() for word in value):
        message = _('%(key)s is %(value)s: write a list of words, such as ["culture"].', key=key, value=repr(value))
        raise InvalidInput(message, field=key)
    return tuple(dict.fromkeys(word.strip().casefold() for word in value))
