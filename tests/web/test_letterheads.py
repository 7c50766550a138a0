"""Readers meet the newsletter that they read: name, sender, language, colour, on the pages and mails of its list."""

import re
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries, Settings

from newsletter.delivery.models import OutboxMail
from newsletter.web import letterheads
from subscribers import api as subscribers
from subscribers.models import ConsentEvent, List, Subscription
from tests.issues.factories import publication

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _outbox(settings: Settings) -> None:
    """The real one."""
    settings.EMAIL_BACKEND = "newsletter.delivery.outbox.django_backend.EmailBackend"


def a_list(*, now: datetime, **fields: str) -> subscribers.ListSummary:
    return subscribers.create_list(**{"name": "Morning readers", "slug": "morning", "now": now, **fields})  # type: ignore[arg-type]


def mailed() -> EmailMessage:
    found = message_from_bytes(bytes(OutboxMail.objects.latest("pk").message), policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_joining_is_under_the_newsletters_name_from_form_to_confirmation(client: Client, now: datetime) -> None:
    letter = a_list(now=now)
    publication(
        list_id=letter.id,
        name="The Harbour <Letter>",
        sender_name="Harbour, The",
        sender_address="letter@harbour.example",
        reply_to="desk@harbour.example",
        accent="#123456",
    )

    form = client.get("/join/morning/").content.decode()
    client.post("/join/morning/", {"email": "ana@example.org"})
    mail = mailed()
    link = re.search(r"/c/\S+", body(mail, "plain"))
    assert link
    confirm = client.get(link[0]).content.decode()
    version = re.search(r'name="text_version" value="(\w+)"', confirm)
    assert version
    done = client.post(link[0], {"text_version": version[1]}).content.decode()

    for page in (form, client.get("/join/morning/done/").content.decode(), confirm, done):
        assert "The Harbour &lt;Letter&gt;</title>" in page
        assert "Morning readers" not in page
        assert 'fill="#123456"' in page
    assert str(mail["From"]) == '"Harbour, The" <letter@harbour.example>'
    assert str(mail["Reply-To"]) == "desk@harbour.example"
    assert mail["Subject"] == "Please confirm: “The Harbour <Letter>”"
    assert OutboxMail.objects.get().sender == "letter@harbour.example", "SPF is asked of this"
    for text in (body(mail, "plain"), body(mail, "html")):
        assert "Morning readers" not in text
    assert "The Harbour <Letter>" in body(mail, "plain")
    assert "background-color:#123456" in body(mail, "html")
    event = ConsentEvent.objects.latest("pk")
    assert event.text.startswith("Yes, send me “The Harbour <Letter>” by e-mail.")
    assert event.text_version == version[1]


def test_leaving_is_under_the_newsletters_name_too(client: Client, now: datetime) -> None:
    letter = a_list(now=now)
    publication(list_id=letter.id, name="The Harbour")
    subscribers.add(letter.id, "ana@example.org", basis="fair", now=now, actor="staff:1")

    client.post("/leave/", {"email": "ana@example.org"})
    mail = mailed()
    link = re.search(r"/u/\S+", body(mail, "plain"))
    assert link
    pages = [client.get(link[0]), client.post(link[0], {"action": "leave"})]

    assert mail["Subject"] == "Your link to leave “The Harbour”"
    assert mail["From"].addresses[0].addr_spec == "letter@harbour.example"
    assert OutboxMail.objects.get().kind == "leave-link"
    for page in pages:
        assert "The Harbour</title>" in page.content.decode()
        assert "Morning readers" not in page.content.decode()


def test_page_and_mail_are_in_the_newsletters_language(client: Client, now: datetime) -> None:
    """The list keeps a language of its own for what its texts are written in."""
    letter = a_list(now=now, consent_text="Yes, the harbour.")
    publication(list_id=letter.id, name="نامهٔ بندر", language="fa", sender_name="بندر")

    page = client.get("/join/morning/")
    client.post("/join/morning/", {"email": "ana@example.org"})
    mail = mailed()

    assert '<html lang="fa" dir="rtl">' in page.content.decode()
    assert page.headers["Content-Language"] == "fa"
    assert '<p lang="en" dir="auto">Yes, the harbour.</p>' in page.content.decode()
    assert 'dir="rtl"' in body(mail, "html")
    assert mail["From"].addresses[0].display_name == "بندر"


def test_a_list_without_a_newsletter_bears_its_own_name(client: Client, now: datetime) -> None:
    a_list(now=now)
    page = client.get("/join/morning/").content.decode()
    client.post("/join/morning/", {"email": "ana@example.org"})

    assert "Morning readers</title>" in page
    assert mailed()["Subject"] == "Please confirm: “Morning readers”"


def test_a_list_of_several_newsletters_names_them_all_since_leaving_it_leaves_them_all(now: datetime) -> None:
    letter = a_list(now=now)
    for name in ("Morning", "Evening"):
        publication(list_id=letter.id, name=name, sender_name=name)
    assert letterheads.by_list()[letter.id].name == "Morning, Evening"
    assert letterheads.by_list()[letter.id].sender == "Morning <letter@harbour.example>"
    for name in ("Noon", "Night"):
        publication(list_id=letter.id, name=name)
    subscribers.ask_to_join(letter.id, "ana@example.org", form_url="", client="", now=now)

    assert mailed()["Subject"] == "Please confirm: “Morning readers”", "of too many, the list's name says it better"
    assert mailed()["From"].addresses[0].display_name == "Morning"


def test_all_letterheads_are_one_query(now: datetime, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """Threat 11: nothing is asked only for who is known."""
    for _ in range(3):
        publication()
    with django_assert_num_queries(1):
        found = letterheads.by_list()
    assert len(found) == 3


def test_words_of_consent_that_somebody_wrote_stay_as_they_are(client: Client, now: datetime) -> None:
    letter = a_list(now=now, consent_text="I want the Morning readers’ post.")
    publication(list_id=letter.id, name="The Harbour")
    client.post("/join/morning/", {"email": "ana@example.org"})

    assert ConsentEvent.objects.get().text == "I want the Morning readers’ post."
    assert Subscription.objects.get().list == List.objects.get()
