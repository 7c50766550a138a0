"""What a person types at a terminal, for commands that ask only there."""

import contextlib
import io
import os
import sys
from dataclasses import dataclass
from typing import Any
from unittest import mock

import typer


@dataclass(frozen=True, kw_only=True)
class Ended:
    exit_code: int
    output: str


def typed(app: Any, *words: str, answer: str) -> Ended:
    """The command, with this answer typed at a terminal."""
    ours, theirs = os.openpty()
    os.write(ours, answer.encode())
    said, code = io.StringIO(), 0
    with (
        open(theirs, encoding="utf-8") as terminal,
        mock.patch.object(sys, "stdin", terminal),
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(said),
    ):
        try:
            typer.main.get_command(app).main(list(words))
        except SystemExit as ended:
            code = int(ended.code or 0)
    os.close(ours)
    return Ended(exit_code=code, output=said.getvalue())
