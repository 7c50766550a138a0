# ruff: noqa: E501 each alternative of a closed list stays whole
"""What a file's front matter says of its own state: a draft, for members, not before a day. Pure.

Keys are closed lists, in the spellings of many programs; a state in a word that is not known is said, never passed over.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from newsletter.articles.drafts import KeptBack
from newsletter.articles.reading.pages import page_furniture

_UNFINISHED_KEYS_WORDS = """
draft isdraft drafts wip private isprivate hidden ishidden unlisted unpublished embargoed hold onhold
confidential internal headless excludefromcollections eleventyexcludefromcollections entwurf brouillon borrador
rascunho bozza utkast kladde taslak szkic черновик чернетка پیشنویس مسودة
"""
_UNFINISHED_KEYS = frozenset(_UNFINISHED_KEYS_WORDS.split())
_FINISHED_KEYS_WORDS = """
published publish ispublished dgpublish ready isready approved isapproved live islive online visible public
ispublic veröffentlicht freigegeben publié publicado pubblicato опубликовано منتشرشده منشور
"""
_FINISHED_KEYS = frozenset(_FINISHED_KEYS_WORDS.split())
_MEMBERS_KEYS_WORDS = """
members memberonly membersonly formembers subscriberonly subscribersonly subscribers forsubscribers paid
paidonly ispaid premium ispremium paywall paywalled haspaywall gated isgated memberscontent premiumcontent
abonnenten nurabo abonnés
"""
_MEMBERS_KEYS = frozenset(_MEMBERS_KEYS_WORDS.split())
_FREE_KEYS = frozenset(["free", "isfree", "isaccessibleforfree"])
_STATUS_KEYS_WORDS = """
status poststatus state stage publicationstatus workflow workflowstate statut estado stato статус стан durum
وضعیت الحالة
"""
_STATUS_KEYS = frozenset(_STATUS_KEYS_WORDS.split())
_ACCESS_KEYS = frozenset(["visibility", "access", "audience", "contentvisibility", "accesslevel", "sichtbarkeit"])
_RANK_KEYS = frozenset(["tier", "tiers", "plan", "plans", "membership"])
"""Keys that may name anything: only a word for who pays counts."""
_EMBARGO_KEYS_WORDS = """
embargo embargountil embargoeduntil embargodate notbefore publishon publishafter sperrfrist
"""
_EMBARGO_KEYS = frozenset(_EMBARGO_KEYS_WORDS.split())
_TAG_KEYS = frozenset(["tags", "categories", "category", "type"])

_YES_WORDS = """
true yes 1 on y x ja oui sí si sim да evet بله نعم
"""
_YES = frozenset(_YES_WORDS.split())
_NO_WORDS = """
false no 0 off n never none nein non não нет hayır خیر نه لا
"""
_NO = frozenset(_NO_WORDS.split())
_UNFINISHED = re.compile(
    r"drafts?|draft\s+\d+|rough\s+draft|(?:first|second|final)\s+draft|private|pending|in\s+progress|not\s+(?:started|ready|published)|to\s?do"
    r"|ideas?|pitch(?:ed)?|outline|wip|work\s+in\s+progress|unpublished|hidden|future|planned|scheduled|auto-?draft|inherit"
    r"|(?:in\s+|for\s+|ready\s+for\s+|needs?\s+|under\s+|awaiting\s+)?(?:review|edit(?:s|ing)?|approval|subbing|copy[- ]?edit(?:s|ing)?|fact[- ]?check(?:ing)?|legal|changes)"
    r"|killed|spiked|rejected|(?:on\s+)?hold|held|paused|blocked|embargo(?:ed)?(?:\s+(?:until|till)\s.*)?|archived?|trash(?:ed)?|deleted|withdrawn"
    r"|retracted|cancell?ed|abandoned|entwurf|in\s+arbeit|in\s+bearbeitung|nicht\s+fertig|gesperrt|zurückgezogen|brouillon|en\s+cours|en\s+attente"
    r"|borrador|en\s+curso|en\s+revisión|pendiente|rascunho|pendente|bozza|in\s+corso|concept|utkast|kladde|luonnos|szkic|koncept|návrh|taslak"
    r"|черновик|в\s+работе|чернетка|پیش‌?\s?نویس|در\s+دست\s+کار|ناتمام|مسودة|مسوّدة|قيد\s+المراجعة",
    re.IGNORECASE,
)
_FINISHED = re.compile(
    r"publish(?:ed)?|live|final|finished|done|complete[d]?|ready|ready\s+to\s+(?:publish|send|go)|approved|public|active|posted|sent|true|yes|ok"
    r"|veröffentlicht|fertig|freigegeben|erledigt|publiée?|terminé|publicado|listo|pubblicato|gepubliceerd|klaar|publicerad|publicerat"
    r"|opublikowan[ey]|опубликовано|готово|yayınlandı|yayında|منتشر\s?‌?شده|آماده|منشور|تم\s+النشر",
    re.IGNORECASE,
)
_PAYING = re.compile(
    r"(?:for[-_ ])?(?:only[-_ ])?(?:paid|paying|premium|members?|subscribers?|supporters?|tiers?|founding|plus|abonnenten|mitglieder|abonnés|suscriptores"
    r"|assinantes|مشترکان|اعضا|المشتركين)(?:[-_ ](?:members?|subscribers?|only|tiers?|users?)){0,3}",
    re.IGNORECASE,
)
_EVERYBODY = re.compile(
    r"public|free|open|everyone|everybody|all|anyone|any|general|default|web|visible|öffentlich|tous|todos|публично|عمومی|همه|الجميع",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class State:
    kept_back: KeptBack
    unknown: tuple[str, ...]
    """What speaks of the state and was not understood, as `status: purple`."""
    not_before: datetime | None


def is_key(key: str) -> bool:
    """A key that says whether, for whom or from when the file is for readers."""
    return _plain(key) in _STATED


def of(values: Mapping[str, Any], *, dates: Iterable[Any] = ()) -> State:
    """The state that front matter tells; ``dates`` are what it says of when the text appears."""
    states: list[KeptBack] = []
    unknown: list[str] = []
    for key, value in values.items():
        for said in _said(value):
            state = _state_said(_plain(key), _trimmed(said))
            if state is None:
                unknown.append(f"{key[:40]}: {said[:40]}")
            else:
                states.append(state)
    if _is_tagged_draft(values) or _is_never_shown(values):
        states.append(KeptBack.DRAFT)
    order = (KeptBack.DRAFT, KeptBack.MEMBERS, KeptBack.NO)
    return State(
        kept_back=next(state for state in order if state in states or state is KeptBack.NO),
        unknown=tuple(unknown),
        not_before=_not_before([*dates, *(value for key, value in values.items() if _plain(key) in _EMBARGO_KEYS)]),
    )


def is_whether(value: Any) -> bool:
    """A yes or a no, which answers whether and not when."""
    return isinstance(value, bool) or (isinstance(value, str) and value.strip().casefold() in _YES | _NO)


def _state_said(key: str, said: str) -> KeptBack | None:
    """What a line says; None when it speaks of the state in a word that is not known."""
    for keys, answer, back in (
        (_UNFINISHED_KEYS, _YES, KeptBack.DRAFT),
        (_FINISHED_KEYS, _NO, KeptBack.DRAFT),
        (_MEMBERS_KEYS, _YES, KeptBack.MEMBERS),
        (_FREE_KEYS, _NO, KeptBack.MEMBERS),
    ):
        if key in keys and said in answer:
            return back
        if key in keys and said in _YES | _NO:
            return KeptBack.NO
    if key in _STATUS_KEYS | _ACCESS_KEYS | _RANK_KEYS and _PAYING.fullmatch(said):
        return KeptBack.MEMBERS
    if key in _STATUS_KEYS | _ACCESS_KEYS | _FINISHED_KEYS and _UNFINISHED.fullmatch(said):
        return KeptBack.DRAFT
    if key == "published" and re.search(r"\d{4}", said):
        return KeptBack.NO  # a day: when, not whether
    known = _EVERYBODY if key in _ACCESS_KEYS else _FINISHED
    asked = key in _STATUS_KEYS | _ACCESS_KEYS | _UNFINISHED_KEYS | _FINISHED_KEYS | _MEMBERS_KEYS | _FREE_KEYS
    return KeptBack.NO if not asked or not said or known.fullmatch(said) else None


def _said(value: Any) -> list[str]:
    """Only scalars: nested aliases could grow without end."""
    given = value[:20] if isinstance(value, list) else [value]
    return [" ".join(str(said).split()) for said in given if isinstance(said, str | bool | int | date)]


def _trimmed(said: str) -> str:
    """Without the signs that programs put before a word, such as a coloured dot."""
    return re.sub(r"^[^\w]+|[^\w]+$", "", said).casefold()


def _plain(key: str) -> str:
    return re.sub(r"[\s_\u200c-]+", "", key.casefold())


def _is_tagged_draft(values: Mapping[str, Any]) -> bool:
    """Its only tag, category or type says so; among others it may be a topic, as in sports."""
    tagged = [_said(value) for key, value in values.items() if _plain(key) in _TAG_KEYS]
    return any(
        len(tags) == 1 and _trimmed(tags[0]) in {"draft", "drafts", "wip", "entwurf", "brouillon"} for tags in tagged
    )


def _is_never_shown(values: Mapping[str, Any]) -> bool:
    """Hugo's `build: {render: never}`."""
    built = [value for key, value in values.items() if _plain(key) == "build" and isinstance(value, Mapping)]
    return any(str(options.get("render", "")).casefold() in _NO for options in built)


def _not_before(given: Iterable[Any]) -> datetime | None:
    return max((moment for value in given if (moment := _moment(value))), default=None)


def _moment(value: Any) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            value = page_furniture.read_date(value)
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return datetime.combine(value, time(), tzinfo=UTC) if isinstance(value, date) else None


_STATED = (
    _UNFINISHED_KEYS
    | _FINISHED_KEYS
    | _MEMBERS_KEYS
    | _FREE_KEYS
    | _STATUS_KEYS
    | _ACCESS_KEYS
    | _RANK_KEYS
    | _EMBARGO_KEYS
)
