"""HTML from anywhere → the small HTML that a mail or page may show: nh3's allowlist, then our URL check. Pure."""

import functools
import html as html_escapes
import re
from collections import Counter
from collections.abc import Callable, Mapping
from html.entities import html5
from typing import Any

import nh3

from newsletter.articles import urls
from newsletter.articles.pictures import media_keys
from newsletter.articles.text import bounds

_KEPT = (
    "p br h2 h3 h4 ul ol li blockquote pre code em strong b i u s sub sup del ins mark small q cite abbr bdi bdo "
    "a img figure figcaption hr dl dt dd table caption thead tbody tfoot tr th td"
)
TAGS = frozenset(_KEPT.split())
_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"lang", "dir"},
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height"},
    "abbr": {"title"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
# Their text is not prose either: it goes with them.
_GONE = (
    "script style svg math template noscript noframes iframe object embed applet head title textarea select option "
    "button audio video canvas map xmp plaintext noembed"
)
_CLEAN_CONTENT = frozenset(_GONE.split())
_URL_ATTRIBUTES = frozenset({("a", "href"), ("img", "src")})
_NUMBER = re.compile(r"[1-9][0-9]{0,4}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_SOURCE = re.compile(r" src=\"([^\"]*)\"")
_BARE_LINK = re.compile(r"<a>(.*?)</a>", re.DOTALL)
_FIGURE = re.compile(r"<figure>((?:(?!</?figure>).)*)</figure>", re.DOTALL)
_CAPTION = re.compile(r"<figcaption>.*?</figcaption>", re.DOTALL)
_EMPTY = re.compile(r"<(p|h2|h3|h4|li|figure|figcaption|blockquote|a|em|strong|b|i)>\s*</\1>")
_RENAMED = re.compile(r"<(/?)(h1|h5|h6|div|dir|menu)(?=[\s>/])", re.IGNORECASE)
_LEVELS = {"h1": "h2", "h5": "h4", "h6": "h4", "div": "p", "dir": "ul", "menu": "ul"}
"""One headline per article, few levels below it; a block stays a block."""
_ROUNDS = 10
_LONE_AMPERSAND = re.compile(r"&(?!#?[A-Za-z0-9]{1,31};)")
# Of the names that HTML knows without a semicolon, and of numbers. In the values of attributes names are no such thing:
# `?a=1&copy=2` is an address; in text, too, where “=” follows.
_NAMES = "|".join(sorted((name for name in html5 if not name.endswith(";")), key=len, reverse=True))
_UNENDED_NUMBER = re.compile(r"&#(?:[0-9]++|[xX][0-9A-Fa-f]++)(?!;)")
_UNENDED = re.compile(rf"<[A-Za-z/!?][^<>]*+>|{_UNENDED_NUMBER.pattern}|&(?![A-Za-z0-9]{{1,31}};)(?:{_NAMES})(?!=)")
# nh3 walks over the rest of a text for each reference in it, and for each character that may begin a `&nbsp;`: what
# would grow with the square reaches it as characters of no meaning, and comes back from it as what it was.
_REFERENCE = re.compile(
    r"<[A-Za-z/!?][^<>]*+>|&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|(?!(?:amp|lt|gt|quot);)[A-Za-z][A-Za-z0-9]{0,31});"
)
_HELD = {sign: 0xE000 + sign for sign in (*range(0x80, 0xC0), ord("&"))}
_MEANT = {held: chr(sign) for sign, held in _HELD.items()}
_WRITTEN = _MEANT | {_HELD[ord("&")]: "&amp;", _HELD[0xA0]: "&nbsp;"}
_FORGED = dict.fromkeys(_MEANT)
_DEEPEST = 1000
"""What is nested deeper is not read at all."""
_CLEAN_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*+)[^<>]*+>")
_VOID = frozenset({"br", "hr", "img"})
# Parsers open these again in each paragraph that follows: many of them times many paragraphs would grow without end.
_FORMATTING = frozenset(
    ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"]
)
_MOST_FORMATTING = 100
_NESTING = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)")
# Elements that hold nothing, or that many people leave open.
_OPEN = (
    "area base br col embed hr img input link meta param source track wbr "
    "p li td th tr dt dd option tbody thead tfoot colgroup path"
)
_UNNESTED = frozenset(_OPEN.split())

Filter = Callable[[str, str, str], str | None]


def is_too_deep(html: str) -> bool:
    """Nested deeper than any article: parsers take minutes over such pages, or fall over."""
    depth = 0
    still_open: Counter[str] = Counter()
    for slash, name in _NESTING.findall(html):
        tag = name.lower()
        if tag in _UNNESTED:
            continue
        if not slash:
            still_open[tag] += 1
            depth += 1
            if depth > _DEEPEST or (tag in _FORMATTING and still_open[tag] > _MOST_FORMATTING):
                return True
        elif still_open[tag]:  # an end without a beginning closes nothing
            still_open[tag] -= 1
            depth -= 1
    return False


def clean(html: str, *, base_url: str = "", images_base_url: str | None = None) -> str:
    """Safe HTML. Relative URLs are made absolute by ``base_url``, or dropped. Cleaning twice changes nothing."""
    images = base_url if images_base_url is None else images_base_url
    html = _flat(html) if is_too_deep(html) else html
    html = _UNENDED.sub(_ended, html)
    # A sign that begins nothing: the sanitiser takes a minute over a million of them.
    html = _LONE_AMPERSAND.sub("&amp;", html)
    html = _REFERENCE.sub(_character, html)
    return _settle(html, functools.partial(_attribute, base_url=base_url, images_base_url=images))


def _ended(found: re.Match[str]) -> str:
    """An entity with its semicolon; in a tag only numbers are."""
    if found[0].startswith("<"):
        return _UNENDED_NUMBER.sub(r"\g<0>;", found[0]) if "&#" in found[0] else found[0]
    return f"{found[0]};"


def _character(found: re.Match[str]) -> str:
    """What a character reference in the text stands for; a reference that HTML does not know is words."""
    said = found[0]
    if said.startswith("<"):
        return said
    character = html_escapes.unescape(said)
    if character == said:
        return f"&amp;{said[1:]}"
    is_plain = all(sign.isprintable() or sign == "\u00a0" for sign in character) and not set(character) & set("<>&\"'")
    return character if is_plain else said


def _read(html: str, **how: Any) -> str:
    html = html.translate(_FORGED).replace("&amp;", chr(_HELD[ord("&")])).replace("&nbsp;", "\u00a0")
    held = html.translate({sign: _HELD[sign] for sign in range(0x80, 0xC0)})
    return nh3.clean(held, clean_content_tags=set(_CLEAN_CONTENT), **how).translate(_WRITTEN)


def images_of(html: str) -> list[str]:
    """The image URLs of HTML that is already clean, in order, each once."""
    found = (_SOURCE.search(tag) for tag in media_keys.IMAGE.findall(html))
    return list(dict.fromkeys(html_escapes.unescape(match[1]) for match in found if match))


def with_images(html: str, ours: Mapping[str, media_keys.Within]) -> str:
    """Clean HTML whose images are replaced as ``ours`` says; an image that is not in it goes, with its caption."""

    def shown(figure: re.Match[str]) -> str:
        inside = media_keys.exchanged(figure[1], ours)
        has_lost_all = media_keys.IMAGE.search(figure[1]) and not media_keys.IMAGE.search(inside)
        return "" if has_lost_all and not text_of(_CAPTION.sub("", inside)) else figure[0]

    return clean(media_keys.exchanged(_FIGURE.sub(shown, html), ours))


def text_of(html: str) -> str:
    """The words of HTML, for detecting and comparing: no markup, a blank between blocks."""
    html = _flat(html) if is_too_deep(html) else html
    spaced = re.sub(r"<(?=/?(p|br|h[1-6]|li|div|td|th|tr|blockquote|figcaption)\b)", " <", html, flags=re.IGNORECASE)
    bare = _read(_REFERENCE.sub(_character, _LONE_AMPERSAND.sub("&amp;", spaced)), tags=set())
    return re.sub(r"\s+", " ", html_escapes.unescape(bare)).strip()


def _flat(html: str) -> str:
    return re.sub(r"<[^<>]*>", " ", html)


def _settle(html: str, keep: Filter) -> str:
    # One pass is no fixpoint: dropping a tag can leave markup that the next parse reads differently.
    for _round in range(_ROUNDS):
        cleaned = _pass(html, keep)
        if cleaned == html:
            return cleaned
        html = cleaned
    return f"<p>{html_escapes.escape(text_of(html))}</p>"


def _pass(html: str, keep: Filter) -> str:
    html = _RENAMED.sub(lambda match: f"<{match[1]}{_LEVELS[match[2].lower()]}", html)
    cleaned = _read(
        html,
        tags=set(TAGS),
        attributes=_ATTRIBUTES,
        attribute_filter=keep,
        url_schemes={*urls.SCHEMES, media_keys.SCHEME},
        link_rel=None,
    )
    cleaned = media_keys.IMAGE.sub(lambda match: match[0] if " src=" in match[0] else "", cleaned)
    cleaned = _BARE_LINK.sub(r"\1", cleaned)
    return _EMPTY.sub("", _less_nested(cleaned)).strip()


def _less_nested(html: str) -> str:
    """Balanced HTML without the tags that stand too deep; their words stay."""
    depth = 0

    def shallow(tag: re.Match[str]) -> str:
        nonlocal depth
        if tag[2] in _VOID:
            return tag[0]
        depth += -1 if tag[1] else 1
        return tag[0] if depth + bool(tag[1]) <= bounds.MOST_NESTED else " "

    return _CLEAN_TAG.sub(shallow, html)


def _attribute(tag: str, name: str, value: str, *, base_url: str, images_base_url: str) -> str | None:
    value = value.translate(_MEANT)
    if tag == "img" and name == "src" and media_keys.is_key(value):
        return value
    if (tag, name) in _URL_ATTRIBUTES:
        url = urls.link(value, base_url=images_base_url if tag == "img" else base_url)
        if tag == "img" and url is not None and not url.lower().startswith(("http://", "https://")):
            return None
        return url
    match name:
        case "dir":
            return value if value in {"ltr", "rtl", "auto"} else None
        case "lang":
            return value if _LANGUAGE.fullmatch(value) else None
        case "width" | "height" | "colspan" | "rowspan" | "start":
            return value if _NUMBER.fullmatch(value) else None
        case "scope":
            return value if value in {"col", "row", "colgroup", "rowgroup"} else None
    return value
