"""Finds the encoding of a file of people, most of which is ASCII: only the names tell it."""

import codecs
import hashlib
import re
from dataclasses import dataclass
from typing import IO

import charset_normalizer

from subscribers.errors import SubscribersError
from subscribers.imports import caps

SAMPLE = 1 << 16
_BLOCK = 1 << 20

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What such files are in when they are not in UTF-8. Guessing among all that Python knows finds exotic ones in names.
_OTHER_SCRIPTS = [
    *("cp1251", "cp1253", "cp1255", "cp1256", "koi8_r", "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr", "cp874"),
]

_WORD = re.compile(rb"[A-Za-z\x80-\xff]+")
_HIGH = re.compile(rb"[\x80-\xff]+")
_CP1252_HOLES = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
# In Latin script an accented letter or two stand among ASCII letters; in every other script words have none of those.
_LATIN_WORD = re.compile(
    rb"(?=.*[A-Za-z])(?:[A-Za-z]|[\x8a\x8c\x8e\x9a\x9c\x9e\x9f\xa3\xa5\xaa\xaf\xb1\xb3\xb6\xb9\xba\xbc\xbe\xbf\xc0-\xff]{1,2}(?![\x80-\xff]))+"
)

# What names of Western Europe never hold, read as Windows-1252, by the encoding that they are in then.
_NOT_WESTERN = {
    "cp1250": re.compile(
        r"[A-Za-zÀ-ÿ][³¹¿¼¾][a-zà-ÿ]|[a-z][³¹¿¼¾]\b|\b[£¯][a-zà-ÿ]"  # ł ą ż ľ Ł Ż
        r"|ø[íáìù]|[áíì]ø|ø(?:ej|ich)|[bcdkptvzBCDKPTVZ]ø[aiouá]|[aeiou]ø\b"  # ř
        r"|ì[a-z]|[a-z]è[aeiouáíé]|[aiou]è\b|\bÈ[a-zá]|ù[bcdfghjklmnprstvzžš]|ò[aeiouá]"  # ě č Č ů ň
        r"|[iouae]æ\b|œ[bcdfghjklmnpqrstvwxz]|[a-z]œ\b|ñ[bcdfghjklmnpqrstvwxz]|[a-z]ñ\b"  # ć ś ń
        r"|ê[bcdfghjklpqwz]|Ÿ[a-z]|zõ|yõ|[dt]õs|[yt]û[rzl]"  # ę ź ő ű
    ),
    "cp1254": re.compile(r"[a-zçöü]þ|\bÞ[aiöü]|ý[lkz]|oð[lu]|[lnkz]ý\w*ý|\bÝ[a-zö]"),  # ş Ş ı ğ İ
    "cp1257": re.compile(r"ç[bcdfghjklmnpqrstvwxz]|[a-zò]ð\b|\bÐ[aiu]|\bÞ[ye]|[rt]îne?\b|ûn[ai]s"),  # ē š Š Ž ī ū
    "iso8859_2": re.compile(r"[a-z][±¶]|[±¶][a-z]|\b[¦¡¬][a-z]"),  # ą ś Ś
}
_FEW = 0.25
"""Of the words with accents, how many may look foreign by chance: a Czech name in a French list."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a reading of all bytes tells."""

    digest: str
    encoding: str
    """Empty when it cannot be told."""


def marked(head: bytes) -> str:
    """The encoding that a byte order mark, or every second byte being zero, names; empty without."""
    return next((encoding for mark, encoding in _MARKS if head.startswith(mark)), "") or _wide(head)


class EndlessLine(SubscribersError, ValueError):
    """A line is longer than any that is read: the rest need not be looked at. ``line`` is its number, from 1."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line} has no end")
        self.line = line


def find(file: IO[bytes], *, known: str) -> Found:
    """Hash the file and tell its encoding, unless that is known. Raises EndlessLine."""
    line, length = 1, 0
    digest, decoder = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")()
    is_utf8, sample = True, bytearray()
    while block := file.read(_BLOCK):
        digest.update(block)
        line += block.count(b"\n") or block.count(b"\r")
        end = max(block.rfind(b"\n"), block.rfind(b"\r"))
        length = len(block) - 1 - end if end >= 0 else length + len(block)
        # Four bytes are the most that a character takes in any encoding.
        if length > 4 * (caps.LONGEST_LINE + 1):
            raise EndlessLine(line)
        is_utf8 = is_utf8 and _decodes(decoder, block)
        if len(sample) < SAMPLE and not block.isascii():
            # A list of addresses is nearly all ASCII: only the other lines tell the encodings apart.
            telling = [line for line in re.split(rb"[\r\n]+", block) if not line.isascii()]
            sample += b"\n".join(line[:500] for line in telling)[: SAMPLE - len(sample)]
    is_utf8 = is_utf8 and _decodes(decoder, b"", final=True)
    return Found(digest=digest.hexdigest(), encoding=known or ("utf-8" if is_utf8 else guess(bytes(sample))))


def guess(sample: bytes) -> str:
    """The likeliest encoding of lines that hold bytes above ASCII and are no sound UTF-8; empty for none."""
    if _is_damaged_utf8(sample):
        return "utf-8"
    words = [word for word in _WORD.findall(sample) if not word.isascii()]
    latin = sum(bool(_LATIN_WORD.fullmatch(word)) for word in words)
    if words and latin >= 0.6 * len(words):
        return _latin(words, sample)
    if plain := _by_bytes([word for word in words if len(word) > 1]):
        return plain
    best = charset_normalizer.from_bytes(b"\n".join(words), cp_isolation=_OTHER_SCRIPTS).best()
    return best.encoding if best else ("" if _CP1252_HOLES.search(sample) else "cp1252")


def _latin(words: list[bytes], sample: bytes) -> str:
    if _CP1252_HOLES.search(sample):
        return "cp1250"
    texts = [word.decode("cp1252") for word in words]
    foreign = {
        encoding: sum(bool(pattern.search(text)) for text in texts) for encoding, pattern in _NOT_WESTERN.items()
    }
    # Statistics are blind to a handful of accents; Windows-1252 is what they almost always are.
    likely = max(foreign, key=lambda encoding: foreign[encoding])
    return likely if foreign[likely] > _FEW * len(words) else "cp1252"


def _by_bytes(words: list[bytes]) -> str:
    """Scripts whose bytes lie where no other's do, or that write names with a capital first; empty for the rest."""
    together = b"".join(words)
    low = sum(0xA1 <= byte <= 0xBF for byte in together) / max(1, len(together))
    paired = words and all(len(word) % 2 == 0 and len(word) <= 10 for word in words)
    if paired and low > 0.08 and min(together) >= 0xA1:
        leads = [byte for word in words for byte in word[::2]]
        kana = sum(0xA4 <= byte <= 0xA5 for byte in leads) > 0.3 * len(leads)
        return "euc_jp" if kana else "gb18030" if max(leads) > 0xC8 else "euc_kr"
    if low > 0.2 and min(together) >= 0xA1:
        return "cp874"
    if words and min(together) >= 0xE0 and max(together) <= 0xFA:
        return "cp1255"
    if words and all(0xC0 <= word[0] <= 0xDF and min(word[1:]) >= 0xDC for word in words):
        greek = any(0xDC <= byte <= 0xDF for word in words for byte in word[1:])
        return "cp1253" if greek else ""
    if words and all(word[0] >= 0xE0 and min(word[1:]) >= 0xC0 and max(word[1:]) <= 0xDF for word in words):
        return "koi8_r"
    return ""


def _decodes(decoder: codecs.IncrementalDecoder, block: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(block, final=final)
    except UnicodeDecodeError:
        return False
    return True


def _is_damaged_utf8(sample: bytes) -> bool:
    """Most multi-byte characters are sound UTF-8: a cut or a foreign byte pasted in, not another encoding."""
    text = sample.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    return sum(character > "\x7f" for character in text) - bad > 2 * bad


def _wide(head: bytes) -> str:
    """UTF-16 without a mark: in an address every second byte is zero."""
    half = len(head) // 2
    if half < 4:
        return ""
    if head[1::2].count(0) > half * 0.4 and not head[::2].count(0):
        return "utf-16-le"
    if head[::2].count(0) > half * 0.4 and not head[1::2].count(0):
        return "utf-16-be"
    return ""
