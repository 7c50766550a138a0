"""How to reach and speak to an SMTP server: its settings, and how long to wait for it. Pure."""

from dataclasses import dataclass, field
from typing import Literal

Tls = Literal["starttls", "implicit", "none"]
Clear = Literal["here", "private", "anywhere"]
Auth = Literal["auto", "plain", "login", "cram-md5", "xoauth2"]


@dataclass(frozen=True, kw_only=True)
class TransportSettings:
    """One SMTP server and how to speak to it."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    tls: Tls = "starttls"
    """``starttls`` (RFC 3207), ``implicit`` (RFC 8314 §3.3), or ``none``, only when it is asked for: a password then
    goes to loopback only (trust T1)."""
    clear: Clear = "here"
    """How far mail may go without encryption, by the address that the host's name leads to (trust S7)."""
    auth: Auth = "auto"
    """``auto``: the first of PLAIN, LOGIN and CRAM-MD5 that is offered; with ``xoauth2`` the password is a token."""
    messages_per_connection: int = 100
    seconds_per_connection: float = 300
    max_bytes: int = 0
    """A message over this is not begun, as over the server's own SIZE (RFC 1870); 0: the server's alone counts."""
    kept_in: str = "NEWSLETTER_SMTP_URL"
    """Where a person corrects these settings."""


@dataclass(frozen=True, kw_only=True)
class Timeouts:
    """Seconds to wait, no fewer than RFC 5321 §4.5.3.2 asks for; ``scale`` shrinks them all for tests."""

    connect: float = 30
    greeting: float = 300
    ehlo: float = 300
    starttls: float = 300
    handshake: float = 60
    auth: float = 300
    mail: float = 300
    rcpt: float = 300
    data_init: float = 120
    block: float = 180
    """For each piece of the content."""
    dot: float = 600
    rset: float = 300
    quit: float = 5
    """Nothing is lost by not hearing the reply to QUIT."""
    scale: float = 1.0

    def of(self, name: str) -> float:
        return float(getattr(self, name)) * self.scale
