"""What a list's public pages and mails bear: the newsletter's name, sender, language and colour, else the list's own.

Who sends newsletters to lists fills this in (`conf.Settings.letterheads`): we know lists and nothing of newsletters.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from subscribers import conf, lists, localization
from subscribers.models import List
from subscribers.results import Letterhead


@dataclass(frozen=True, slots=True)
class Consent:
    """What people agree to when they join: exactly these words, in this language."""

    text: str
    language: str


def every() -> Mapping[int, Letterhead]:
    """All there are, by list: as many statements for an address that is known as for any other (trust threat 11)."""
    return conf.settings().letterheads()


def of(list_: List, among: Mapping[int, Letterhead] | None = None) -> Letterhead:
    """The letterhead of this list."""
    found = (every() if among is None else among).get(list_.pk)
    if found is None:
        return Letterhead(name=list_.name, language=list_.language)
    return found if found.name else replace(found, name=list_.name)


def consent_of(list_: List, head: Letterhead) -> Consent:
    """The list's own words; the usual ones name the newsletter, since readers never hear of its list."""
    if list_.consent_text == lists.usual_consent(name=list_.name, language=list_.language):
        text = lists.usual_consent(name=head.name, language=head.language)
        return Consent(text=text, language=localization.page_language(head.language))
    return Consent(text=list_.consent_text, language=list_.language)
