"""How the log is written, as text or as JSON lines; and what it must not tell: secrets in paths, anybody's address."""

import json
import logging
import re
from datetime import UTC, datetime

from newsletter.delivery import redact

_SECRET = re.compile(r"(/(?:accounts/open|accounts/password/reset/key|u|c)/)[^/\s\"']+")


class HideSecrets(logging.Filter):
    """Takes the token out of every path of a one-time link, a way out or a confirmation."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        hidden = _SECRET.sub(r"\1…", text)
        if hidden != text:
            record.msg, record.args = hidden, None
        return True


class StrangersInOneLine(logging.Filter):
    """A request that was refused as suspicious is a line, and no fault of ours with a traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security"):
            record.exc_info, record.exc_text = None, None
            record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True


class Text(logging.Formatter):
    """Lines for people. Whoever wrote the record, no address leaves: also not in a traceback."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname:<7} {name}: {message}", style="{")

    def format(self, record: logging.LogRecord) -> str:
        return redact.addresses(super().format(record))


class JsonLines(logging.Formatter):
    """One JSON object a line: `at`, `level`, `logger`, `text`, and of an event its name and its fields."""

    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": getattr(record, "event", None),
            "text": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            said["error"] = self.formatException(record.exc_info)
        clean = {
            name: redact.addresses(value) if isinstance(value, str) else value
            for name, value in said.items()
            if value is not None
        }
        return json.dumps(clean, ensure_ascii=False, default=str)
