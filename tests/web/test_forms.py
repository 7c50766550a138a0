"""Forms that are refused: everything that is wrong at once, each beside its field, in the words of the page."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone, translation

from newsletter.articles.models import Article
from newsletter.articles.parser_process import budget
from newsletter.delivery.models import RateLimit, Transport
from newsletter.issues import publications
from newsletter.issues.edition import Story
from newsletter.issues.models import Publication
from newsletter.management.sample.newsroom import INTRODUCTION
from newsletter.rendering import personalise
from newsletter.rendering.findings import listed, named, quoted
from newsletter.scheduling import services as scheduling
from newsletter.staff.models import User
from newsletter.translatable import Translatable
from newsletter.translation import translated
from newsletter.web import times
from subscribers.models import List
from tests.articles.conftest import image_bytes
from tests.tokens import TOKENS
from tests.web.conftest import Newsroom

pytestmark = pytest.mark.django_db
SignedIn = Callable[[User], Client]


@pytest.fixture
def client(signed_in: SignedIn, admin: User) -> Client:
    admin.is_editor = True
    admin.save()
    return signed_in(admin)


def errors(answer: HttpResponse) -> dict[str, str]:
    """What is said, by the fields it stands beside."""
    page = answer.content.decode()
    return dict(re.findall(r'<span class="error" id="([\w-]+)"[^>]*>([^<]+)<', page))


def test_a_new_mail_server_names_every_field_that_is_wrong(client: Client) -> None:
    answer = client.post("/settings/servers/new/", {"user": "desk", "weight": "lots", "serves": "some"})
    assert answer.status_code == 422
    said = errors(answer)
    assert {"name-error", "host-error", "password-error", "weight-error", "serves-error", "tls-error"} <= set(said)
    assert said["weight-error"] == "Enter a whole number."
    assert not Transport.objects.exists()


def test_a_request_has_one_time_for_all_that_it_reads(
    client: Client, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "REQUEST_SECONDS", 0)
    before = Article.objects.count()
    answer = client.post("/articles/new/", {"way": "text", "title": "The pier", "body": "It opens in spring."})
    assert answer.status_code == 422
    assert "was not done in time" in answer.content.decode()
    assert Article.objects.count() == before
    assert client.post("/articles/pasted/", {"html": SimpleUploadedFile("a", b"<p>a</p>")}).status_code == 422
    # Its text is shown as it is kept.
    shown = client.get(f"/articles/{newsroom.articles[0].pk}/").content.decode()
    assert "&lt;p&gt;The keeper counted 1 ships.&lt;/p&gt;" in shown


def test_a_mail_server_that_is_there_does_too(client: Client, newsroom: Newsroom) -> None:
    answer = client.post(f"/settings/servers/{newsroom.server.name}/", {"host": "!", "port": "x", "weight": "0"})
    assert {"host-error", "port-error", "weight-error", "role-error"} <= set(errors(answer))


@pytest.mark.parametrize(
    ("kind", "name", "said"),
    [
        ("server", "", "Write the name of the mail server"),
        ("server", "nobody", "There is no such mail server."),
        ("sender", " ", "Write the domain that the newsletter is sent from"),
        ("sender", "no domain", "is not a domain"),
        ("domain", "", "Write the provider, such as gmail"),
    ],
)
def test_a_limit_is_asked_for_in_the_words_of_its_kind(kind: str, name: str, said: str, client: Client) -> None:
    answer = client.post("/settings/limits/", {"kind": kind, "name": name, "per_second": "many"})
    assert answer.status_code == 422
    assert "server:NAME" not in answer.content.decode()
    assert said in errors(answer)["name-error"]
    assert "per_second-error" in errors(answer)
    assert not RateLimit.objects.exists()
    assert "kind-error" in errors(client.post("/settings/limits/", {"kind": "moon", "name": "x"}))


def test_an_invitation_names_the_address_and_the_role(client: Client) -> None:
    assert {"email-error", "roles-error"} <= set(errors(client.post("/people/", {"email": "nobody"})))


def test_a_subscriber_who_is_added_is_asked_for_all_that_is_wrong(client: Client, newsroom: Newsroom) -> None:
    answer = client.post(f"/lists/{newsroom.publication.list_id}/add/", {"address": "not an address", "basis": ""})
    assert set(errors(answer)) == {"address-error", "basis-error"}
    assert "this person" in errors(answer)["basis-error"]
    answer = client.post("/lists/new/", {"name": "", "language": "klingon!", "slug": "Not So"})
    assert {"name-error", "language-error", "slug-error"} <= set(errors(answer))


def test_a_chosen_file_that_is_lost_with_a_refused_form_is_asked_for_again(client: Client, newsroom: Newsroom) -> None:
    def picture() -> SimpleUploadedFile:
        return SimpleUploadedFile("quay.png", image_bytes("PNG", size=(400, 300)), content_type="image/png")

    written = {"way": "text", "title": "", "body": "", "language": "en"}
    again = {"picture-lost": "Choose the file again."}
    assert errors(client.post("/articles/new/", {**written, "picture": picture()})).items() >= again.items()
    assert "picture-lost" not in errors(client.post("/articles/new/", written))
    one = f"/articles/{newsroom.articles[0].pk}/"
    assert errors(client.post(one, {"title": "", "picture": picture()})).items() >= again.items()
    # Beside what is wrong with the file itself nothing more is said.
    said = errors(client.post("/articles/new/", {"way": "file", "file": picture()}))
    assert "file-error" in said
    assert "file-lost" not in said


def test_an_article_says_which_of_its_dates_is_told(client: Client, newsroom: Newsroom) -> None:
    now = timezone.now()
    one, other = newsroom.articles[:2]
    Article.objects.filter(pk=one.pk).update(published_at=now - timedelta(days=7), added_at=now - timedelta(hours=2))
    page = client.get("/articles/").content.decode()
    assert "published 1 week ago" in page
    assert "added" in page
    page = client.get(f"/articles/{one.pk}/").content.decode()
    assert "published 1 week ago · added 2 hours ago" in page
    Article.objects.filter(pk=other.pk).update(body="", standfirst="")
    page = client.get(f"/articles/{other.pk}/").content.decode()
    assert "only the summary" not in page
    assert "neither a text nor a summary" in page


def test_the_next_time_of_a_newsletter_is_told_in_its_own_zone(client: Client, newsroom: Newsroom) -> None:
    Publication.objects.update(time_zone="Asia/Tehran")
    newsroom.publication.refresh_from_db()
    scheduling.set_cadence(newsroom.publication, rule="0 7 * * 6", by="staff:1", now=timezone.now())
    page = client.get("/newsletters/").content.decode()
    line = re.search(r"<dd>At 07:00 on Saturday.*?</dd>", page, re.DOTALL)
    assert line
    assert ", 07:00" in line[0]
    assert line[0].count("Asia/Tehran") == 1
    assert "UTC" not in line[0]


@pytest.mark.parametrize(
    ("seconds", "said"), [(-20, "just now"), (0, "just now"), (20, "in a moment"), (-7200, "2 hours ago")]
)
def test_how_far_away_a_time_is(seconds: int, said: str) -> None:
    now = timezone.now()
    assert times.distance(now + timedelta(seconds=seconds), now) == said


def test_findings_quote_in_the_marks_of_the_page() -> None:
    story = Story(id=1, title="Kept?", standfirst="", body="", full=False)
    text = Translatable("In %(names)s.", names=listed([named(story), named(story), quoted("x")]))
    assert text == "In “Kept?” · “x”."
    with translation.override("fa"):
        assert "“" not in translated(text)


def test_the_demos_own_issue_greets_whoever_has_no_name() -> None:
    nobody = personalise.values_for(name="", unsubscribe_url="#")
    text = TOKENS.merge_fields(INTRODUCTION, browser_url="#")
    assert TOKENS.fill_text(text, nobody).startswith("Good morning, dear reader.")


def test_a_form_that_is_sent_empty_quotes_nothing_and_says_what_to_write(client: Client, newsroom: Newsroom) -> None:
    letters = newsroom.publication.list_id
    paths = [
        "/newsletters/new/",
        f"/newsletters/{newsroom.publication.slug}/",
        "/settings/servers/new/",
        "/settings/limits/",
        "/people/",
        "/lists/new/",
        "/lists/find/",
        "/leave/",
        f"/lists/{letters}/add/",
        f"/join/{List.objects.get(pk=letters).slug}/",
        f"/articles/{newsroom.articles[0].pk}/",
        f"/issues/{newsroom.issue.pk}/schedule/",
        f"/issues/{newsroom.issue.pk}/care/",
    ]
    for path in paths:
        answer = client.post(path, {"sender_address": ""}, follow=True)
        page = answer.content.decode()
        assert answer.status_code < 500
        assert "“”" not in page, path
        assert "There is no address" not in page, path


def test_what_a_new_newsletter_and_joining_say_of_an_address_that_is_not_there(
    client: Client, newsroom: Newsroom
) -> None:
    said = errors(client.post("/newsletters/new/", {"sender_address": " "}))
    assert said["sender_address-error"] == "Write an e-mail address, such as news@example.org."
    joining = f"/join/{List.objects.get(pk=newsroom.publication.list_id).slug}/"
    assert "Write one like name@example.org." in client.post(joining, {"email": ""}).content.decode()
    assert "one @ too many" in client.post(joining, {"email": "reader@@example.org"}).content.decode()


def test_an_article_without_a_headline_is_told_by_the_name_of_the_field(client: Client) -> None:
    page = client.post("/articles/new/", {"way": "write", "title": "", "body": ""}).content.decode()
    assert ">Headline</label>" in page
    assert "has no title" not in page


@pytest.mark.parametrize(
    ("message", "digits"),
    [
        (publications.between(1, 120), "۱۲۰"),
        (publications.too_long("x" * 1300, most=200), "۱٬۳۰۰"),
    ],
)
def test_bounds_are_said_in_the_digits_of_the_page(message: str, digits: str) -> None:
    with translation.override("fa"):
        said = translated(message)
    assert digits in said
    assert not re.search("[0-9]", said)
