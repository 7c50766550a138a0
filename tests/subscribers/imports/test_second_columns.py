"""Beside a column that tells who may be mailed, another one may tell more: it is asked about as if it stood alone."""

from datetime import datetime
from pathlib import Path

import pytest

from subscribers import api
from tests.subscribers.imports.test_elsewhere import bring

pytestmark = pytest.mark.django_db

PEOPLE = ("stay1", "subscribed", "{stays}"), ("stay2", "subscribed", "{stays}"), ("gone1", "unsubscribed", "{stays}")


def table(title: str, stays: str, gone: str) -> str:
    rows = [",".join(row).format(stays=stays) for row in PEOPLE] + [f"gone2,subscribed,{gone}"]
    lines = [row.replace(",", "@reader.example,", 1) for row in rows]
    return "\n".join([f"email,status,{title}", *lines, ""])


@pytest.mark.parametrize(
    ("title", "stays", "gone"),
    [
        ("Consent status", "granted", "withheld"),
        ("GDPR status", "given", "refused"),
        ("Mail status", "on", "stopped"),
        ("Email opt status", "in", "out"),
        ("Versandstatus", "ja", "nein"),
        ("Werbung", "ja", "nein"),
        ("Send letter", "1", "0"),
        ("Ausgeschieden", "", "2020-01-01"),
        ("Moved on", "", "2020-01-01"),
        ("Enddatum", "", "01.01.2020"),
        ("Bad address", "", "x"),
        ("Falsche Adresse", "", "x"),
        ("Wishes", "letters", "no letters"),
        ("Rundbrief gewünscht", "ja", "nein"),
    ],
)
def test_a_second_column_that_speaks_of_mail_is_asked_about(
    title: str, stays: str, gone: str, tmp_path: Path, now: datetime
) -> None:
    with pytest.raises(api.Unclear, match=title):
        bring(table(title, stays, gone), tmp_path, now)


@pytest.mark.parametrize(
    ("title", "stays", "gone"),
    [
        ("Order status", "shipped", "cancelled"),
        ("Lead status", "open", "closed"),
        ("VIP", "", "x"),
        ("zz9", "", "x"),
        ("Attended gala", "yes", "no"),
        ("Subscription Mode", "as_address", ""),
        ("Contact type", "lead", "customer"),
        ("City", "Ulm", "Bad Aibling"),
        ("Confirmed at", "2023-01-01", ""),
    ],
)
def test_one_that_speaks_of_something_else_is_not(
    title: str, stays: str, gone: str, tmp_path: Path, now: datetime
) -> None:
    done = bring(table(title, stays, gone), tmp_path, now)
    assert done.joined == {"stay1@reader.example", "stay2@reader.example", "gone2@reader.example"}
