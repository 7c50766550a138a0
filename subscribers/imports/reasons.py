"""Why a row of a file is not imported, as a code that is stored, and as words in the language of whoever asks."""

import json
from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from subscribers.imports.exporters.cell_words import Word

WORDS: Mapping[str, str] = {
    "nul": gettext_noop("The row contains NUL bytes."),
    "unreadable": gettext_noop("The row contains characters that cannot be read in the file's encoding."),
    "unclosed": gettext_noop(
        "A quotation mark in this line is never closed. The lines after it were read as separate rows."
    ),
    "shifted": gettext_noop(
        "The row has more cells than there are column titles, so it is not clear which cell belongs to which column."
    ),
    "several": gettext_noop("There are several addresses in one cell. Give each person their own row."),
    "second": gettext_noop("Another address of the person in this row. At most one address of each person is used."),
    Word.LEFT.value: gettext_noop(
        "The file says that this person has left or must not be mailed (column “%(column)s”: “%(value)s”)."
    ),
    Word.ASKED.value: gettext_noop(
        "The file does not say that this person agreed or confirmed (column “%(column)s”: “%(value)s”)."
    ),
    "unclear": gettext_noop("It is not clear what the file says about this person (column “%(column)s”: “%(value)s”)."),
    "beside": gettext_noop("It is not clear what stands beside the address: “%(value)s”."),
    "below": gettext_noop("It stands below “%(value)s”, which seems to say that these people have left."),
    "elsewhere": gettext_noop("Another row of this file says that the person with this address has left."),
}


def stored(code: str, **values: str) -> str:
    """The form in which a reason is kept."""
    return json.dumps([code, values], ensure_ascii=False) if values else code


def words(reason: str) -> str:
    """A stored reason in the language of now; what is no code is a fault of an address (`errors.Fault`)."""
    code, values = json.loads(reason) if reason.startswith("[") else (reason, {})
    return _(WORDS[code]) % values if code in WORDS else _(reason)
