"""Files that say in words or places of their own that somebody left: a question or a report, never a subscriber."""

from datetime import datetime
from pathlib import Path

import pytest

from subscribers import api
from subscribers.imports.reading import person_rows, scanning, survey
from subscribers.imports.staging import checking
from subscribers.states import SubscriptionState as S
from tests.subscribers.factories import make_list, make_subscriber, state_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("people.csv", "email,name\none@reader.example,One\ntwo@reader.example,Two,unsubscribed\n"),
        ("people.csv", "email,name\ntwo@reader.example,Two,gone\nthree@reader.example,Three,gone\n"),
        ("unsubscribed.txt", "One <one@reader.example>, Two <two@reader.example>\n"),
        ("unsubscribed.txt", "one@reader.example; two@reader.example\n"),
        ("unsubscribed.csv", "email,confirmed\none@reader.example,yes\ntwo@reader.example,yes\n"),
        ("unsubscribed.csv", "email,status\none@reader.example,active\ntwo@reader.example,active\n"),
        (
            "people.csv",
            "email,tags\ntwo@reader.example,unsubscribed\n"
            + "".join(f"r{n}@reader.example,tag {n}\n" for n in range(300)),
        ),
        (
            "people.csv",
            "email,tags\n"
            + "".join(f"r{n}@reader.example,tag {n}\n" for n in range(300))
            + "two@reader.example,unsubscribed\n",
        ),
        ("people.csv", "email,delivery\none@reader.example,Each\ntwo@reader.example,No email\n"),
        ("people.csv", "email,mode\none@reader.example,enabled\ntwo@reader.example,disabled by bounce\n"),
        ("people.csv", "email,patron status\none@reader.example,Active patron\ntwo@reader.example,Former patron\n"),
        ("people.csv", "email,isexcludedfromcampaigns\none@reader.example,false\ntwo@reader.example,true\n"),
        ("people.csv", "email,GDPR\none@reader.example,yes\ntwo@reader.example,no\n"),
        ("people.csv", "email,E-Mail erlaubt\none@reader.example,ja\ntwo@reader.example,nein\n"),
        ("people.csv", "email,خبرنامه\none@reader.example,بله\ntwo@reader.example,نه\n"),
        ("people.csv", "email,Widerspruch\none@reader.example,\ntwo@reader.example,2026-01-04\n"),
        ("people.csv", "email,Austritt\none@reader.example,\ntwo@reader.example,2026-01-04\n"),
        ("people.csv", "email,Ne pas contacter\none@reader.example,\ntwo@reader.example,oui\n"),
        ("people.csv", "email,notes\none@reader.example,met at the quay\ntwo@reader.example,please unsubscribe\n"),
        ("people.csv", "email,subscription type\none@reader.example,free\ntwo@reader.example,unsubscribed\n"),
    ],
)
def test_what_says_that_somebody_left_in_words_or_places_of_its_own_wakes_nobody(
    tmp_path: Path, name: str, text: str
) -> None:
    """threat 24: the file is a question, or the person is reported."""
    path = tmp_path / name
    path.write_text(text)
    found = scanning.scan(path, name=name)
    plan = survey.plan_of(path, found, name=name, answers={})
    joins = (
        [] if plan.asks else [row.address for row in person_rows.rows(path, found, plan, name=name) if not row.refused]
    )
    assert "two@reader.example" not in joins


def test_the_same_bytes_under_a_name_of_leaving_are_another_question(tmp_path: Path) -> None:
    list_ = make_list()
    for name, asks in (("people.csv", False), ("unsubscribed.csv", True)):
        path = tmp_path / name
        path.write_text("email\none@reader.example\n")
        staged = checking.check(path, list_id=list_.pk, name=name)
        assert bool(staged.plan.asks) is asks


def test_who_left_elsewhere_and_is_on_this_list_is_counted_and_stays(tmp_path: Path, now: datetime) -> None:
    list_ = make_list()
    person = make_subscriber(list_, address="one@reader.example", state=S.CONFIRMED)
    path = tmp_path / "people.csv"
    path.write_text("email,status\none@reader.example,unsubscribed\ntwo@reader.example,unsubscribed\n")
    for dry_run in (True, False):
        report = api.import_csv(list_.pk, path, basis="a form", now=now, actor="staff:1", dry_run=dry_run)
        assert (report.left, report.still_here, report.joined) == (2, 1, 0)
    assert state_of(person, list_) == S.CONFIRMED


def test_the_number_of_a_campaign_is_no_count(tmp_path: Path) -> None:
    """Mailchimp's UNSUB_CAMPAIGN_ID: filled for those who left."""
    path = tmp_path / "people.csv"
    path.write_text("email,UNSUB_CAMPAIGN_ID\none@reader.example,\ntwo@reader.example,12\n")
    found = scanning.scan(path, name="people.csv")
    plan = survey.plan_of(path, found, name="people.csv", answers={})
    assert not plan.asks
    rows = list(person_rows.rows(path, found, plan, name="people.csv"))
    assert [row.address for row in rows if row.left] == ["two@reader.example"]
