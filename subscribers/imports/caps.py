"""How much an import may cost, whatever is in its file: bytes, characters, lines, people, and room on the disk. Pure.

Every reader streams: a line, a record or a step's people are in memory, never a file. Each cap is named in the refusal,
with what to do; nothing is imported then. `README.md` lists them for those who have files.
"""

BIGGEST_FILE = 1 << 30
"""Bytes of a file that the command reads."""
BIGGEST_UPLOAD = 50_000_000
"""Bytes of a file that the page takes: with a larger file its sender waits for minutes; the command shows how far
it is."""

LONGEST_LINE = 65_536
"""Characters; a real row of people has a few hundred, so a longer row means another kind of file."""
LINES_IN_RECORD = 60
"""A quoted cell may hold line ends; more of them means a quotation mark that is never closed."""
MOST_UNCLOSED = 10_000
"""Rows with such a mark: each costs the reading of `LINES_IN_RECORD` lines once more."""
MOST_LINES = 10_000_000
MOST_PEOPLE = 5_000_000
"""In one file, those who cannot be used among them."""
MOST_COLUMNS = 1_000
"""The widest exports that are known, of CRMs, have some hundreds."""
MOST_TELLING = 100
"""Columns that say who may be mailed: each is looked at for each person."""

LONGEST_VALUE = 240
"""Characters of a value in which somebody may have noted that a person left; longer ones are prose, and only looked
through."""
MOST_REMEMBERED = 4_000_000
"""Characters of the different values of all columns together, by which their meaning is decided."""

LONGEST_BESIDE = 1_000
"""Characters around an address in which a name and a comment are looked for."""

MOST_STAGED = 2_000_000_000
"""Bytes of the file in which checked rows wait. Never more than half of what is free either: mail needs room, too."""
