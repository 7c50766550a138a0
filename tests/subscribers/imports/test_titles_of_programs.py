"""Titles of programs that are known are not asked about needlessly, and mark nobody who may be mailed."""

from datetime import datetime
from pathlib import Path

import pytest

from subscribers import api
from tests.subscribers.imports.test_elsewhere import GONE, STAYS, bring

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "content",
    [
        "email,Bounce-Status\nSTAYS,ok\nGONE,hardbounce\n",
        "email,optout_status\nSTAYS,none\nGONE,blast\n",
        "EMAIL,Blocklisted\nSTAYS,\nGONE,email\n",
        "Email,Do Not Email,Do Not Mail,Do Not Phone\nSTAYS,,Yes,Yes\nGONE,Yes,,\n",
        (
            "Email,Opted out of email: Marketing Information,Opted out of email: One to One\nSTAYS,false,false\n"
            "GONE,true,false\n"
        ),
        "EMAIL;Blacklisté email;Blacklisté SMS\nSTAYS;0;1\nGONE;1;0\n",
        (
            "email,Is the email of this subscriber confirmed,Is this subscriber blacklisted,"
            "Did the subscriber manually confirm,Is this account disabled?,Send this subscriber HTML emails\n"
            "STAYS,1,0,0,0,0\nGONE,1,1,1,0,1\n"
        ),
    ],
    ids=["Optimizely", "Sailthru", "Brevo", "CiviCRM", "HubSpot", "Brevo in French", "phpList"],
)
def test_its_titles_are_understood(content: str, tmp_path: Path, now: datetime) -> None:
    done = bring(content.replace("STAYS", STAYS).replace("GONE", GONE), tmp_path, now)
    assert (done.joined, done.report.left) == ({STAYS}, 1)


def test_do_not_mail_alone_is_of_mail(tmp_path: Path, now: datetime) -> None:
    done = bring(f"Email,Do Not Mail\n{STAYS},\n{GONE},Yes\n", tmp_path, now)
    assert done.joined == {STAYS}


@pytest.mark.parametrize("word", ["gar nicht", "pas du tout", "вообще не", "hiç", "egyáltalán nem", "اصلا"])
def test_a_wish_for_nothing_at_all_is_asked_about(word: str, tmp_path: Path, now: datetime) -> None:
    with pytest.raises(api.Unclear, match="Wunsch"):
        bring(f"email,Wunsch\n{STAYS},monatlich\nmore@reader.example,monatlich\n{GONE},{word}\n", tmp_path, now)
