"""When two articles are the same: keys over the normalised URL and the normalised words. Pure."""

import hashlib
import html
import re
import unicodedata
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

_TRACKING = re.compile(
    r"(utm_\w+|at_\w+|mtm_\w+|pk_\w+|hsa_\w+|mc_[ce]id|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|twclid|yclid|igshid"
    r"|igsh|ncid|ocid|cmpid|cmp|smid|s_cid|ref|ref_src|ref_url|referrer|_ga|_gl|_hsenc|_hsmi|mkt_tok|vero_id|wt_mc|spm"
    r"|xtor|ftag|taid|ns_\w+)",
    re.IGNORECASE,
)
_TAGS = re.compile(r"<[^>]*>")
_WORD = re.compile(r"\w+")
_THIN_WORDS = 20
"""Below this many words two different pieces may read the same (“Today's briefing”): the URL tells them apart."""


def url_key(url: str) -> str | None:
    """Key of a URL; None when there is none."""
    return _hash(normal_url(url)) if url.strip() else None


def normal_url(url: str) -> str:
    """One spelling for the addresses of a page. For comparing only, never for fetching."""
    parts = urlsplit(url.strip())
    scheme = parts.scheme.lower()
    host = (parts.hostname or "").rstrip(".")
    port = f":{parts.port}" if parts.port not in {None, {"http": 80, "https": 443}.get(scheme)} else ""
    path = quote(unquote(parts.path), safe="/:@!$&'()*+,;=~").rstrip("/")
    pairs = [(n, v) for n, v in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.fullmatch(n)]
    query = urlencode(sorted(pairs))
    # http and https lead to the same article everywhere that matters to a newsroom.
    return f"//{host}{port}{path}" + (f"?{query}" if query else "")


def text_key(*, title: str, standfirst: str, body_html: str, url: str = "") -> str:
    """Key of the words: markup, case, punctuation, quotes and line breaks make no difference."""
    words = _words(f"{title} {_without_tags(body_html)}")
    if len(words) < _THIN_WORDS:
        words += _words(standfirst)
    if len(words) < _THIN_WORDS and url:
        words.append(normal_url(url))
    return _hash(" ".join(words))


def words(html_or_text: str) -> str:
    """The words alone, in one line that begins and ends with a blank: to look for some in others."""
    return f" {' '.join(_words(_without_tags(html_or_text)))} "


def _without_tags(html: str) -> str:
    # Behind the last sign that ends a tag, each that begins a tag would be looked at up to the end.
    end = html.rfind(">") + 1
    return _TAGS.sub(" ", html[:end]) + html[end:]


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", html.unescape(text)).casefold()
    return _WORD.findall(plain.replace("\u200c", " ").replace("'", "").replace("’", ""))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
