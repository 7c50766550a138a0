"""The pictures of an article, taken from its pages, its folder or its text, within bounds of number and time."""

import time
from pathlib import Path
from urllib.parse import unquote

from newsletter import conf, errors
from newsletter.articles import picture_store
from newsletter.articles.parser_process import parser
from newsletter.articles.pictures import embedded, recode
from newsletter.translatable import Quantity
from newsletter.translatable import Translatable as _

MAX_PICTURES = 20
MAX_PICTURE_SECONDS = 40.0
"""Seconds for all pictures of an article together; those that would come later are left out, and named."""
MAX_PICTURE_BYTES = 20_000_000
"""Of a file beside the article; fetched ones have the fetcher's limit."""
BESIDE = "https://beside.invalid/"
"""Stands before the names of picture files that lie beside an article's file, until they are taken in."""


class PictureCollector:
    """Takes the pictures of an article, within limits, and remembers those it could not take."""

    def __init__(self, *, config: conf.Config, beside: Path | None, inside: tuple[bytes, ...] = ()) -> None:
        self.config = config
        self.notes: list[str] = []
        self._beside = beside.resolve() if beside else None
        self._inside = inside
        self._taken: dict[str, recode.Encoded | None] = {}
        self._until = time.monotonic() + MAX_PICTURE_SECONDS

    def take(self, url: str) -> recode.Encoded | None:
        """The picture at ``url``, or None with a note."""
        if not url:
            return None
        if url not in self._taken:
            self._taken[url] = self._take(url)
        return self._taken[url]

    def _take(self, url: str) -> recode.Encoded | None:
        if len(self._taken) >= MAX_PICTURES or time.monotonic() > self._until:
            self.notes.append(
                _("A picture was left out because there are too many or they load too slowly: %(url)s", url=_shown(url))
            )
            return None
        try:
            if url.startswith(BESIDE):
                return self._from_file(unquote(url.removeprefix(BESIDE)))
            if url.startswith(embedded.INSIDE):
                return self._from_inside(url.removeprefix(embedded.INSIDE))
            return picture_store.fetched(url, config=self.config)
        except recode.TooSmall:
            return None  # an icon or a counter: nobody misses it
        except parser.ParserBusy:
            raise  # in a minute the article can be added with its pictures
        except errors.UserError as error:
            self.notes.append(_("A picture was left out. %(reason)s", reason=error.args[0] if error.args else ""))
            return None

    def _from_inside(self, number: str) -> recode.Encoded:
        """A picture that the text carried itself."""
        data = (
            self._inside[int(number)]
            if len(number) < 6 and number.isdecimal() and int(number) < len(self._inside)
            else b""
        )
        return picture_store.encode(data, name=_("inside the text"))

    def _from_file(self, name: str) -> recode.Encoded:
        """A file in the article's own folder or below; nothing else on this machine can be named."""
        folder = self._beside
        path = (folder / name).resolve() if folder and "\x00" not in name else None
        if folder and path and not path.is_file() and (folder / path.name).is_file():
            path = (folder / path.name).resolve()  # a browser sends the file without its folder
        if path is None or folder is None or not path.is_relative_to(folder) or not path.is_file():
            raise recode.UnusablePicture(
                _("The picture %(name)s was not found next to the article.", name=name[:200]), field=name
            )
        if path.stat().st_size > MAX_PICTURE_BYTES:
            raise recode.UnusablePicture(
                _(
                    "The picture %(name)s is larger than %(most)s MB.",
                    name=name[:200],
                    most=Quantity(MAX_PICTURE_BYTES // 1_000_000),
                ),
                field=name,
            )
        return picture_store.encode(path.read_bytes(), name=name)


def _shown(url: str) -> str:
    """The picture's name as a person gave it."""
    return unquote(url.removeprefix(BESIDE))[:200]
