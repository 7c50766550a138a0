"""An issue becomes messages: compiled once into encoded literals, then filled for each reader in microseconds. Pure.

Both parts are quoted-printable, so everything is 7-bit. A soft line break stands on both sides of every personal
value: a value has lines of its own and nothing is ever folded again. No line starts with a dot or "From ", no line
ends with a blank, and blanks never come in runs: the bytes made here are the bytes on the wire, and what DKIM signs.
"""

import hashlib
import hmac
import re
import string
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from email.utils import format_datetime
from itertools import cycle, islice
from typing import Any, Self
from urllib.parse import quote

from newsletter.delivery.carrier import Message
from newsletter.delivery.message import headers, verp
from newsletter.errors import InvalidInput, UserError
from newsletter.rendering import personalise
from newsletter.rendering.results import Rendered
from newsletter.translatable import Translatable as _

QP_LINE = 76
"""RFC 2045 §6.7 (5): the longest line of quoted-printable, its soft break counted."""
SOFT = b"=\r\n"

# Everything but visible ASCII without "="; and a blank that starts or ends a line, or follows another blank.
_UNSAFE = re.compile(rb"[^ -<>-~]|(?<![^ ]) | \Z")
_TOKEN = re.compile(r"[A-Za-z0-9._~=-]{1,200}")
_LINE_ENDS = re.compile(r"\r\n?")
# What most addresses look like, and nothing that would need another look: `headers.is_address` says yes to all of them.
_PLAIN_ADDRESS = re.compile(
    r"[a-z0-9_-]{1,31}(?:\.[a-z0-9_-]{1,31})?@(?:[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?\.){1,3}[a-z]{2,24}"
)
# Words that quoted-printable leaves as they are, and that at the start of a line are taken for nothing else.
_AS_IT_IS = re.compile(r"(?=.{1,74}\Z)(?!From )[!-\-/-<>-~][!-<>-~]*(?: [!-<>-~]+)*")
# One line of words that need no encoding and no folding.
_PLAIN_LINE = re.compile(r"(?=.{1,68}\Z)(?!.*=\?)[!-~]+(?: [!-~]+)*")
# A name that is spelled alike in a header, in text, in HTML and in quoted-printable; a token, in quoted-printable.
_PLAIN_NAME = re.compile(r"(?=.{1,70}\Z)(?!From )[A-Za-z0-9]+(?: [A-Za-z0-9]+)*")
_PLAIN_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,200}")
_SHORT = 70
_ID_BYTES = 16


class Undeliverable(UserError, ValueError):
    """This recipient cannot be written to; the others go on. ``enhanced`` says why as in RFC 3463."""

    def __init__(self, message: str, *, enhanced: str) -> None:
        super().__init__(message)
        self.enhanced = enhanced


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Who a mail comes from; as JSON it is `Approval.sender`."""

    name: str
    address: str
    reply_to: str = ""
    list_name: str = ""
    list_id: str = ""
    """Stable for the life of the list: ``slug.domain``, or a slug that the address's domain completes."""
    bounce_domain: str = ""
    """Empty: the address's domain."""

    @classmethod
    def of(cls, text: str) -> Self:
        """From ``Name <address>`` or a bare address. Raises InvalidInput."""
        match = re.fullmatch(r"(.*)<([^<>]+)>\s*", text, re.DOTALL)
        name, address = (match[1].strip(), match[2]) if match else ("", text)
        if len(name) > 1 and name[0] == name[-1] == '"':
            name = re.sub(r"\\(.)", r"\1", name[1:-1])
        try:
            address = headers.with_a_label(address)
        except headers.InvalidHeader as error:
            raise InvalidInput(_("This is not an e-mail address."), field="sender") from error
        return cls(name=headers.tidy(name), address=address)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


@dataclass(frozen=True)
class _Hole:
    """Where a personal value goes."""

    token: personalise.Token
    html: bool
    fallback: bytes = b""
    """What stands there for want of a value, encoded."""


class _Blank:
    """Something compiled with a sample in the place of what differs: right for every value of the same shape."""

    def __init__(self, make: Callable[[str], bytes], *, length: int) -> None:
        self._make = make
        self._literals: list[bytes] = []
        self._stretches: list[slice] = []
        """Of the value, one behind each literal but the last: it may stand there twice, or go on behind a line end."""
        zeros, ones = make("0" * length), make("1" * length)
        end, told = 0, 0
        for at, (zero, one) in enumerate(zip(zeros, ones, strict=False)):
            if zero == one:
                continue
            if at > end or told == length or not self._stretches:
                told %= length
                self._literals.append(zeros[end:at])
                self._stretches.append(slice(told, told))
            told += 1
            end, self._stretches[-1] = at + 1, slice(self._stretches[-1].start, told)
        self._literals.append(zeros[end:])
        sample = "".join(islice(cycle(string.ascii_letters), length))
        self._is_known = self._filled(sample) == make(sample)

    def fill(self, value: str) -> bytes:
        return self._filled(value) if self._is_known else self._make(value)

    def _filled(self, value: str) -> bytes:
        coded, literals = value.encode(), self._literals
        if len(literals) == 2:
            return b"%b%b%b" % (literals[0], coded, literals[1])
        between = [literal + coded[part] for literal, part in zip(literals, self._stretches, strict=False)]
        return b"".join([*between, literals[-1]])


@dataclass(frozen=True, kw_only=True)
class IssueTemplate:
    """One rendition of one issue, ready to be filled for each reader."""

    issue_id: int
    sender: Sender
    base_url: str
    verp: verp.Verp
    subject: bytes | tuple[str | personalise.Token, ...]
    """The finished header; where it holds tokens, its pieces."""
    head: bytes
    """The headers that are the same for everyone, and the empty line."""
    body: tuple[bytes | int, ...]
    """Literals, and between them the numbers of holes."""
    holes: tuple[_Hole, ...]
    id_key: bytes
    """Of the issue's Message-IDs."""
    message_ids: _Blank
    ways_out: dict[int, _Blank] = field(default_factory=dict)
    """List-Unsubscribe by the length of its token."""
    links: dict[int, tuple[_Blank, _Blank]] = field(default_factory=dict)
    """The way out as a value of the text and of the HTML, by the length of its token."""

    def message(self, *, subscriber: int, address: str, name: str, token: str) -> Message:
        """The message for one reader: same bytes each time (trust F8). Raises Undeliverable."""
        plain = _PLAIN_ADDRESS.fullmatch(address) is not None
        recipient = address if plain else _recipient(address)
        if not _TOKEN.fullmatch(token):
            raise Undeliverable(_("The unsubscribe link of this subscriber cannot be made."), enhanced="5.6.0")
        if _PLAIN_TOKEN.fullmatch(token) and (not name or _PLAIN_NAME.fullmatch(name)):
            shown, spelled = name, self._spelled_plainly(name, token)
        else:
            values = personalise.values_for(name=name, unsubscribe_url=self._link(token))
            shown, spelled = values.name, [_spelled(hole, values) for hole in self.holes]
        block = (
            _to(shown, recipient) if plain else _mailbox("To", shown, recipient),
            self.subject
            if isinstance(self.subject, bytes)
            else _subject(self.subject, personalise.Values(shown, self._link(token))),
            self.message_ids.fill(_id(self.id_key, subscriber)),
            self._way_out(token),
            self.head,
        )
        return Message(
            key=subscriber,
            sender=self.verp.address(issue=self.issue_id, subscriber=subscriber),
            recipient=recipient,
            parts=(b"".join(block), *[spelled[part] if isinstance(part, int) else part for part in self.body]),
            smtputf8=not plain and not headers.is_ascii_local(recipient),
            is_wire_ready=True,
        )

    def _link(self, token: str) -> str:
        return f"{self.base_url}/u/{token}/"

    def _spelled_plainly(self, name: str, token: str) -> list[bytes]:
        """What goes into each hole, of values that look like most: as `_spelled` has it, and quicker."""
        blanks = self.links.get(len(token))
        if blanks is None:
            text, html = self._link_blank(len(token), html=False), self._link_blank(len(token), html=True)
            blanks = self.links[len(token)] = (text, html)
        links = (blanks[False].fill(token), blanks[True].fill(token))
        named = name.encode() + SOFT if name else b""
        return [
            links[hole.html] if hole.token.field == personalise.LINK else named or hole.fallback for hole in self.holes
        ]

    def _link_blank(self, length: int, *, html: bool) -> _Blank:
        hole = _Hole(personalise.Token(personalise.LINK), html)
        return _Blank(
            lambda one: _spelled(hole, personalise.values_for(name="", unsubscribe_url=self._link(one))), length=length
        )

    def _way_out(self, token: str) -> bytes:
        blank = self.ways_out.get(len(token))
        if blank is None:
            blank = _Blank(lambda one: headers.structured("List-Unsubscribe", self._ways_out(one)), length=len(token))
            self.ways_out[len(token)] = blank
        return blank.fill(token)

    def _ways_out(self, token: str) -> list[str]:
        link = self._link(token)
        mailbox = f"leave+{token}@{self.sender.bounce_domain or self.sender.domain}"
        if not headers.is_address(mailbox):  # a token too long for a local part; the link always works
            return [f"<{link}>"]
        return [f"<{link}>,", f"<mailto:{mailbox}?subject=unsubscribe>"]


def compile_issue(
    *, rendered: Rendered, issue_id: int, sender: Sender, base_url: str, message_key: bytes, date: datetime
) -> IssueTemplate:
    """Encode everything that is the same for all readers, once.

    ``date`` carries the list's zone, or UTC (trust F9). Raises InvalidInput when sender or subject cannot stand
    in a header: the issue is then not sendable to anyone.
    """
    sender = _checked(sender)
    boundary = f"=_{_mac(message_key, b'boundary', rendered.digest)[:12].hex()}"
    try:
        head = _head(sender, date, auto=("Precedence: bulk",)) + _list_headers(sender)
        subject = headers.unstructured("Subject", rendered.subject)
        bounces = verp.Verp(message_key=message_key, domain=sender.bounce_domain or sender.domain)
    except headers.InvalidHeader as error:
        raise InvalidInput(_("%(error)s Nothing was sent; correct the newsletter's settings.", error=error)) from error
    first, between, last = _frame(boundary)
    tokens = rendered.tokens
    text, html = _pieces(rendered.text, html=False, tokens=tokens), _pieces(rendered.html, html=True, tokens=tokens)
    pieces = (first, *text, between, *html, last)
    holes = tuple(dict.fromkeys(piece for piece in pieces if isinstance(piece, _Hole)))
    return IssueTemplate(
        issue_id=issue_id,
        sender=sender,
        base_url=base_url.rstrip("/"),
        verp=bounces,
        subject=rendered.tokens.split(rendered.subject) if rendered.tokens.count(rendered.subject) else subject,
        head=head + _alternative(boundary) + b"\r\n",
        id_key=_id_key(message_key, issue_id),
        message_ids=_Blank(
            lambda digits: headers.structured("Message-ID", [f"<{digits}@{sender.domain}>"]), length=2 * _ID_BYTES
        ),
        body=tuple(holes.index(piece) if isinstance(piece, _Hole) else piece for piece in pieces),
        holes=holes,
    )


def single(
    *,
    sender: Sender,
    recipient: str,
    subject: str,
    text: str,
    html: str,
    date: datetime,
    message_key: bytes,
    kind: str,
    name: str = "",
) -> bytes:
    """A mail of our own to one person: no list headers (trust U7), HTML only where there is some.

    Raises Undeliverable for the recipient, InvalidInput for sender or subject.
    """
    sender, to = _checked(sender), _recipient(recipient)
    mark = _mac(message_key, b"single", kind, to, subject, text, html, date.isoformat())
    boundary = f"=_{mark[16:28].hex()}"
    try:
        block = (
            _mailbox("To", name, to)
            + headers.unstructured("Subject", subject)
            + headers.structured("Message-ID", [f"<{mark[:16].hex()}@{sender.domain}>"])
            + _head(sender, date)
        )
    except headers.InvalidHeader as error:
        raise InvalidInput(_("%(error)s The mail was not written.", error=error), field="subject") from error
    if html:
        first, between, last = _frame(boundary)
        body = first + encode(_prose(text)) + between + encode(_prose(html)) + last
        return block + _alternative(boundary) + b"\r\n" + body
    return block + _part_headers("plain") + b"\r\n" + encode(_prose(text))


def encode(text: str) -> bytes:
    """Quoted-printable from column 0, lines joined by CRLF, without a last line end (RFC 2045 §6.7)."""
    return b"\r\n".join(_wrapped(line) for line in text.encode(errors="replace").split(b"\n"))


def _wrapped(line: bytes) -> bytes:
    coded = _UNSAFE.sub(lambda match: b"=%02X" % match[0][0], line)
    lines: list[bytes] = []
    while True:
        # A dot would have to be stuffed, and "From " is escaped by mailbox files: neither may start a line.
        if coded.startswith(b"."):
            coded = b"=2E" + coded[1:]
        elif coded.startswith(b"From "):
            coded = b"=46" + coded[1:]
        if len(coded) <= QP_LINE - 1:  # a soft break may follow
            return SOFT.join([*lines, coded])
        cut = QP_LINE - 1
        # Never inside "=XX".
        cut -= 1 if coded[cut - 1 : cut] == b"=" else 2 if coded[cut - 2 : cut - 1] == b"=" else 0
        lines.append(coded[:cut])
        coded = coded[cut:]


def _subject(pieces: tuple[str | personalise.Token, ...], values: personalise.Values) -> bytes:
    text = "".join([piece if isinstance(piece, str) else values.text(piece) for piece in pieces])
    if _PLAIN_LINE.fullmatch(text):
        return b"Subject: %b\r\n" % text.encode()
    return headers.unstructured("Subject", text)


def _to(name: str, recipient: str) -> bytes:
    """The usual kinds of To on one line, as `headers.mailbox` writes them too; the others as it does."""
    if not name:
        return b"To: %b\r\n" % recipient.encode()
    if len(name) + len(recipient) < _SHORT and _PLAIN_NAME.fullmatch(name):
        return f"To: {name} <{recipient}>\r\n".encode()
    return _mailbox("To", name, recipient)


def _pieces(text: str, *, html: bool, tokens: personalise.Tokens) -> list[bytes | _Hole]:
    pieces: list[bytes | _Hole] = []
    parts = tokens.split(_prose(text))
    for position, part in enumerate(parts):
        if isinstance(part, str):
            coded = encode(part)
            # A value begins at column 0: after a line end it does already.
            followed = position + 1 < len(parts)
            pieces.append(coded + SOFT if followed and coded and not coded.endswith(b"\r\n") else coded)
        else:
            nothing = personalise.Values(name="", unsubscribe_url="")
            pieces.append(_Hole(part, html, fallback=_spelled(_Hole(part, html), nothing)))
    return pieces


def _spelled(hole: _Hole, values: personalise.Values) -> bytes:
    """One reader's value, encoded, with the soft break behind it."""
    value = values.html(hole.token) if hole.html else values.text(hole.token)
    plain = value.encode() if _AS_IT_IS.fullmatch(value) else encode(value)
    return plain + SOFT if plain else b""


def _frame(boundary: str) -> tuple[bytes, bytes, bytes]:
    """What stands before, between and after the two parts: text first, HTML last (trust F6, RFC 2046 §5.1.4)."""
    start = f"--{boundary}\r\n".encode()
    return (
        start + _part_headers("plain") + b"\r\n",
        b"\r\n" + start + _part_headers("html") + b"\r\n",
        f"\r\n--{boundary}--\r\n".encode(),
    )


def _prose(text: str) -> str:
    return _LINE_ENDS.sub("\n", text).replace("\x00", "").rstrip("\n") + "\n"


def _part_headers(subtype: str) -> bytes:
    return (
        headers.structured("Content-Type", [f"text/{subtype};", "charset=utf-8"])
        + headers.structured("Content-Transfer-Encoding", ["quoted-printable"])
    )  # fmt: skip


def _alternative(boundary: str) -> bytes:
    return headers.structured("Content-Type", ["multipart/alternative;", f'boundary="{boundary}"'])


def _head(sender: Sender, date: datetime, *, auto: tuple[str, ...] = ()) -> bytes:
    if date.tzinfo is None:
        raise ValueError("A mail's date needs its zone.")
    block = headers.mailbox("From", display=sender.name, address=sender.address)
    if sender.reply_to:
        block += headers.mailbox("Reply-To", display="", address=sender.reply_to)
    block += headers.structured("Date", format_datetime(date).split(" "))
    block += headers.structured("MIME-Version", ["1.0"])
    # RFC 3834 §5: no person typed this to you, so no machine should answer.
    for line in (*auto, "Auto-Submitted: auto-generated"):
        name, _, value = line.partition(": ")
        block += headers.structured(name, [value])
    return block


def _list_headers(sender: Sender) -> bytes:
    label = sender.list_id if "." in sender.list_id else f"{sender.list_id}.{sender.domain}"
    if not headers.is_host(label):
        raise headers.InvalidHeader("List-Id must be letters, digits and hyphens under a domain.", header="List-Id")
    name = headers.tidy(sender.list_name)
    # RFC 2919 §3: at most 255. An encoded-word may not stand here (trust F4), so a name in another script is left out.
    shown = headers.phrase(name).split(" ") if name and name.isascii() and "=?" not in name else []
    if len(" ".join([*shown, label])) > 250:
        shown = []
    block = headers.structured("List-Id", [*shown, f"<{label}>"])
    block += headers.structured("List-Unsubscribe-Post", ["List-Unsubscribe=One-Click"])
    if sender.reply_to:
        # Whoever answers the newsletter's mail is who helps with it (RFC 2369 §3.1, §3.5).
        block += headers.structured("List-Owner", [f"<mailto:{quote(sender.reply_to, safe='@+')}>"])
    return block


def _checked(sender: Sender) -> Sender:
    """The sender with A-label domains. Raises InvalidInput."""
    try:
        address = headers.with_a_label(sender.address)
        reply_to = headers.with_a_label(sender.reply_to) if sender.reply_to else ""
        bounce = headers.with_a_label(f"b@{sender.bounce_domain}").removeprefix("b@") if sender.bounce_domain else ""
    except headers.InvalidHeader as error:
        raise InvalidInput(_("The sender's address cannot be used: %(error)s", error=error), field="sender") from error
    for one in filter(None, (address, reply_to)):
        if not headers.is_address(one) or not headers.is_ascii_local(one):
            raise InvalidInput(
                _("“%(one)s” cannot send mail: write an address such as news@example.org.", one=one), field="sender"
            )
    return Sender(**{**asdict(sender), "address": address, "reply_to": reply_to, "bounce_domain": bounce})


def _recipient(address: str) -> str:
    """The address with an A-label domain. Raises Undeliverable."""
    try:
        recipient = headers.with_a_label(address)
    except headers.InvalidHeader as error:
        raise Undeliverable(_("This address has no usable domain."), enhanced="5.1.3") from error
    if not headers.is_address(recipient):
        raise Undeliverable(_("Mail cannot be sent to this address."), enhanced="5.1.3")
    return recipient


def _mailbox(header: str, name: str, address: str) -> bytes:
    return headers.mailbox(header, display=headers.tidy(name), address=address)


def message_ids(*, message_key: bytes, issue_id: int, sender: Sender) -> Callable[[int], str]:
    """The Message-ID of each subscriber's mail of an issue, as it stands in the header. Raises InvalidInput."""
    domain, key = _checked(sender).domain, _id_key(message_key, issue_id)
    return lambda subscriber: f"<{_id(key, subscriber)}@{domain}>"


def _id_key(message_key: bytes, issue_id: int) -> bytes:
    """Of the issue's Message-IDs, a key that is good for nothing else."""
    return _mac(message_key, b"message-id", str(issue_id))


def _id(key: bytes, subscriber: int) -> str:
    """Left of the @: from issue and subscriber alone, so that every retry carries the same one (trust F8)."""
    return hashlib.blake2b(b"%d" % subscriber, key=key, digest_size=_ID_BYTES).hexdigest()


def _mac(key: bytes, purpose: bytes, *parts: str) -> bytes:
    """HMAC-SHA256 over parts that cannot be shifted into one another; each purpose has outputs of its own."""
    return hmac.digest(key, b"".join([_part(purpose), *map(_part, parts)]), "sha256")


def _part(said: bytes | str) -> bytes:
    data = said if isinstance(said, bytes) else said.encode(errors="replace")
    return len(data).to_bytes(8, "big") + data
