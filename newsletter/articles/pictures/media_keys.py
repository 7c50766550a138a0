"""How a stored text names the pictures in it: by a key without any host, which is filled in where it is shown. Pure."""

import html as html_escapes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

SCHEME = "media"
_FILE = r"[0-9a-f]{2}/[0-9a-f]{64}\.(?:jpg|png)"
_MAILED = re.compile(rf' src="https?://[^"<>\s]*/media/({_FILE})"')
_KEY = re.compile(f"{SCHEME}:({_FILE})")
# Whichever host we were at when it was written down: the file's name is the hash of its bytes.
_PATH = re.compile(f".*/media/({_FILE})")
# nh3 writes attributes in double quotes with inner ones escaped, so its own output can be read with these.
IMAGE = re.compile(r"<img(?: [a-z-]+=\"[^\"]*\")*>")
_ATTRIBUTE = re.compile(r" ([a-z-]+)=\"([^\"]*)\"")


@dataclass(frozen=True, kw_only=True)
class Within:
    """A picture of ours in a text."""

    file: str
    """Path below the media directory."""
    width: int
    height: int
    """CSS pixels: those of the stored file, or fewer where the text shows it as an icon."""
    alt: str = ""


def key(file: str) -> str:
    """What stands in the ``src`` of a stored text."""
    return f"{SCHEME}:{file}"


def is_key(url: str) -> bool:
    return _KEY.fullmatch(url) is not None


def file_of(url: str) -> str:
    """The file that a key, or an address of ours from any day, names; empty for any other."""
    if found := _KEY.fullmatch(url):
        return found[1]
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    found = _PATH.fullmatch(parts.path) if parts.scheme in {"http", "https"} else None
    return found[1] if found else ""


def address(file: str, *, base_url: str) -> str:
    """Where readers find the file: on our own host, so that its origin does not learn who reads."""
    return f"{base_url}/media/{file}"


def with_addresses(html: str, *, base_url: str) -> str:
    """The text with the address of each picture as it is today: for pages, mails and whoever reads along."""

    def shown(tag: re.Match[str]) -> str:
        values = _values(tag[0])
        found = _KEY.fullmatch(values.get("src", ""))
        return _tag(values | {"src": address(found[1], base_url=base_url)}) if found else tag[0]

    return IMAGE.sub(shown, html)


def moved(html: str, *, base_url: str) -> str:
    """A mail of any day with its pictures at the address of today, for showing it in the browser."""
    return _MAILED.sub(lambda found: f' src="{address(found[1], base_url=base_url)}"', html)


def pictures_in(html: str) -> list[Within]:
    """The pictures of a stored text in order, each once."""
    found: dict[str, Within] = {}
    for tag in IMAGE.findall(html):
        values = _values(tag)
        file = file_of(values.get("src", ""))
        if file and file not in found:
            width, height = (int(values.get(side) or 0) for side in ("width", "height"))
            found[file] = Within(file=file, width=width, height=height, alt=values.get("alt", ""))
    return list(found.values())


def alt_of(html: str, address: str) -> str:
    """What the text says that the picture at this address shows."""
    alts = (_values(tag) for tag in IMAGE.findall(html))
    return next((found.get("alt", "") for found in alts if found.get("src") == address), "")


def described(html: str, alts: Mapping[str, str]) -> str:
    """The stored text with the alt texts of the files in ``alts``; others keep theirs."""

    def said(tag: re.Match[str]) -> str:
        values = _values(tag[0])
        file = file_of(values.get("src", ""))
        return _tag(values | {"alt": alts[file]}) if file in alts else tag[0]

    return IMAGE.sub(said, html)


def exchanged(html: str, ours: Mapping[str, Within]) -> str:
    """Clean HTML in which each picture that ``ours`` knows by its address is ours, with its size; the others go."""

    def taken(tag: re.Match[str]) -> str:
        values = _values(tag[0])
        found = ours.get(values.pop("src", ""))
        if found is None:
            return ""
        width, height = _size(values.pop("width", ""), values.pop("height", ""), found)
        kept = {"src": key(found.file), "alt": values.pop("alt", ""), "width": str(width), "height": str(height)}
        return _tag(kept | values)

    return IMAGE.sub(taken, html)


def comparable(html: str) -> str:
    """The text as it is compared: without hosts and sizes, which change without a word having been changed."""

    def bare(tag: re.Match[str]) -> str:
        values = _values(tag[0])
        return _tag({"src": file_of(values.get("src", "")) or values.get("src", ""), "alt": values.get("alt", "")})

    return IMAGE.sub(bare, html)


ICON = 64
"""CSS pixels: a page that shows a picture this small or smaller means an icon."""


def _size(width: str, height: str, stored: Within) -> tuple[int, int]:
    """The stored file's own size; smaller only for what the text itself shows as an icon, in the file's proportions."""
    wanted = [
        int(given) / real
        for given, real in ((width, stored.width), (height, stored.height))
        if re.fullmatch(r"[0-9]{1,6}", given) and 0 < int(given) <= ICON
    ]
    scale = min([1.0, *wanted])
    return max(1, round(stored.width * scale)), max(1, round(stored.height * scale))


def _values(tag: str) -> dict[str, str]:
    return {name: html_escapes.unescape(value) for name, value in _ATTRIBUTE.findall(tag)}


def _tag(values: Mapping[str, str]) -> str:
    return "<img" + "".join(f' {name}="{_escaped(value)}"' for name, value in values.items()) + ">"


def _escaped(value: str) -> str:
    """Escape as nh3 writes attributes, so that cleaning again changes nothing."""
    for sign, entity in (("&", "&amp;"), ("\u00a0", "&nbsp;"), ('"', "&quot;"), ("<", "&lt;"), (">", "&gt;")):
        value = value.replace(sign, entity)
    return value
