"""The words of code and templates, and their catalogues: compared by tests, brought up to date by `make messages`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "Plural": (1, 2),
}
_TEMPLATES = [("**.html", "jinja2"), ("**.txt", "jinja2")]


@dataclass(frozen=True, kw_only=True)
class Package:
    """Where one catalogue's words stand. Commands speak English: `management/` has none."""

    name: str
    templates: str

    @property
    def po(self) -> Path:
        return ROOT / self.name / "locale" / "fa" / "LC_MESSAGES" / "django.po"

    @property
    def mo(self) -> Path:
        return self.po.with_suffix(".mo")

    def used(self) -> Iterator[str | tuple[str, str]]:
        """Each message that stands in code or templates; with its plural where it has one."""
        for folder, methods in (
            (self.name, [("management/**.py", "ignore"), ("migrations/**.py", "ignore"), ("**.py", "python")]),
            (self.templates, _TEMPLATES),
        ):
            for found in extract_from_dir(ROOT / folder, method_map=methods, keywords=KEYWORDS):
                message = found[2]
                yield (message[0], message[1]) if isinstance(message, tuple) else message

    def written(self) -> Catalog:
        with self.po.open("rb") as file:
            return read_po(file)


PACKAGES = (
    Package(name="newsletter", templates="templates/web"),
    Package(name="subscribers", templates="templates/subscribers"),
)


def first(text: object) -> str:
    """A message without its plural."""
    return str(text[0]) if isinstance(text, tuple | list) else str(text)


def is_whole(message: Message) -> bool:
    """True when every form of it is translated and no machine guessed it."""
    forms = message.string if isinstance(message.string, tuple | list) else [message.string]
    return all(forms) and not message.fuzzy


def values_in(text: object) -> set[str]:
    return set(re.findall(r"%\(\w+\)s", first(text)))


def update(package: Package) -> tuple[int, int]:
    """Write the catalogue anew: words that are no longer used go, new ones come in empty. How many came, how many wait.

    Nothing is guessed from similar words: a wrong sentence is worse than one that is missing.
    """
    old = package.written()
    known = {first(message.id): message for message in old if message.id}
    new = Catalog(locale="fa", fuzzy=False, header_comment=old.header_comment)
    new.mime_headers = old.mime_headers
    came = 0
    for text in sorted({first(text): text for text in package.used()}.items()):
        kept = known.get(text[0])
        came += kept is None
        same = kept is not None and isinstance(kept.id, tuple) == isinstance(text[1], tuple)
        new.add(text[1], string=kept.string if kept is not None and same else None)
    with package.po.open("wb") as file:
        write_po(file, new, width=0, omit_header=False, no_location=True)
    with package.mo.open("wb") as file:
        write_mo(file, new)
    return came, sum(not is_whole(message) for message in new if message.id)


if __name__ == "__main__":
    for one in PACKAGES:
        new_ones, waiting = update(one)
        print(f"{one.po.relative_to(ROOT)}: {new_ones} new, {waiting} to be translated")  # noqa: T201
