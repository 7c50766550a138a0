"""The pictures in HTML as it comes: which is meant, which only counts readers, which is a letter. Pure."""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from urllib.parse import unquote_to_bytes, urlsplit

from newsletter.articles import urls
from newsletter.articles.pictures import media_keys
from newsletter.translatable import Translatable as _

INSIDE = "https://inside.invalid/"
"""Stands before the number of a picture that the text itself carries, until it is taken in."""
MAX_INSIDE_BYTES = 20_000_000
_IMAGE = re.compile(r"<img(?=[\s/>])", re.IGNORECASE)
_REST = re.compile(r"(?>[^>\"']+|\"[^\"]*\"|'[^']*')*+>")
_PIXELS = re.compile(r"\s*+(\d{1,5})(?:\.\d++)?\s*+(?:px\s*+)?")
_STYLE = re.compile(r"(?:^|;)\s*(width|height)\s*:\s*(\d{1,5})(?:\.\d+)?px\b", re.IGNORECASE)
_UNSEEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|(?:^|;)\s*opacity\s*:\s*0(?:\.0+)?\s*(?:;|$)", re.IGNORECASE
)
_ON_THE_LINE = re.compile(r"(?:^|;)\s*height\s*:\s*(?:1(?:\.\d+)?|0?\.\d+)r?em\b", re.IGNORECASE)
# Where pages keep the address of a picture that is only loaded when it comes into sight.
_LATER = ("data-src", "data-lazy-src", "data-original", "data-lazy", "data-orig-file", "data-image")
_DATA = re.compile(r"data:image/(?!svg)[a-z.+-]+(?:;[a-z0-9=_-]+)*?(;base64)?,(.*)", re.IGNORECASE | re.DOTALL)
_PLACEHOLDER_BYTES = 400
"""A picture of fewer bytes inside a page keeps the place of a picture that is loaded later."""
_LETTERS = 8
# Hosts (with what is below them) that exist to count, then paths that do so on any host.
_COUNTERS = frozenset(
    {
        "vgwort.de",
        "ivwbox.de",
        "ioam.de",
        "doubleclick.net",
        "google-analytics.com",
        "googletagmanager.com",
        "googleadservices.com",
        "scorecardresearch.com",
        "quantserve.com",
        "statcounter.com",
        "chartbeat.net",
        "pixel.wp.com",
        "stats.wp.com",
        "stats.wordpress.com",
        "feedsportal.com",
        "bat.bing.com",
        "analytics.twitter.com",
        "px.ads.linkedin.com",
        "mc.yandex.ru",
        "counter.yadro.ru",
        "top-fwz1.mail.ru",
        "sitemeter.com",
        "histats.com",
        "hitwebcounter.com",
        "comscore.com",
        "2o7.net",
        "omtrdc.net",
        "addthis.com",
        "pixel.quantcount.com",
        "adform.net",
        "criteo.com",
        "outbrain.com",
        "taboola.com",
        "mailstat.us",
    }
)
_COUNTING = re.compile(
    r"/(?:matomo|piwik|pixel|beacon|counter|count|track|hit)\.(?:php|aspx|cgi)$|/track(?:ing)?/open(?:\.\w+)?$"
    r"|/(?:spacer|blank|clear|cleardot|transparent|1x1|pixel)\.(?:gif|png)$|/(?:o|b|dot|trans|__utm)\.gif$"
    r"|^/tr/?$|/wf/open$|/_/stat$|^/~[46rf]/|/open\.aspx$",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """HTML whose pictures have one address each, and the pictures that it carried inside."""

    html: str
    inside: tuple[bytes, ...]
    addresses: tuple[str, ...]
    """The pictures as the text gives them, in order."""


@dataclass
class _Found:
    inside: list[bytes] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)


def prepared(html: str) -> Prepared:
    """The HTML for the sanitiser: counters gone, emoji as letters, pictures named plainly with their size there.

    The result is as untrusted as what was given.
    """
    out: list[str] = []
    found = _Found()
    at = 0
    for start, end in _tags(html):
        out += [html[at:start], _rewritten(_attributes(html[start:end]), found)]
        at = end
    return Prepared(html="".join([*out, html[at:]]), inside=tuple(found.inside), addresses=tuple(found.addresses))


def is_counter(url: str) -> bool:
    """The address of something known to count readers rather than show anything."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return False
    named = any(host == counter or host.endswith(f".{counter}") for counter in _COUNTERS)
    return named or _COUNTING.search(parts.path) is not None


def _tags(html: str) -> Iterator[tuple[int, int]]:
    """Where each img begins and ends, in one pass; behind an img that never ends, nothing is read as a tag any more."""
    at = 0
    while start := _IMAGE.search(html, at):
        rest = _REST.match(html, start.end())
        if rest is None:
            return
        yield start.start(), rest.end()
        at = rest.end()


class _Attributes(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            self.values.setdefault(name, value or "")


def _attributes(tag: str) -> dict[str, str]:
    parser = _Attributes()
    parser.feed(tag)
    return parser.values


def _rewritten(values: dict[str, str], found: _Found) -> str:
    width, height = _declared(values, "width"), _declared(values, "height")
    url = _address(values)
    if _counts(values, url, width, height):
        return ""
    alt = " ".join(values.get("alt", "").split())
    if _is_letter(values, url, alt):
        return escape(alt)
    if url[:5].lower() == "data:":
        data = _decoded(url)
        if data is None:
            return ""
        found.inside.append(data)
        url = f"{INSIDE}{len(found.inside) - 1}"
    found.addresses.append(url)
    sizes = {name: str(size) for name, size in (("width", width), ("height", height)) if size}
    kept = {"src": url, "alt": alt, **sizes} | {name: values[name] for name in ("dir", "lang") if name in values}
    return "<img" + "".join(f' {name}="{escape(value)}"' for name, value in kept.items()) + ">"


def _address(values: dict[str, str]) -> str:
    """The picture that is meant: pages put an empty picture in its place until it comes into sight."""
    url = values.get("src", "").strip()
    later = next((values[name].strip() for name in _LATER if values.get(name, "").strip()), "") or _largest(values)
    if later and (not url or is_counter(url) or (url[:5].lower() == "data:" and len(url) < _PLACEHOLDER_BYTES)):
        return later
    return url


def _largest(values: dict[str, str]) -> str:
    """Of several sizes the largest that a mail can use; we make it smaller ourselves."""
    found: list[tuple[float, str]] = []
    for candidate in re.split(r",\s+", values.get("srcset", "") or values.get("data-srcset", "")):
        url, _, size = candidate.strip().partition(" ")
        number = re.match(r"\d+(?:\.\d+)?", size.strip())
        if url:
            found.append((float(number[0]) if number else 1.0, url))
    return max(found)[1] if found else ""


def _declared(values: dict[str, str], side: str) -> int | None:
    given = _PIXELS.fullmatch(values.get(side, ""))
    if given:
        return int(given[1])
    styled = [size for name, size in _STYLE.findall(values.get("style", "")) if name.lower() == side]
    return int(styled[-1]) if styled else None


def _counts(values: dict[str, str], url: str, width: int | None, height: int | None) -> bool:
    tiny = [size for size in (width, height) if size is not None and size <= 2]
    hidden = "hidden" in values or _UNSEEN.search(values.get("style", "")) is not None
    return bool(tiny) or hidden or is_counter(url)


def _is_letter(values: dict[str, str], url: str, alt: str) -> bool:
    """An emoji that a site draws as a picture: its alt text is the letter itself."""
    if not alt or len(alt) > _LETTERS or alt.isascii():
        return False
    marked = re.search(r"\b(?:wp-smiley|emoji\w*)\b", values.get("class", ""), re.IGNORECASE) is not None
    return marked or "/emoji/" in url or "/twemoji/" in url or _ON_THE_LINE.search(values.get("style", "")) is not None


def _decoded(url: str) -> bytes | None:
    """The bytes of a picture inside the text; None for what is none, or is only a placeholder."""
    match = _DATA.fullmatch(url)
    if match is None or len(match[2]) > MAX_INSIDE_BYTES * 4 // 3:
        return None
    raw = unquote_to_bytes(match[2])
    try:
        data = base64.b64decode(b"".join(raw.split()) + b"==") if match[1] else raw
    except (binascii.Error, ValueError):
        return None
    return data or None


def unplaced(addresses: Iterable[str], *, base_url: str) -> list[str]:
    """What to say of pictures of which a text has only a name, not where they lie."""
    lost = [
        address
        for address in addresses
        if address and not media_keys.is_key(address) and urls.link(address, base_url=base_url) is None
    ]
    return [
        _(
            "A picture was left out: only its name, %(name)s, is known. Add the text as a file together with its "
            "pictures, or enter the full address.",
            name=name[:200],
        )
        for name in dict.fromkeys(lost)
    ]
