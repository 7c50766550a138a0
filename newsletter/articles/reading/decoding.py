"""Bytes of a text file or page → text, in whatever encoding they were saved; or an error that says what to do."""

import codecs
import re

from charset_normalizer import from_bytes

from newsletter.articles import drafts
from newsletter.translatable import Translatable as _

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MAGIC = (
    (b"%PDF", _("a PDF")),
    (b"PK\x03\x04", _("a Word, Pages or zip file")),
    (b"\xd0\xcf\x11\xe0", _("an old Word file")),
    (b"{\\rtf", _("an RTF file")),
    (b"\x89PNG", _("a picture")),
    (b"\xff\xd8\xff", _("a picture")),
    (b"GIF8", _("a picture")),
    (b"\x1f\x8b", _("a gzip file")),
)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
# The bytes that make Western text Windows-1252: curly quotes, dashes, ellipsis, euro, and Latin-1 letters.
_CP1252 = re.compile(rb"[\x09-\x0d\x20-\x7e\x80\x82-\x8c\x8e\x91-\x9c\x9e-\xff]*")
_MOSTLY_ASCII = 0.85
# Windows-1256 writes the joiners of Persian as bytes that are controls elsewhere; the statistics stumble over them.
_WITHOUT_JOINERS = bytes.maketrans(b"\x9d\x9e", b"  ")


def text_of(data: bytes, *, name: str, charset: str = "") -> str:
    """The text in ``data``, no BOM, lines ended by \\n; ``charset`` is what a server said. Raises UnusableArticle."""
    if not data.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        raise drafts.UnusableArticle(_("%(name)s is empty. Nothing was added.", name=name), field=name)
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            raise drafts.UnusableArticle(
                _(
                    "%(name)s is %(kind)s, not text. Save it as text, Markdown or HTML and add it again.",
                    name=name,
                    kind=kind,
                ),
                field=name,
            )
    text = _decode(data, name=name, charset=charset)
    if len(_CONTROL.findall(text)) > len(text) / 1000:
        raise _binary(name)
    text = _CONTROL.sub("", text).replace("\r\n", "\n").replace("\r", "\n").replace("\ufeff", "")
    if not text.strip():
        raise drafts.UnusableArticle(_("%(name)s is empty. Nothing was added.", name=name), field=name)
    return text


def _decode(data: bytes, *, name: str, charset: str) -> str:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _strictly(data, encoding, name)
    if b"\x00" in data:
        encoding = _utf16_without_bom(data)
        if not encoding:
            raise _binary(name)
        return _strictly(data, encoding, name)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        broken = error
    if charset and _known(charset) and codecs.lookup(charset).name != "utf-8":
        # Browsers read Latin-1 as Windows-1252, and so do the people who declare it.
        return _strictly(data, "cp1252" if codecs.lookup(charset).name == "iso8859-1" else charset, name)
    if _is_damaged_utf8(data):
        line = data[: broken.start].count(b"\n") + 1
        raise drafts.UnusableArticle(
            _(
                "%(name)s is damaged UTF-8 text (line %(line)s). "
                "Open it in an editor, correct that line and save it as UTF-8.",
                name=name,
                line=line,
            ),
            field=name,
        )
    return _guess(data, name)


def _guess(data: bytes, name: str) -> str:
    ascii_share = sum(byte < 0x80 for byte in data) / len(data)
    if ascii_share >= _MOSTLY_ASCII and _CP1252.fullmatch(data):
        # Statistics are blind to a handful of quotes and accents; this is what they almost always are.
        return data.decode("cp1252")
    best = from_bytes(data).best() or from_bytes(data.translate(_WITHOUT_JOINERS)).best()
    if best is None:
        raise _binary(name)
    return _strictly(data, best.encoding, name)


def _is_damaged_utf8(data: bytes) -> bool:
    """Most multi-byte characters are sound UTF-8: a cut or a pasted foreign byte, not another encoding."""
    text = data.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    good = sum(ord(character) > 0x7F for character in text) - bad
    return good > 3 * bad


def _utf16_without_bom(data: bytes) -> str:
    """Saved by some Windows programs: every other byte of Latin text is zero."""
    sample = data[:4000]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) / 2
    if odd > 0.4 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.05 * half:
        return "utf-16-be"
    return ""


def _strictly(data: bytes, encoding: str, name: str) -> str:
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise drafts.UnusableArticle(
            _(
                "%(name)s is not valid %(encoding)s text. Save it as UTF-8 and add it again.",
                name=name,
                encoding=encoding,
            ),
            field=name,
        ) from error


_NO_TEXT = frozenset(
    {"unicode_escape", "unicode-escape", "raw_unicode_escape", "raw-unicode-escape", "idna", "punycode"}
)
"""Codecs of Python that no page is written in; some would make signs of what the page only spells."""


def _known(charset: str) -> bool:
    try:
        name = codecs.lookup(charset).name
        b"".decode(charset)
    except (LookupError, ValueError):
        return False
    return name not in _NO_TEXT


def _binary(name: str) -> drafts.UnusableArticle:
    return drafts.UnusableArticle(
        _(
            "%(name)s is not text, or its encoding is not known. Save it as UTF-8 text and add it again.",
            name=name,
        ),
        field=name,
    )
