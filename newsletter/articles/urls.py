"""One reading of the URLs that articles carry: absolute, of a harmless scheme, without tricks. Pure."""

import html
import re
from urllib.parse import SplitResult, quote, urljoin, urlsplit

SCHEMES = frozenset({"http", "https", "mailto", "tel"})
_LONGEST = 2000
_TAIL = re.compile(r"(?<=[^:/])/.*|[?].*", re.DOTALL)
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
# Controls, whitespace and invisible characters that browsers drop or skip inside a scheme (`jav\tascript:`).
_INVISIBLE = re.compile(
    "[\x00-\x20\x7f-\xa0\xad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\ufff0-\uffff]"
)


def link(raw: str, *, base_url: str = "") -> str | None:
    """The URL made absolute, or None when it leads nowhere we would send a reader."""
    url = raw.strip("\x00\t\n\r\x0b\x0c ")
    if not url or len(url) > _LONGEST:
        return None
    scheme = _SCHEME.match(url)
    if scheme is None:
        # Anything before a colon that is not plainly a path could be a scheme in disguise.
        head = re.split(r"[/?#]", url, maxsplit=1)[0]
        if not base_url or ":" in head or "\\" in url or ":" in html.unescape(head) or _INVISIBLE.search(head):
            return None
        url = joined(base_url, url)
        scheme = _SCHEME.match(url)
    if scheme is None or scheme[1].lower() not in SCHEMES:
        return None
    if scheme[1].lower() in {"mailto", "tel"}:
        rest = url[scheme.end() :].strip().replace(" ", "" if scheme[1].lower() == "tel" else "%20")
        harmful = _INVISIBLE.search(rest) or "%0a" in rest.lower() or "%0d" in rest.lower()
        return f"{scheme[1].lower()}:{rest}" if rest and not harmful else None
    return web(url)


def joined(base_url: str, url: str) -> str:
    """`urljoin` of addresses that strangers wrote: empty where they can be none."""
    try:
        return urljoin(base_url, url)
    except ValueError:
        return ""


def parts(url: str) -> SplitResult | None:
    """`urlsplit` of addresses that strangers wrote: None where they can be none."""
    try:
        return urlsplit(url)
    except ValueError:
        return None


def web(raw: str) -> str | None:
    """An absolute http or https URL with a host and without user name, or None. Inner spaces are escaped."""
    url = _TAIL.sub(lambda match: _quoted(match[0]), raw.strip(), count=1)
    if _INVISIBLE.search(url) or "\\" in url or len(url) > _LONGEST:
        return None
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not host or parts.username is not None or not url.isprintable():
        return None
    # `https:example.org` and `https:///x` mean different places to different readers.
    return url if re.match(r"https?://[^/?#]", url, re.IGNORECASE) else None


def _quoted(tail: str) -> str:
    """Path and query with blanks and joiners escaped: Persian paths hold U+200C, careless ones spaces."""
    return re.sub("[ \xa0\u200b-\u200f]", lambda match: quote(match[0]), tail)
