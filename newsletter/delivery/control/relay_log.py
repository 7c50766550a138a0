"""What a relay's log says about messages of ours: which it took, and what became of them there. Pure.

Read line by line, so that a log of any size fits. A message is named by its Message-ID; OpenSMTPD writes none, so
there by its envelope sender, which is as much its own. A line that is not understood says nothing, whatever it holds.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Format(StrEnum):
    POSTFIX = "postfix"
    EXIM = "exim"
    OPENSMTPD = "opensmtpd"
    PLAIN = "plain"
    """A Message-ID a line."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a log shows."""

    taken: set[str] = field(default_factory=set)
    """Names, of those that were wanted, whose message the relay took into its queue."""
    later: dict[str, str] = field(default_factory=dict)
    """What the relay said of them last: sent, bounced or deferred. That is another matter: the message left us."""
    lines: int = 0
    understood: int = 0
    """Lines of this format about any message: none at all means that this is another kind of log."""


LONGEST_LINE = 65_536
"""Bytes; what is longer is no line of a log, and is read in pieces."""

# Postfix: cleanup names the message, and qmgr says that it is in the queue; what was cut short, or refused by a
# filter at the end of its content, never reaches qmgr.
_POSTFIX = re.compile(rb"/([a-z-]{1,40})\[\d+\]: ([0-9A-Za-z]{6,40}): (.*)")
_MESSAGE_ID = re.compile(rb"message-id=(<[^<>\s]{1,998}>)")
_STATUS = re.compile(rb"\bstatus=(sent|bounced|deferred|expired)\b")

# Exim: the line with `<=` is written once the message is in the spool.
_EXIM_ID = rb"([0-9A-Za-z]{6}-(?:[0-9A-Za-z]{6}|[0-9A-Za-z]{11})-(?:[0-9A-Za-z]{2}|[0-9A-Za-z]{4}))"
_EXIM = re.compile(rb"(?:^|[\s\]])" + _EXIM_ID + rb" (<=|=>|->|\*\*|==|Completed)(.*)")
_EXIM_NAME = re.compile(rb"\sid=([^\s<>]{1,998})(?:\s|$)")

# OpenSMTPD: both lines are written after it said yes.
_ENVELOPE = re.compile(rb"smtp envelope evpid=([0-9a-f]{16}) from=<([^<>\s]{1,998})>")
_MTA = re.compile(rb"m[td]a delivery evpid=([0-9a-f]{16}) .*?\bresult=\"?(Ok|TempFail|PermFail|Delivered)")

_PLAIN = re.compile(rb"<?([^\s<>\"',;]{1,998}@[^\s<>\"',;@]{1,253})>?")
_WORDS = {
    b"sent": "sent", b"=>": "sent", b"->": "sent", b"Ok": "sent", b"Delivered": "sent",
    b"bounced": "bounced", b"expired": "bounced", b"**": "bounced", b"PermFail": "bounced",
    b"deferred": "deferred", b"==": "deferred", b"TempFail": "deferred",
}  # fmt: skip


def read(lines: Iterable[bytes], *, form: Format, wanted: Collection[str]) -> Seen:
    """Look for these names: Message-IDs with their brackets, for OpenSMTPD envelope senders."""
    reader = {Format.POSTFIX: _Postfix, Format.EXIM: _Exim, Format.OPENSMTPD: _OpenSmtpd, Format.PLAIN: _Plain}[form]
    return reader({name.encode(): name for name in wanted}).read(lines)


class _Reader:
    """One pass; holds only what is known of wanted messages."""

    def __init__(self, wanted: dict[bytes, str]) -> None:
        self._wanted = wanted
        self._names: dict[bytes, str] = {}
        """The relay's own id of a message to its name; those that are under way."""
        self._taken: set[str] = set()
        self._later: dict[str, str] = {}
        self._understood = 0

    def read(self, lines: Iterable[bytes]) -> Seen:
        number = 0
        for line in lines:
            number += 1
            self._understood += self._line(line)
        return Seen(taken=self._taken, later=self._later, lines=number, understood=self._understood)

    def _line(self, line: bytes) -> bool:
        """True when the line is of this format."""
        raise NotImplementedError

    def _became(self, queue_id: bytes, word: bytes) -> None:
        name = self._names.get(queue_id)
        if name is not None:
            self._taken.add(name)
            self._later[name] = _WORDS[word]


class _Postfix(_Reader):
    def _line(self, line: bytes) -> bool:
        if not self._names and b"/cleanup[" not in line:
            return b"/qmgr[" in line  # nothing of ours is under way: most lines of a large log
        match = _POSTFIX.search(line)
        if match is None:
            return False
        program, queue_id, rest = match.groups()
        if program == b"cleanup":
            named = _MESSAGE_ID.match(rest)
            if named is not None:
                # Short ids are used again for other messages.
                self._names.pop(queue_id, None)
                if named[1] in self._wanted:
                    self._names[queue_id] = self._wanted[named[1]]
            return named is not None
        if queue_id not in self._names:
            return program == b"qmgr"
        status = _STATUS.search(rest)
        if status is not None:
            self._became(queue_id, status[1])
        elif program == b"qmgr" and rest.startswith(b"from="):
            self._taken.add(self._names[queue_id])
        elif program == b"qmgr" and rest.startswith(b"removed"):
            del self._names[queue_id]
        return True


class _Exim(_Reader):
    def _line(self, line: bytes) -> bool:
        match = _EXIM.search(line)
        if match is None:
            return False
        queue_id, sign, rest = match.groups()
        if sign == b"<=":
            named = _EXIM_NAME.search(rest)
            name = self._wanted.get(b"<%b>" % named[1]) if named else None
            if name is not None:
                self._names[queue_id] = name
                self._taken.add(name)
        elif sign == b"Completed":
            self._names.pop(queue_id, None)
        else:
            self._became(queue_id, sign)
        return True


class _OpenSmtpd(_Reader):
    def _line(self, line: bytes) -> bool:
        envelope = _ENVELOPE.search(line)
        if envelope is not None:
            name = self._wanted.get(envelope[2].lower())
            if name is not None:
                self._names[envelope[1]] = name
                self._taken.add(name)
            return True
        delivery = _MTA.search(line)
        if delivery is not None:
            self._became(delivery[1], delivery[2])
        return delivery is not None


class _Plain(_Reader):
    def _line(self, line: bytes) -> bool:
        match = _PLAIN.fullmatch(line.strip())
        if match is None:
            return False
        name = self._wanted.get(b"<%b>" % match[1])
        if name is not None:
            self._taken.add(name)
        return True
