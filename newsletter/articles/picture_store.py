"""Pictures: taken once, re-encoded by us, kept below the media directory under the hash of their bytes."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from newsletter import conf
from newsletter.articles import models
from newsletter.articles.fetching import http_client
from newsletter.articles.parser_process import parser
from newsletter.articles.pictures import recode
from newsletter.articles.pictures.recode import Encoded
from newsletter.translatable import Translatable as _


def fetched(url: str, *, config: conf.Config, resolver: http_client.Resolver | None = None) -> Encoded:
    """Fetch a picture through the guard and re-encode it. Raises FetchRefused, FetchFailed, UnusablePicture."""
    found = http_client.fetch(url, allow=config.fetch_allow, resolver=resolver)
    return encode(found.body, name=url, source_url=url)


def encode(data: bytes, *, name: str, source_url: str = "") -> Encoded:
    """Run `recode.encode` in the parser process. Raises UnusablePicture, parser.ParserBusy."""
    try:
        made = parser.run(recode.encode, data, name=name, source_url=source_url)
    except parser.TooCostly as error:
        text = _(
            "The picture %(name)s takes too much time or memory to read. Use a smaller one, or save it again.",
            name=name,
        )
        raise recode.UnusablePicture(text, field=name) from error
    if made.suffix not in {".jpg", ".png"}:
        # It becomes part of a path here, and the process that said it reads strangers' bytes.
        raise RuntimeError(f"a picture's suffix is {made.suffix!r}")
    return made


def keep(encoded: Encoded, *, config: conf.Config, now: datetime) -> models.Picture:
    """The stored picture; the same bytes are stored once. Call within `tidy`, in a transaction."""
    path = config.media_dir / encoded.file
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(path, encoded.data)
    picture, _created = models.Picture.objects.get_or_create(
        digest=encoded.digest,
        defaults={
            "file": encoded.file,
            "width": encoded.width,
            "height": encoded.height,
            "size": len(encoded.data),
            "source_url": encoded.source_url,
            "created_at": now,
        },
    )
    return picture


@contextlib.contextmanager
def tidy(encoded: list[Encoded], *, config: conf.Config) -> Iterator[None]:
    """Wrap the transaction that keeps these pictures: if it fails, the files it brought are removed again."""
    new = [picture for picture in encoded if not (config.media_dir / picture.file).exists()]
    try:
        yield
    except BaseException:
        known = set(models.Picture.objects.filter(digest__in=[p.digest for p in new]).values_list("digest", flat=True))
        for picture in new:
            if picture.digest not in known:
                (config.media_dir / picture.file).unlink(missing_ok=True)
        raise


def kept(file: str) -> models.Picture | None:
    """The picture that we keep under this path, if we do."""
    return models.Picture.objects.filter(file=file).first()


def _write(path: Path, data: bytes) -> None:
    """All or nothing: a reader never meets half a file."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
