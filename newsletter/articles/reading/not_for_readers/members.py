# ruff: noqa: E501 each alternative of a closed list stays whole
"""The marks behind which a text is for members only: of Ghost, WordPress, Substack and the like, and of people. Pure.

`<!--more-->` is no such mark: it ends a teaser on a front page, and the rest is for everybody.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from newsletter.articles.reading.not_for_readers import member_words
from newsletter.articles.reading.not_for_readers.member_words import Kind

_WHO = r"(?:members?|subscribers?|paid|paying|premium|supporters?|patrons?|subscription)"
_NAME = (
    rf"(?:(?:wp:)?(?:jetpack/)?pay-?wall(?:[-_ ]?(?:jump|start|begin|starts?|here|content|divider|card))?"
    rf"|(?:for[-_ ])?{_WHO}(?:[-_ ](?:members?|subscribers?))?[-_ ]?(?:only|content|area|section|exclusive)(?:[-_ ](?:content|start|begin|below))?"
    rf"|(?:for|only[-_ ]for)[-_ ](?:paying[-_ ]|paid[-_ ])?{_WHO}(?:[-_ ]only)?"
    rf"|wp:premium-content/(?:subscriber-view|container)|wp:memberful/[\w-]{{1,60}}+|restricted?(?:[-_ ]content)?|{_WHO}(?=\s*[-:]?\s*(?:start|begin)\b))"
)
_ANY = rf"(?:{_NAME}|{_WHO})"
_END_NAME = rf"(?:/\s*{_ANY}|end(?:s|ing)?[-_: ]+(?:of[-_ ])?(?:the[-_ ])?{_ANY}|{_ANY}[-_: ]+(?:end|stop|close)s?)"
_LONGEST_LINE = 120
_RULE = r"[-–—=*_~ \t]"

_LEAST_STORY, _FEWER = 30, 8

_OPENS = rf"""<!--++\s{{0,20}}(?:{_NAME}|{_WHO}(?!\s+\w+\s+\w))(?:[\s:{{][^<>]{{0,300}}?)?\s{{0,20}}/?(?<!-)--++>
      | ^{_RULE}{{2,}}+\n?[ \t]*+{_NAME}[ \t]*+:?{_RULE}*+$ | ^[ \t]*+\[[ \t]*+{_NAME}[ \t]*+:?[ \t]*+\][ \t]*+$"""
_CLOSES = rf"""<!--++\s{{0,20}}{_END_NAME}[^<>]{{0,300}}?(?<!-)--++>
      | ^[ \t]*:::+[ \t]*$
      | ^{_RULE}{{2,}}+\n?[ \t]*+{_END_NAME}{_RULE}*+$"""
_CANDIDATE = re.compile(
    rf"""(?P<closes>{_CLOSES}) | (?P<opens>{_OPENS})
      | <!--++(?P<comment>[^<>]{{0,300}}?)(?<!-)--++> | %%(?P<remark>[^%\n]{{1,80}})%% | \{{>>(?P<critic>[^<\n]{{1,80}})<<\}}
      | \[(?P<code>[^\[\]\n]{{1,300}})\](?!\() | \{{\{{[<%\#]?\s{{0,20}}(?P<hugo>/?\s{{0,20}}[^{{}}<>%\n]{{1,300}})[>%]?\}}\}}
      | \{{%-?\s{{0,20}}(?P<liquid>[^{{}}%\n]{{1,300}}?)\s{{0,20}}-?%\}}
      | ^[ \t]*+:::+[ \t]*+\{{?\.?(?P<fence>[\w-]{{1,60}})[^\n]*$
      | <(?P<ends>/)?(?P<tag>[A-Za-z][\w-]{{2,40}})\s{{0,20}}/?>
      | ^(?=(?P<line>[^\n]{{1,{_LONGEST_LINE}}})$)""",
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
_CLOSED = re.compile(r"\[\s{0,20}/\s{0,20}([\w-]{1,60})")


@dataclass(frozen=True, slots=True)
class Mark:
    """Where the members' part begins or ends, in Markdown, text or HTML."""

    start: int
    end: int
    opens: bool


def marks(text: str) -> Iterator[Mark]:
    """All marks in order."""
    first = len(text) - len(text.lstrip())
    last = len(text.rstrip())
    closed = frozenset(name.casefold() for name in _CLOSED.findall(text))
    for match in _CANDIDATE.finditer(text):
        start, end = match.span()
        if match["line"]:
            end += len(match["line"])
            # What stands first or last parts nothing: it may be the headline.
            if start <= first or end >= last:
                continue
        if kind := _kind(match, closed):
            yield Mark(start, end, kind is Kind.OPENS)


def _kind(match: re.Match[str], closed: frozenset[str]) -> Kind:
    match match.lastgroup:
        case "closes":
            return Kind.CLOSES
        case "opens":
            return Kind.OPENS
        case "comment" | "remark" | "critic":
            return member_words.of_comment(match[match.lastgroup])
        case "code" | "hugo" | "liquid" | "fence":
            return member_words.of_shortcode(match[match.lastgroup], closed=closed)
        case "tag":
            kind = member_words.of_tag(match["tag"])
            return Kind.CLOSES if kind and match["ends"] else kind
        case _:
            return member_words.of_line(match["line"])


@dataclass(frozen=True, slots=True)
class Part:
    """What is for members: its marks from ``start`` to ``end``, its words from ``begins`` to ``ends``."""

    start: int
    begins: int
    ends: int
    end: int


def parts(text: str) -> Iterator[Part]:
    """The members' parts of a text; a part without a mark that ends it reaches to the text's end."""
    opened: Mark | None = None
    for mark in marks(text):
        if opened and not mark.opens:
            yield Part(opened.start, opened.end, mark.start, mark.end)
            opened = None
        elif mark.opens and not opened:
            opened = mark
    if opened:
        yield Part(opened.start, opened.end, len(text), len(text))


def opening(text: str) -> Mark | None:
    """The first mark behind which the text is for members."""
    return next((mark for mark in marks(text) if mark.opens), None)


def closing(text: str, start: int = 0) -> Mark | None:
    """The first mark from ``start`` on that ends the members' part."""
    return next((mark for mark in marks(text) if not mark.opens and mark.start >= start), None)


GATED = re.compile(
    r"<!--\s{0,20}kg-gated-block:begin\b(?P<rule>[^>]{0,1000})-->(?P<inner>.*?)(?:<!--\s*kg-gated-block:end\s*-->|\Z)",
    re.DOTALL | re.IGNORECASE,
)
"""Ghost's blocks that say themselves who sees them."""
WALL = re.compile(
    r"""[\W_]*(?:
      (?:this|the\s+rest\s+of\s+this|the\s+full)\s+(?:post|article|story|content|issue|edition|episode)\s+is\s+(?:only\s+)?(?:available\s+)?
        (?:(?:only\s+)?(?:for|to)\s+)?(?:our\s+)?(?:paid\s+|paying\s+|registered\s+)?(?:subscribers?|members?|supporters?|premium).{0,40}
    | keep\s+reading\s+with\s+a\s.{1,60}\btrial\b.{0,40} | subscribe\s+to\s.{1,80}\sto\s+(?:keep|continue|unlock)\b.{0,60}
    | (?:subscribe|sign\s+in|log\s+in|upgrade|become\s+a\s+(?:paid\s+)?(?:member|subscriber))(?:\s+\S+){0,4}\s+to\s+(?:continue|keep|go\s+on)\s+reading.{0,40}
    | to\s+(?:continue|keep)\s+reading,?\s.{1,80} | (?:want|wish)\s+to\s+(?:keep|continue)\s+reading\?.{0,60}
    | (?:diese[rs]?|der\s+ganze)\s+(?:artikel|beitrag|text|inhalt)\s+ist\s+(?:nur\s+)?(?:für|exklusiv\s+für)\s+.{0,40}(?:abonnent|mitglied).{0,40}
    | (?:jetzt\s+)?weiterlesen\s+mit\s.{1,60} | (?:cet\s+article|la\s+suite)\s+est\s+réservée?\s+(?:aux|à\s+nos)\s+abonné.{0,40}
    | (?:este\s+(?:artículo|contenido|artigo|conteúdo))\s+(?:es|é)\s+(?:exclusivo|solo|sólo|só)\s+.{0,20}(?:suscriptor|assinante|soci).{0,40}
    | (?:این|ادامه‌?ی?\s+این)\s+(?:مطلب|نوشته|مقاله|گزارش)\s+.{0,20}(?:ویژه|مخصوص|برای)\s+.{0,10}(?:مشترک|اعضا|عضو).{0,40}
    | (?:هذا|بقية\s+هذا)\s+(?:المقال|المحتوى)\s+.{0,20}(?:للمشتركين|للأعضاء|حصري).{0,40}
    )[.!]?\s*""",
    re.VERBOSE | re.IGNORECASE,
)
"""A whole line or paragraph that ends what everybody may read."""


def is_line(words: str) -> bool:
    """A paragraph that says nothing but that what follows is for members."""
    return len(words) <= _LONGEST_LINE and member_words.of_line(words) is Kind.OPENS


def is_tag(name: str) -> bool:
    """An element of a site's software around what is for members."""
    return member_words.of_tag(name) is Kind.OPENS


def is_gated(rule: str) -> bool:
    """Ghost: a block that somebody who is no member does not see."""
    return not re.search(r"nonMember\s*[:=]\s*\"?true", rule, re.IGNORECASE)


def is_nearly_all(taken: int, *, left: int) -> bool:
    """Whether so many words are for members, and so few are left, that all of the story is for members."""
    return taken >= _LEAST_STORY and left * _FEWER < taken


def without_marks(text: str) -> str:
    """The text without the signs that part it, as it would stand on a member's screen."""
    kept: list[str] = []
    at = 0
    for mark in marks(text):
        kept.append(text[at : mark.start])
        at = mark.end
    return GATED.sub(lambda block: block["inner"], "".join([*kept, text[at:]]))
