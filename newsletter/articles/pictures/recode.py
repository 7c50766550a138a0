"""Bytes of a picture → a picture as we keep it, written by us. Pure; runs in the parser process."""

import hashlib
import io
import struct
from dataclasses import dataclass

from PIL import Image, ImageOps

from newsletter.articles import drafts
from newsletter.translatable import Quantity
from newsletter.translatable import Translatable as _

MAX_WIDTH = 1200
"""Twice the width of a mail, for screens with fine dots."""
MAX_PIXELS = 50_000_000
"""Of a JPEG, whose decoder makes it smaller as it goes."""
MAX_WHOLE_PIXELS = 12_000_000
"""Of the others, which are held whole, twice over: 2 kB of them may unpack to a gigabyte."""
MOST_BYTES = 5_000_000
"""Of a picture as we keep it: everybody who opens the mail loads it."""
LEAST_SIDE = 16
"""Smaller ones count readers; they show nothing."""
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF")
_QUALITY = 85
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif"})
# What Pillow raises on damaged files; its bomb guards included (the warning is an error where warnings are).
_DAMAGED = (
    OSError, SyntaxError, ValueError, EOFError, struct.error, IndexError, KeyError, OverflowError,
    Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip


class UnusablePicture(drafts.UnusableArticle):
    """Bytes that are no picture we can show in a mail."""


class TooSmall(UnusablePicture):
    """A picture so small that it shows nothing: an icon, or something that counts readers."""


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """A picture as we keep it: JPEG, or PNG where it is see-through; without metadata."""

    data: bytes
    suffix: str
    width: int
    height: int
    source_url: str = ""

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @property
    def file(self) -> str:
        """Path below the media directory."""
        return f"{self.digest[:2]}/{self.digest}{self.suffix}"


def encode(data: bytes, *, name: str, source_url: str = "") -> Encoded:
    """Re-encode a picture: what leaves us was written by us. Raises UnusablePicture."""
    try:
        with _opened(data) as opened:
            most = MAX_PIXELS if opened.format == "JPEG" else MAX_WHOLE_PIXELS
            if opened.width * opened.height > most:
                raise UnusablePicture(
                    _(
                        "The picture %(name)s has %(width)s × %(height)s pixels, too many to show. Make it smaller: "
                        "a JPEG may have at most %(jpeg)s million pixels, every other picture at most "
                        "%(others)s million.",
                        name=name,
                        jpeg=Quantity(MAX_PIXELS // 1_000_000),
                        others=Quantity(MAX_WHOLE_PIXELS // 1_000_000),
                        width=Quantity(opened.width),
                        height=Quantity(opened.height),
                    ),
                    field=name,
                )
            if opened.format == "JPEG":
                # Lets the decoder skip what would be thrown away: a large photo costs a fraction of its memory.
                opened.draft("RGB", (2 * MAX_WIDTH, 2 * MAX_WIDTH))
            opened.load()
            picture = ImageOps.exif_transpose(opened) or opened
            return _encoded(picture, name=name, source_url=source_url)
    except _DAMAGED as error:
        if isinstance(error, UnusablePicture):
            raise
        raise UnusablePicture(
            _(
                "The picture %(name)s cannot be read. Use a JPEG, PNG, GIF or WebP file; SVG is not supported.",
                name=name,
            ),
            field=name,
        ) from error


def _opened(data: bytes) -> Image.Image:
    """Its size is known, nothing is unpacked yet. Pillow's own guard would not say the size."""
    guard, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        return Image.open(io.BytesIO(data), formats=_FORMATS)
    finally:
        Image.MAX_IMAGE_PIXELS = guard


def _encoded(picture: Image.Image, *, name: str, source_url: str) -> Encoded:
    if min(picture.size) < LEAST_SIDE:
        raise TooSmall(
            _(
                "The picture %(name)s is too small to show (%(width)s × %(height)s).",
                name=name,
                width=picture.width,
                height=picture.height,
            ),
            field=name,
        )
    see_through = picture.has_transparency_data
    picture = picture.convert("RGBA" if see_through else "RGB")
    if see_through and picture.getchannel("A").getextrema() == (255, 255):
        see_through, picture = False, picture.convert("RGB")
    if picture.width > MAX_WIDTH:
        height = max(1, round(picture.height * MAX_WIDTH / picture.width))
        picture = picture.resize((MAX_WIDTH, height), Image.Resampling.LANCZOS)
    clean = Image.new(picture.mode, picture.size)
    clean.paste(picture)
    out = io.BytesIO()
    if see_through:
        clean.save(out, "PNG", optimize=True)
    else:
        clean.save(out, "JPEG", quality=_QUALITY, optimize=True, progressive=True)
    if out.tell() > MOST_BYTES:
        raise UnusablePicture(
            _(
                "The picture %(name)s would take %(size)s MB as it is shown, too much to load for whoever opens the "
                "mail; at most %(most)s MB. Make it smaller, or save it without transparent parts.",
                name=name,
                size=Quantity(-(-out.tell() // 1_000_000)),
                most=Quantity(MOST_BYTES // 1_000_000),
            ),
            field=name,
        )
    return Encoded(
        data=out.getvalue(),
        suffix=".png" if see_through else ".jpg",
        width=clean.width,
        height=clean.height,
        source_url=source_url[:2000],
    )
