"""A wrong SMTP password: the doctor says so and what to do, and does not repeat it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.project.conftest import Run

pytestmark = pytest.mark.process


class _Quiet:
    """Takes nothing: nothing may be sent by asking."""

    async def handle_MAIL(self, *_: Any) -> str:
        raise AssertionError("the doctor sends no mail")


def _authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"newsroom", b"correct horse")
    return AuthResult(success=right, handled=False)


@pytest.fixture
def server(free_port: int) -> Iterator[int]:
    """A mail server on this machine that knows one name and password."""
    controller = Controller(
        _Quiet(), hostname="127.0.0.1", port=free_port, authenticator=_authenticate, auth_require_tls=False
    )
    controller.start()
    yield free_port
    controller.stop()


def _mail_server(report: str) -> dict[str, str]:
    found: dict[str, str] = {f["name"]: f for f in json.loads(report)["findings"]}["Mail server"]
    return found


def test_a_wrong_password_is_named_as_such_with_what_to_do(run: Run, installed: Path, server: int) -> None:
    done = run("doctor", "--json", NEWSLETTER_SMTP_URL=f"smtp://newsroom:battery%20staple@127.0.0.1:{server}?tls=none")
    assert done.code == 1
    found = _mail_server(done.out)
    assert found["health"] == "failed"
    assert "name and password" in found["text"]
    assert "NEWSLETTER_SMTP_URL" in found["text"]
    assert "staple" not in done.out + done.err


def test_the_right_password_is_fine(run: Run, installed: Path, server: int) -> None:
    done = run("doctor", "--json", NEWSLETTER_SMTP_URL=f"smtp://newsroom:correct%20horse@127.0.0.1:{server}?tls=none")
    assert done.code == 0, done.out
    assert _mail_server(done.out)["health"] == "ok"
