"""An issue becomes messages: compiled once into encoded literals, then filled for each reader in microseconds. Pure.

Both parts are `quoted_printable`, so everything is 7-bit. A soft line break stands on both sides of every personal
value: a value has lines of its own and nothing is ever folded again.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime

from newsletter.delivery.carrier import Message
from newsletter.delivery.message import headers, list_headers, message_id, mime_parts, verp
from newsletter.delivery.message.derived_template import DerivedTemplate
from newsletter.delivery.message.keyed_hash import mac
from newsletter.delivery.message.quoted_printable import AS_IT_IS, SOFT_BREAK, encode
from newsletter.delivery.message.recipient import (
    PLAIN_ADDRESS,
    PLAIN_NAME,
    Undeliverable,
    checked,
    plain_to_header,
    to_header,
)
from newsletter.delivery.message.sender import Sender, origin_headers
from newsletter.errors import InvalidInput
from newsletter.rendering import personalise
from newsletter.rendering.results import Rendered
from newsletter.translatable import Translatable as _

_TOKEN = re.compile(r"[A-Za-z0-9._~=-]{1,200}")
# A token that every encoder copies as it is (see `derived_template`).
_PLAIN_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,200}")
# One line of words that need no encoding and no folding.
_PLAIN_LINE = re.compile(r"(?=.{1,68}\Z)(?!.*=\?)[!-~]+(?: [!-~]+)*")


@dataclass(frozen=True)
class _Placeholder:
    """Where a personal value goes."""

    token: personalise.Token
    html: bool
    fallback: bytes = b""
    """What stands there for want of a value, encoded."""


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
    """Literals, and between them the numbers of placeholders."""
    placeholders: tuple[_Placeholder, ...]
    id_key: bytes
    """Of the issue's Message-IDs."""
    message_id_header: DerivedTemplate
    """Filled with the local part of the Message-ID."""
    list_unsubscribe_headers: dict[int, DerivedTemplate] = field(default_factory=dict)
    """Filled with a token; by its length."""
    links: dict[int, tuple[DerivedTemplate, DerivedTemplate]] = field(default_factory=dict)
    """The link to unsubscribe as a value of the text and of the HTML, filled with a token; by its length."""

    def message(self, *, subscriber: int, address: str, name: str, token: str) -> Message:
        """The message for one reader: same bytes each time (trust F8). Raises Undeliverable."""
        is_plain = PLAIN_ADDRESS.fullmatch(address) is not None
        recipient = address if is_plain else checked(address)
        if not _TOKEN.fullmatch(token):
            raise Undeliverable(_("The unsubscribe link of this subscriber cannot be made."), enhanced="5.6.0")
        if _PLAIN_TOKEN.fullmatch(token):
            list_unsubscribe = self._list_unsubscribe(token)
            is_name_plain = not name or PLAIN_NAME.fullmatch(name)
        else:
            list_unsubscribe = self._encoded_list_unsubscribe(token)
            is_name_plain = None
        if is_name_plain:
            shown, encoded = name, self._plain_values(name, token)
        else:
            values = personalise.values_for(name=name, unsubscribe_url=self._link(token))
            shown, encoded = values.name, [_encoded_value(holder, values) for holder in self.placeholders]
        block = (
            plain_to_header(shown, recipient) if is_plain else to_header(shown, recipient),
            self.subject
            if isinstance(self.subject, bytes)
            else _subject(self.subject, personalise.Values(shown, self._link(token))),
            self.message_id_header.fill(message_id.local_part(self.id_key, subscriber)),
            list_unsubscribe,
            self.head,
        )
        return Message(
            key=subscriber,
            sender=self.verp.address(issue=self.issue_id, subscriber=subscriber),
            recipient=recipient,
            parts=(b"".join(block), *[encoded[part] if isinstance(part, int) else part for part in self.body]),
            smtputf8=not is_plain and not headers.is_ascii_local(recipient),
            is_wire_ready=True,
        )

    def _link(self, token: str) -> str:
        return f"{self.base_url}/u/{token}/"

    def _plain_values(self, name: str, token: str) -> list[bytes]:
        """What goes into each placeholder, of values that look like most: as `_encoded_value` has it, and quicker."""
        templates = self.links.get(len(token))
        if templates is None:
            text, html = self._link_template(len(token), html=False), self._link_template(len(token), html=True)
            templates = self.links[len(token)] = (text, html)
        links = (templates[False].fill(token), templates[True].fill(token))
        named = name.encode() + SOFT_BREAK if name else b""
        return [
            links[holder.html] if holder.token.field == personalise.LINK else named or holder.fallback
            for holder in self.placeholders
        ]

    def _link_template(self, length: int, *, html: bool) -> DerivedTemplate:
        holder = _Placeholder(personalise.Token(personalise.LINK), html)
        return DerivedTemplate(
            lambda token: _encoded_value(holder, personalise.values_for(name="", unsubscribe_url=self._link(token))),
            length=length,
        )

    def _list_unsubscribe(self, token: str) -> bytes:
        template = self.list_unsubscribe_headers.get(len(token))
        if template is None:
            template = DerivedTemplate(self._encoded_list_unsubscribe, length=len(token))
            self.list_unsubscribe_headers[len(token)] = template
        return template.fill(token)

    def _encoded_list_unsubscribe(self, token: str) -> bytes:
        mailbox = f"leave+{token}@{self.sender.return_domain}"
        return list_headers.unsubscribe(link=self._link(token), mailbox=mailbox)


def compile_issue(
    *, rendered: Rendered, issue_id: int, sender: Sender, base_url: str, message_key: bytes, date: datetime
) -> IssueTemplate:
    """Encode everything that is the same for all readers, once.

    ``date`` carries the list's zone, or UTC (trust F9). Raises InvalidInput when sender or subject cannot stand
    in a header: the issue is then not sendable to anyone.
    """
    sender = sender.checked()
    boundary = f"=_{mac(message_key, b'boundary', rendered.digest)[:12].hex()}"
    try:
        head = origin_headers(sender, date, precedence="bulk") + list_headers.common(sender)
        subject = headers.unstructured("Subject", rendered.subject)
        bounces = verp.Verp(message_key=message_key, domain=sender.return_domain)
    except headers.InvalidHeader as error:
        raise InvalidInput(_("%(error)s Nothing was sent; correct the newsletter's settings.", error=error)) from error
    first, between, last = mime_parts.frame(boundary)
    tokens = rendered.tokens
    text, html = _pieces(rendered.text, html=False, tokens=tokens), _pieces(rendered.html, html=True, tokens=tokens)
    pieces = (first, *text, between, *html, last)
    placeholders = tuple(dict.fromkeys(piece for piece in pieces if isinstance(piece, _Placeholder)))
    return IssueTemplate(
        issue_id=issue_id,
        sender=sender,
        base_url=base_url.rstrip("/"),
        verp=bounces,
        subject=rendered.tokens.split(rendered.subject) if rendered.tokens.count(rendered.subject) else subject,
        head=head + mime_parts.alternative(boundary) + b"\r\n",
        id_key=message_id.key_of(message_key, issue_id),
        message_id_header=DerivedTemplate(
            lambda local: headers.structured("Message-ID", [f"<{local}@{sender.domain}>"]), length=message_id.DIGITS
        ),
        body=tuple(placeholders.index(piece) if isinstance(piece, _Placeholder) else piece for piece in pieces),
        placeholders=placeholders,
    )


def _subject(pieces: tuple[str | personalise.Token, ...], values: personalise.Values) -> bytes:
    text = "".join([piece if isinstance(piece, str) else values.text(piece) for piece in pieces])
    if _PLAIN_LINE.fullmatch(text):
        return b"Subject: %b\r\n" % text.encode()
    return headers.unstructured("Subject", text)


def _pieces(text: str, *, html: bool, tokens: personalise.Tokens) -> list[bytes | _Placeholder]:
    pieces: list[bytes | _Placeholder] = []
    parts = tokens.split(mime_parts.normalised(text))
    for position, part in enumerate(parts):
        if isinstance(part, str):
            coded = encode(part)
            # A value begins at column 0: after a line end it does already.
            followed = position + 1 < len(parts)
            pieces.append(coded + SOFT_BREAK if followed and coded and not coded.endswith(b"\r\n") else coded)
        else:
            nothing = personalise.Values(name="", unsubscribe_url="")
            pieces.append(_Placeholder(part, html, fallback=_encoded_value(_Placeholder(part, html), nothing)))
    return pieces


def _encoded_value(holder: _Placeholder, values: personalise.Values) -> bytes:
    """One reader's value, encoded, with the soft break behind it."""
    value = values.html(holder.token) if holder.html else values.text(holder.token)
    plain = value.encode() if AS_IT_IS.fullmatch(value) else encode(value)
    return plain + SOFT_BREAK if plain else b""
