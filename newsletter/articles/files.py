"""Files of articles on this machine: which a path stands for, and their bytes within limits."""

from pathlib import Path

from newsletter.articles import drafts
from newsletter.articles.pictures import recode
from newsletter.translatable import Quantity
from newsletter.translatable import Translatable as _

MAX_FILE_BYTES = 5_000_000


def expand(path: str) -> list[Path]:
    """The article files that a path stands for: itself, or those of a directory, by name. Raises UnusableArticle."""
    given = Path(path).expanduser()
    if "://" in path and not given.exists():
        raise drafts.UnusableArticle(
            _("%(path)s cannot be opened: only files and http or https addresses are allowed.", path=path), field=path
        )
    try:
        if not given.is_dir():
            return [given]
        found = sorted(p for p in given.rglob("*") if p.is_file() and not _is_beside(p.relative_to(given)))
    except (OSError, ValueError) as error:
        raise drafts.UnusableArticle(
            _("%(path)s cannot be read: %(error)s.", path=path, error=error), field=path
        ) from error
    if not found:
        raise drafts.UnusableArticle(_("%(path)s contains no articles. Nothing was added.", path=path), field=path)
    return found


def read(path: Path) -> bytes:
    """The bytes of a regular file that is not too large. Raises UnusableArticle."""
    try:
        regular = path.is_file()
        if regular:
            with path.open("rb") as file:
                data = file.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        raise drafts.UnusableArticle(
            _("%(path)s cannot be read: %(error)s.", path=path, error=error), field=str(path)
        ) from error
    if not regular:
        raise drafts.UnusableArticle(_("There is no file %(path)s. Nothing was added.", path=path), field=str(path))
    if len(data) > MAX_FILE_BYTES:
        raise drafts.UnusableArticle(
            _(
                "%(path)s is larger than %(most)s MB, too large for an article. Nothing was added.",
                path=path,
                most=Quantity(MAX_FILE_BYTES // 1_000_000),
            ),
            field=str(path),
        )
    return data


def _is_beside(path: Path) -> bool:
    """What lies beside articles: hidden files, and the pictures they name."""
    return any(part.startswith(".") for part in path.parts) or path.suffix.lower() in {*recode.SUFFIXES, ".svg"}
