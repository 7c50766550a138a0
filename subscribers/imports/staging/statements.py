"""Every statement that is run on a staging file: a SQLite database of its own for each checked file.

`staged` has the people who can be added, numbered from 1 without gaps; `rejected` the rows that cannot be used, with
the keyed index of the address where the person has left; `facts` a single row about the file.
"""

CREATE = """
PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;
CREATE TABLE staged (n INTEGER PRIMARY KEY, line INTEGER, address TEXT, address_index TEXT UNIQUE,
                     domain_group INTEGER, name TEXT, language TEXT);
CREATE TABLE rejected (line INTEGER, reason TEXT, content TEXT, left_index TEXT);
CREATE TABLE facts (rows INTEGER, repeated INTEGER, plan TEXT);
"""
"""The tables, without a journal: what a crash leaves is made anew from the file."""

STAGE = "INSERT OR IGNORE INTO staged (line, address, address_index, domain_group, name, language) VALUES (?,?,?,?,?,?)"
"""A person; the same address again is passed over, which the row count tells."""
REJECT = "INSERT INTO rejected VALUES (?,?,?,?)"
NOTE_FACTS = "INSERT INTO facts VALUES (?,?,?)"
"""Rows read, repeated addresses, the plan as JSON."""

PAGE_SIZE = "PRAGMA page_size"
TABLES = "SELECT name FROM sqlite_master"
"""What the file has: of an import that is done, only `rejected` is left."""

NEXT_STAGED = (
    "SELECT n, address, address_index, domain_group, name, language FROM staged WHERE n > ? ORDER BY n LIMIT ?"
)
NEXT_WHO_LEFT = "SELECT DISTINCT left_index FROM rejected WHERE left_index > ? ORDER BY left_index LIMIT ?"
REJECTED = "SELECT line, reason, content FROM rejected ORDER BY line"
FACTS = "SELECT rows, repeated, plan FROM facts"
COUNT_STAGED = "SELECT count(*) FROM staged"
COUNT_REJECTED = "SELECT count(*) FROM rejected"
COUNT_WHO_LEFT = "SELECT count(DISTINCT left_index), count(left_index) FROM rejected"
"""Addresses that have left, and the rows that say so."""

HAS_ANYBODY_LEFT = "SELECT EXISTS (SELECT 1 FROM rejected WHERE left_index IS NOT NULL)"
INDEX_WHO_LEFT = "CREATE INDEX left_by_index ON rejected (left_index)"
_STAGED_WHO_LEFT = "SELECT n FROM staged WHERE address_index IN (SELECT left_index FROM rejected)"
REJECT_WHO_LEFT = f"INSERT INTO rejected SELECT line, ?, address, NULL FROM staged WHERE n IN ({_STAGED_WHO_LEFT})"
"""Whoever is staged, and has left by another row; the parameter is the reason."""
UNSTAGE_WHO_LEFT = f"DELETE FROM staged WHERE n IN ({_STAGED_WHO_LEFT})"
NEXT_NUMBERS = "SELECT n FROM staged WHERE n > ? ORDER BY n LIMIT ?"
RENUMBER = "UPDATE staged SET n = ? WHERE n = ?"
"""A new number for an old number."""

DROP_STAGED = "DROP TABLE IF EXISTS staged"
SHRINK = "VACUUM"
"""Gives back the pages of what was dropped, with what stood on them."""

HAS_INDEX = {
    "staged": "SELECT 1 FROM staged WHERE address_index = ? LIMIT 1",
    "rejected": "SELECT 1 FROM rejected WHERE left_index = ? LIMIT 1",
}
"""Whether a table holds an address, by its keyed index."""
WORDS = {
    "staged": "SELECT name FROM staged",
    "rejected": "SELECT content FROM rejected",
    "facts": "SELECT plan FROM facts",
}
"""The text of each table in which somebody may be named."""


def most_pages(pages: int) -> str:
    """Let the file grow to so many pages; then SQLite says that it is full."""
    return f"PRAGMA max_page_count={pages}"
