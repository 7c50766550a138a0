"""How a setting is read: each function answers with a value that can be used, or raises BadSetting."""

import ipaddress
import re
import unicodedata
from collections.abc import Mapping
from email.utils import getaddresses
from pathlib import Path
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from newsletter.errors import NewsletterError

SHOWN = 60
"""Characters of a refused value that are repeated: enough to find it."""
MOST_HOST = 253
"""RFC 1035 §2.3.4."""
MOST_PORT = 65_535

# No wildcard and no leading dot: Django takes either for a whole family of hosts.
_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*")
_HOST_AND_PORT = re.compile(r"(\[[^\[\]]+\]|[^:\[\]]+):([0-9]{1,5})")
# Categories of Unicode: controls, line and paragraph ends, and surrogates, which bytes that are no UTF-8 become.
_UNUSABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
# Where Django looks for zones: it refuses a zone that is not there even when Python knows it.
_SYSTEM_ZONES = Path("/usr/share/zoneinfo")


class BadSetting(NewsletterError, ValueError):
    """A setting that cannot be used; the text names it and says what to write instead.

    ``number``: "E013" and the like, as in the README. No `UserError`: `__main__` prints it and exits 2.
    """

    def __init__(self, number: str, text: str) -> None:
        super().__init__(f"{text} (newsletter.{number})")
        self.number = number


def shown(value: str) -> str:
    """A refused value as an error repeats it: on one line, and not endless."""
    return repr(value if len(value) <= SHOWN else f"{value[:SHOWN]}…")


def text(env: Mapping[str, str], name: str, number: str) -> str:
    """The value without blanks around it; empty when unset. Control characters and bytes that are no UTF-8 are refused.

    The value is not repeated: it may be a secret.
    """
    value = env.get(name, "").strip()
    if any(unicodedata.category(character) in _UNUSABLE for character in value):
        raise BadSetting(number, f"{name} holds a control character, or bytes that are no UTF-8: write it again.")
    return value


def folder(env: Mapping[str, str], name: str, number: str) -> Path | None:
    """An absolute path; None when unset."""
    value = text(env, name, number)
    if not value:
        return None
    try:
        path = Path(value).expanduser().resolve()
        path.exists()
    except (OSError, RuntimeError) as error:
        # RuntimeError: `~somebody` whom this machine does not know, or links that lead in a circle.
        reason = getattr(error, "strerror", None) or str(error).rstrip(".")
        raise BadSetting(number, f"{name} is {shown(value)}, which cannot be used: {reason}. Write a path.") from error
    return path


def number(env: Mapping[str, str], name: str, number: str, default: int, *, least: int, most: int) -> int:
    """A whole number in ASCII digits."""
    raw = text(env, name, number)
    if not raw:
        return default
    # Python reads digits of every script, and refuses to read very many of them.
    if not re.fullmatch(r"[0-9]{1,9}", raw) or not least <= int(raw) <= most:
        raise BadSetting(number, f"{name} is {shown(raw)}: write a whole number from {least} to {most}.")
    return int(raw)


def host_and_port(value: str) -> tuple[str, int] | None:
    """The two halves of ``host:port`` or ``[IPv6]:port``; None when it is something else."""
    found = _HOST_AND_PORT.fullmatch(value)
    if found is None or int(found[2]) > MOST_PORT or not _is_host(found[1]):
        return None
    return found[1], int(found[2])


def public_address(raw: str) -> tuple[str, str] | None:
    """Scheme, host and port as links begin with them, and the host alone; None when it is something else or more."""
    parts = _parts(raw.rstrip("/"))
    if parts is None or parts.scheme not in {"http", "https"} or parts.username is not None:
        return None
    host, port = parts.hostname or "", parts.port
    written = f"[{host}]" if ":" in host else host
    if parts.path or parts.query or parts.fragment or "?" in raw or "#" in raw or not _is_host(written) or port == 0:
        return None
    return f"{parts.scheme}://{written}" + (f":{port}" if port else ""), host


def _parts(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises ValueError for what is no port
    except ValueError:
        return None
    return parts


def _is_host(written: str) -> bool:
    """A name, an IPv4 address, or an IPv6 address in brackets."""
    if written.startswith("["):
        try:
            return bool(ipaddress.IPv6Address(written[1:-1]))
        except ValueError:
            return False
    return len(written) <= MOST_HOST and _NAME.fullmatch(written) is not None


def sender(given: str) -> bool:
    """Whether the text is a single address, with or without a name before it."""
    found = getaddresses([given])
    if len(found) != 1:
        return False
    try:
        validate_email(found[0][1])
    except ValidationError:
        return False
    return True


def greeting(given: str) -> bool:
    """Whether the text may stand after EHLO: a full name, or an address in brackets (RFC 5321 §4.1.3)."""
    if given.startswith("["):
        try:
            return bool(ipaddress.ip_address(given.removeprefix("[").removesuffix("]").removeprefix("IPv6:")))
        except ValueError:
            return False
    return "." in given and _is_host(given) and not given.lower().startswith("localhost")


def zone(name: str) -> bool:
    """Whether both Python and Django know the time zone."""
    try:
        ZoneInfo(name)
        return not _SYSTEM_ZONES.exists() or _SYSTEM_ZONES.joinpath(*name.split("/")).exists()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
