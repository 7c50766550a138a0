"""What the log must not tell: secrets that stand in addresses of pages."""

import logging
import re

_SECRET = re.compile(r"(/(?:accounts/open|accounts/password/reset/key|u|c)/)[^/\s\"']+")


class HideSecrets(logging.Filter):
    """Takes the token out of every path of a one-time link, a way out or a confirmation."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        hidden = _SECRET.sub(r"\1…", text)
        if hidden != text:
            record.msg, record.args = hidden, None
        return True
