"""The development mailbox shows every mail but those that would let an editor sign in as somebody else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from newsletter.mailbox.store import Mailbox
from newsletter.staff.models import User
from tests.web.conftest import Newsroom

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["admin@example.org", "ADMIN@Example.org", "guest@example.org"])
def test_an_editor_sees_no_code_or_link_of_a_colleague(
    address: str,
    newsroom: Newsroom,
    editor: User,
    admin: User,
    signed_in: Callable[[User], Client],
    settings: Settings,
    tmp_path: Path,
    now: datetime,
) -> None:
    """Of an administrator, or of somebody who is invited; their own, and readers', they see."""
    settings.NEWSLETTER = replace(settings.NEWSLETTER, mailbox_dir=tmp_path)
    data = b"Subject: Sign-in code: SECRET\r\n\r\nSECRET\r\n"
    ids = {
        whom: Mailbox(tmp_path).add(data, sender="", recipients=(whom,), now=now)
        for whom in (address, editor.email, "reader@example.org")
    }
    client = signed_in(editor)
    assert address not in client.get("/mailbox/").content.decode()
    for path in (f"/mailbox/{ids[address]}/", f"/mailbox/{ids[address]}/frame/"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert b"SECRET" not in answer.content
    for whom in (editor.email, "reader@example.org"):
        assert b"SECRET" in client.get(f"/mailbox/{ids[whom]}/").content
    assert b"SECRET" in signed_in(admin).get(f"/mailbox/{ids[address]}/").content
