"""Every page of the newsroom: links lead to it, and it fits a small screen, in both directions of writing."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from django.utils import timezone
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from newsletter.articles.models import Article
from newsletter.delivery.models import Alarm
from newsletter.issues.models import Issue, Publication
from newsletter.mailbox.store import Mailbox
from newsletter.staff.models import User
from subscribers import api as subscribers
from subscribers.models import List
from tests.issues import factories
from tests.web.conftest import Newsroom
from tests.web.mailboxes import sent_but_for_full_mailboxes

ALIKE = 2
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"

BY_OTHER_WAYS = {
    "health", "metrics", "media", "set_language", "public_leave", "open_link",
    "issue_preview_frame", "issue_approve_frame",
    "join_done", "confirm", "unsubscribe", "leave", "test_link", "import_rejected", "article_frame", "mailbox_frame",
}  # fmt: skip
"""Pages that no link of the newsroom leads to: mails, forms, frames and machines do."""


@pytest.fixture
def boss(editor: User) -> User:
    """May open everything."""
    editor.is_admin = True
    editor.save()
    return editor


@pytest.fixture
def busy(newsroom: Newsroom, settings: LazySettings, tmp_path: Path, boss: User) -> Newsroom:
    """A newsroom in which something of everything is there, some of it long."""
    now = timezone.now()
    settings.NEWSLETTER = replace(settings.NEWSLETTER, mailbox_dir=tmp_path / "mailbox")
    mail = f"Subject: {LONG}\r\nTo: <a@example.org>\r\n\r\n{LONG}\r\n".encode()
    Mailbox(tmp_path / "mailbox").add(mail, sender="", recipients=(f"{'a' * 60}@{'b' * 60}.example",), now=now)
    Publication.objects.update(name=f"The {LONG}", cadence="0 7 * * *")
    Issue.objects.update(subject=f"On the {LONG}")
    Alarm.objects.create(key="x", text=f"Something about {LONG}.", raised_at=now)
    sent_but_for_full_mailboxes(11)
    factories.approved(factories.issue(subject=f"{LONG} again"), send_at=now + timedelta(days=2))
    client = Client()
    client.force_login(boss)
    readers = newsroom.publication.list_id
    content = f"email,name\n{'c' * 60}@{'d' * 60}.example,{LONG}\nwrong,\n".encode()
    page = client.post(f"/lists/{readers}/import/", {"file": SimpleUploadedFile("people.csv", content)})
    client.post(page.headers["Location"], {"basis": "For the test", "action": "commit"})
    subscribers.add(readers, "e@example.org", name=LONG, basis="For the test", now=now, actor=boss.actor)
    return newsroom


def patterns(resolver: URLResolver | None = None) -> Iterator[URLPattern]:
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from patterns(entry)
        else:
            yield entry


def walk(client: Client) -> dict[str, str]:
    """Follows the links from the front page; of each kind of page the first few addresses, with its name."""
    found: dict[str, str] = {}
    waiting, seen = ["/"], set()
    while waiting:
        path = waiting.pop(0)
        name = str(resolve(path.partition("?")[0]).url_name)
        if path in seen or list(found.values()).count(name) >= ALIKE:
            continue
        seen.add(path)
        answer = client.get(path)
        assert answer.status_code in {200, 302}, path
        if answer.status_code == 302:
            waiting.append(urljoin(path, answer.headers["Location"]))
            continue
        found[path] = name
        if answer.headers["Content-Type"].startswith("text/html") and not answer.streaming:
            links = re.findall(r'<a\b[^>]*\bhref="([^"#]+)', answer.content.decode())
            here = [urljoin(path, link.replace("&amp;", "&")) for link in links]
            waiting += [link for link in here if link.startswith("/")]
            # The composer's buttons save first and then lead on.
            buttons = re.findall(r'<button\b[^>]*\bname="go" value="([^"]+)"', answer.content.decode())
            waiting += [client.post(path, {"go": where}).headers["Location"] for where in buttons]
    return found


@pytest.mark.django_db
def test_links_lead_to_every_page(busy: Newsroom, boss: User) -> None:
    client = Client()
    client.force_login(boss)
    reached = set(walk(client).values())
    pages = {pattern.name for pattern in patterns() if pattern.name and not pattern.name.startswith("account_")}
    forms_only = {name for name in pages - reached if _takes_forms_only(client, busy, name)}
    assert pages - reached - forms_only - BY_OTHER_WAYS == set()


def _takes_forms_only(client: Client, newsroom: Newsroom, name: str) -> bool:
    pattern = next(one for one in patterns() if one.name == name)
    if str(getattr(pattern.callback, "__module__", "")).startswith("subscribers"):
        path = "/" + re.sub(r"<[^>]+>", "1", str(pattern.pattern))
    else:
        path = newsroom.path_of(pattern)
    return client.get(path, headers={"accept": "application/json"}).status_code == 405


CELLS = """() => [...document.querySelectorAll(".table :is(tbody, tfoot) :is(th, td)")]
  .filter((cell) => cell.textContent.trim() && !cell.closest("tfoot th") && cell.colSpan === 1)
  .filter((cell) => cell.dataset.label === undefined || getComputedStyle(cell).display !== "block")
  .map((cell) => cell.outerHTML.slice(0, 80))"""


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", ["en", "fa"])
def test_every_page_fits_320_pixels_and_its_tables_are_cards(
    language: str, busy: Newsroom, boss: User, browser: Browser, live_server: LiveServer
) -> None:
    client = Client()
    client.force_login(boss)
    paths = [path for path in walk(client) if client.get(path).headers["Content-Type"].startswith("text/html")]
    page = _small_screen(browser, live_server.url, client, language)
    wide, bare = [], []
    for path in paths:
        page.goto(path)
        if page.evaluate("document.scrollingElement.scrollWidth > innerWidth"):
            wide.append(path)
        bare += [(path, cell) for cell in page.evaluate(CELLS)]
        bare += [(path, "scrolls") for box in page.query_selector_all(".scroll") if box.evaluate(SCROLLS)]
    page.context.close()
    assert len(paths) > 30
    assert wide == []
    assert bare == []


SCROLLS = "(box) => box.scrollWidth > box.clientWidth + 1"


def _small_screen(browser: Browser, url: str, client: Client, language: str) -> Page:
    context = browser.new_context(base_url=url, viewport={"width": 320, "height": 800}, locale=language)
    cookies = {"sessionid": client.cookies["sessionid"].value, "django_language": language}
    context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies.items()])
    return context.new_page()


ENGLISH = re.compile(r"[A-Za-z]+(?:[ ,]+[A-Za-z]+){2,}")
"""Three words in a row: names, addresses and settings are shorter."""


class Words(HTMLParser):
    """What a page says in its own language: without names and texts of people, addresses, code and fields."""

    BARE = frozenset({"br", "img", "input", "link", "meta", "hr", "wbr", "source", "rect", "path", "circle", "line"})
    OTHERS = frozenset({"bdi", "code", "script", "style", "title", "option", "textarea"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self._open: list[bool] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in self.BARE:
            return
        foreign = "lang" in given and given["lang"] != "fa"
        directed = given.get("dir") in {"ltr", "auto"} or "ltr" in (given.get("class") or "").split()
        self._open.append(tag in self.OTHERS or foreign or directed)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.BARE and self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if not any(self._open):
            self.said.append(data)


@pytest.mark.django_db
def test_a_persian_page_says_nothing_in_english(busy: Newsroom, boss: User) -> None:
    """Also what rooms without Django say, which no catalogue misses: a rhythm, a finding, an alarm."""
    Publication.objects.update(name="صبح", cadence="0 7 * * 1-5", sender_name="صبح", tagline="", language="fa")
    Issue.objects.update(subject="فانوس", introduction="{{name}}")
    Article.objects.update(title="فانوس", standfirst="", kicker="", byline="", language="fa")
    List.objects.update(name="صبح")
    client = Client()
    client.force_login(boss)
    client.cookies["django_language"] = "fa"
    found = {}
    for path in walk(client):
        answer = client.get(path)
        if answer.headers["Content-Type"].startswith("text/html") and not answer.streaming:
            page = answer.content.decode()
            if '<html lang="fa"' in page:
                english = [one for text in Words(page).said for one in ENGLISH.findall(re.sub("⁨[^⁩]*⁩", "", text))]
                if english:
                    found[path] = english
    assert found == {}
