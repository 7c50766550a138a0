"""Finds people in a cell or a line as mail programs, web pages and spreadsheets leave them there. Pure."""

import re
from dataclasses import dataclass

from subscribers import addresses
from subscribers.imports import caps

# What stands in an address that people type, and ends where another thing begins. Not the grammar: that is `normalise`.
# That an @ is in it is looked for apart: a single pattern would begin anew at every letter of a word without an @.
_WORD = re.compile(r"[^\s<>()\[\],;:\"“”„«»|]+")
_PLAIN = re.compile(r"[A-Za-z0-9._%+=-]+@[A-Za-z0-9.-]+[A-Za-z0-9]")
_PARTS = re.compile("[;,]")
_SCHEME = re.compile(r"^[<\s\"']*(?:mailto|smtp|e-?mail)\s*:\s*", re.IGNORECASE)
_BREAK = re.compile(r"[\s<>]")
_QUOTES = "\"'“”„‚‘’«»‹›"

# One mailbox of a To line, with what ends it. A name in front may hold commas, as Outlook writes “Quill, Ada <…>”.
_IN_LINE = re.compile(
    r"\s*+(?:(?P<name>(?:\"[^\"]*+\"|[^<>;\"@])*+)<\s*+(?:mailto:)?(?P<bracketed>(?=[^<>\s@]+@[^<>\s])[^<>\s]++)\s*+>"
    r"|(?P<bare>[^\s<>()\[\],;:\"“”„«»|]+@[^\s<>()\[\],;:\"“”„«»|]+)(?:\s*+\((?P<comment>[^()]*+)\))?)"
)
_END = re.compile(r"\s*(?:[;,]+\s*|$)")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One person as the text shows them; the address is not checked yet."""

    address: str
    name: str = ""
    beside: str = ""
    """Whatever stands with the address, its brackets included: it may be more than a name."""


def in_cell(cell: str) -> list[Mailbox]:
    """The people in a cell, mostly a single person. A cell without an address stands for whom it should hold."""
    if _PLAIN.fullmatch(cell):
        return [Mailbox(cell)]
    text = _SCHEME.sub("", addresses.visible(cell))
    if text != cell:
        text = _without_query(text) if _SCHEME.match(cell) else text
    found = [_trimmed(match[0]) for match in _WORD.finditer(text) if "@" in match[0][1:-1]]
    if len({address.lower() for address in found}) > 1:
        return [Mailbox(address) for address in dict.fromkeys(found)]
    if not found:
        return [Mailbox(text)]
    name = _name_around(text, found)
    return [Mailbox(found[0], name, text if text != found[0] else "")] if name is not None else [Mailbox(text)]


def in_line(line: str) -> list[Mailbox]:
    """The people in a line of mailboxes; what is none of them comes out as it is, for the report."""
    found, at = list[Mailbox](), 0
    text = addresses.visible(line)
    while at < len(text):
        match, behind = _mailbox(text, at)
        if match is None:
            end = text.find(";", at)
            end = len(text) if end < 0 else end
            found.extend(in_cell(text[at:end].strip()))
            at = end + 1
            continue
        address = _trimmed(match["bracketed"] or match["bare"])
        name = (match["name"] or "").rstrip()
        beside = match[0].strip(" ,;") if name or match["comment"] else ""
        found.append(Mailbox(address, _name(name or match["comment"] or "", address), beside))
        at = behind
    return found


def is_line(line: str) -> bool:
    """Whether the line is mailboxes, and could be no row of a table: all of it is, or several are in brackets."""
    text, at, count, bracketed, whole = addresses.visible(line).strip(), 0, 0, 0, True
    while at < len(text) and (whole or ">" in text):
        match, behind = _mailbox(text, at)
        if match is None:
            whole = False
            end = _PARTS.search(text, at)
            at = end.end() if end else len(text)
            continue
        count, bracketed, at = count + 1, bracketed + bool(match["bracketed"]), behind
    return bracketed > 1 or (whole and (count > 1 or bracketed > 0))


def _mailbox(text: str, at: int) -> tuple[re.Match[str] | None, int]:
    """The mailbox that begins there, and where the next does; None where none does, or something follows it."""
    # No further than a name and an address go: else each comma would be a reason to look through all of a line.
    match = _IN_LINE.match(text, at, at + caps.LONGEST_BESIDE)
    end = match and _END.match(text, match.end())
    return (match, end.end()) if match and end else (None, at)


def _without_query(text: str) -> str:
    """What a link to write to somebody has after the address: ?subject=Hello."""
    last = max((match.end() for match in _BREAK.finditer(text)), default=0)
    query = text.find("?", last)
    return text if query < 0 else text[:query]


def _trimmed(address: str) -> str:
    """Without what a sentence or a quotation leaves around it."""
    address = re.sub(r"^(?:mailto|smtp):", "", address.strip(), flags=re.IGNORECASE)
    address = address.rstrip(".,;:!?")
    if len(address) > 1 and address[0] in _QUOTES and address[-1] in _QUOTES:
        address = address[1:-1]
    return address.strip('“”„«»"').rstrip("'’‘")


def _name_around(text: str, found: list[str]) -> str | None:
    """What stands beside the address if that can be a name; None when it may be a part of the address itself."""
    if len(text) > caps.LONGEST_BESIDE:
        return None
    pattern = "|".join(re.escape(address) for address in set(found))
    rest = " ".join(re.sub(pattern, "\0", text, flags=re.IGNORECASE).split())
    if not rest.strip(_QUOTES + " \0<>()[].,;:"):
        return ""
    marked = re.search(r"[<(\[]\s*+(?:mailto:\s*+)?\0[^<>()]*+[>)\]]", rest) or re.search(
        r"\0[>\"'”]*\s*\([^()]*\)", rest
    )
    if marked is None:
        return None
    outside = re.sub(r"(?:mailto:)?\0", " ", rest, flags=re.IGNORECASE)
    return _name(outside, found[0])


def _name(text: str, address: str) -> str:
    name = " ".join(re.sub(r"[<>()\[\]]+", " ", text).split()).strip(_QUOTES + " ,;:")
    return "" if name.lower() == address.lower() or "@" in name else name
