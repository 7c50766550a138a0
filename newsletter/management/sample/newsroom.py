"""Sets up the sample newsroom by the same steps that a newsroom takes: staff, lists, people, articles, newsletters."""

import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from newsletter import pipeline
from newsletter.articles import adding, decisions
from newsletter.conf import config
from newsletter.delivery.models import OutboxMail
from newsletter.issues import queries
from newsletter.issues import services as issues
from newsletter.issues.models import Issue, Publication
from newsletter.issues.services import PublicationSettings
from newsletter.management.cli import output
from newsletter.management.sample import people
from newsletter.management.sample.people import Standing
from newsletter.scheduling import services as scheduling
from newsletter.staff import services as staff
from newsletter.staff.models import ADMIN, EDITOR, User
from subscribers import api as subscribers

HERE = Path(__file__).resolve().parent
BASIS = "Invented people of the demo"
PERSIAN_READERS = 90
"""How many of the confirmed readers read the second newsletter too."""

INTRODUCTION = """Good morning, {{name|dear reader}}.

The wind has turned, the night ferry is back, and a class of ten-year-olds has corrected the tide. Put the kettle on:
this week the *Lantern* stays close to home, where most of the good news was.
"""
PERSIAN_INTRODUCTION = """صبح به‌خیر.

این هفته چراغ‌های بازار شب روشن شد و بادبادک‌ها به آسمان رفتند. چای تازه‌دم کنار دستتان باشد؛ خبرها از کوچه‌های خودمان است.
"""


@dataclass(frozen=True, kw_only=True)
class Newsroom:
    """What was set up."""

    editor: User
    chief: User
    english: Publication
    persian: Publication


def build(*, now: datetime) -> Newsroom:
    """Everything but the issues, in an empty installation."""
    by = output.ACTOR
    editor = staff.add(email="ines@lantern.example", name="Ines Calloway", roles=frozenset({EDITOR}), by=by, now=now)
    chief = staff.add(
        email="odile@lantern.example", name="Odile Brandt", roles=frozenset({EDITOR, ADMIN}), by=by, now=now
    )
    _add_articles(now=now)
    english_list, persian_list = _lists(now=now)
    _fill(english_list, persian_list, now=now)
    english = issues.create_publication(settings=_english(english_list), by=chief.actor, now=now)
    persian = issues.create_publication(settings=_persian(persian_list), by=chief.actor, now=now)
    return Newsroom(editor=editor, chief=chief, english=english, persian=persian)


def compose(room: Newsroom, publication: Publication, *, now: datetime) -> Issue:
    """The editor drafts the newest stories and writes a few lines above them."""
    draft = pipeline.assemble(publication=publication, now=now, by=room.editor.actor)
    if publication.pk == room.persian.pk:
        changed = issues.edit_issue(draft, by=room.editor.actor, now=now, introduction=PERSIAN_INTRODUCTION)
    else:
        changed = issues.edit_issue(
            draft,
            by=room.editor.actor,
            now=now,
            subject="The night ferry returns, and a bell that counts books",
            introduction=INTRODUCTION,
        )
        lead = queries.entries_of(changed).first()
        if lead is not None:
            issues.edit_entry(lead, by=room.editor.actor, now=now, kicker="The big crossing")
    return queries.get_issue(changed.pk)


def look_ahead(room: Newsroom, *, now: datetime) -> Issue:
    """Give both newsletters their weekly time, and begin the next English issue with the stories that are left."""
    scheduling.set_cadence(room.english, rule="0 7 * * 5", by=room.chief.actor, now=now)
    scheduling.set_cadence(room.persian, rule="0 7 * * 6", by=room.chief.actor, now=now)
    return pipeline.assemble(publication=room.english, now=now, by=room.editor.actor)


def approve(room: Newsroom, issue: Issue, *, now: datetime, send_at: datetime) -> Issue:
    """A second person approves it for a time; from here on the scheduler has it."""
    pipeline.approve(issue, by=room.chief.actor, now=now, send_at=send_at)
    return queries.get_issue(issue.pk)


def _add_articles(*, now: datetime) -> None:
    for language in ("en", "fa"):
        # Oldest first, so that the first story of each folder is the newest and leads.
        for number, path in enumerate(sorted((HERE / language).glob("*.md"), reverse=True)):
            for added in adding.add(str(path), now=now - timedelta(minutes=30 - number), language=language):
                # On a clock that lags behind the stories' dates they would wait for their day.
                decisions.free(added.article)


def _lists(*, now: datetime) -> tuple[int, int]:
    english = subscribers.create_list(
        name="The Harbour Letter", slug="harbour-letter", now=now, description="One letter a week from Quillhaven."
    )
    persian = subscribers.create_list(
        name="نامهٔ بندر", slug="nameh-bandar", now=now, language="fa", description="هر هفته یک نامه از مهتاب‌بندر."
    )
    return english.id, persian.id


def _fill(english: int, persian: int, *, now: datetime) -> None:
    """Import who is on the lists, then let some ask, leave or be suppressed, each in the way that it happens."""
    everyone = people.everyone()
    standing = {kind: [person for person in everyone if person.standing is kind] for kind in Standing}
    joined = [person for person in everyone if person.standing is not Standing.PENDING]
    _import(english, joined, now=now)
    _import(persian, standing[Standing.CONFIRMED][:PERSIAN_READERS], now=now)
    form = f"{config().base_url}/join/harbour-letter/"
    for number, person in enumerate(standing[Standing.PENDING]):
        # Each from a network of their own, of the range kept for examples (RFC 5737).
        client = f"198.51.100.{number + 1}"
        subscribers.ask_to_join(english, person.address, form_url=form, client=client, now=now)
    # They were asked long ago, as the story goes: the mailbox is kept for the issue.
    OutboxMail.objects.filter(kind="confirmation").delete()
    for person in standing[Standing.UNSUBSCRIBED]:
        subscribers.unsubscribe(english, person.address, now=now, actor=output.ACTOR)
    for person in standing[Standing.SUPPRESSED]:
        subscribers.suppress(person.address, reason="complaint", now=now, actor=output.ACTOR)


def _import(list_id: int, chosen: list[people.Person], *, now: datetime) -> None:
    folder = Path(tempfile.mkdtemp(prefix="newsletter-sample-"))
    try:
        path = folder / "people.csv"
        people.write_csv(path, chosen)
        subscribers.import_csv(list_id, path, basis=BASIS, now=now, actor=output.ACTOR)
    finally:
        shutil.rmtree(folder)


def _english(list_id: int) -> PublicationSettings:
    return PublicationSettings(
        name="The Harbour Letter",
        slug="harbour-letter",
        list_id=list_id,
        language="en",
        tagline="The week in Quillhaven, in ten minutes",
        accent="#8a3b1c",
        sender_name="The Quillhaven Lantern",
        sender_address="letter@lantern.example",
        reply_to="editors@lantern.example",
        postal_address="The Quillhaven Lantern\n12 Tallow Street\nQuillhaven QH1 4LT",
        reason="You get this letter because you joined its list at lantern.example.",
        time_zone="Europe/Lisbon",
        rule={"languages": ["en"], "max_stories": 6},
        second_person=True,
    )


def _persian(list_id: int) -> PublicationSettings:
    return PublicationSettings(
        name="نامهٔ بندر",
        slug="nameh-bandar",
        list_id=list_id,
        language="fa",
        tagline="یک هفته در مهتاب‌بندر، به کوتاهی یک چای",
        accent="#14615f",
        sender_name="روزنامهٔ فانوس",
        sender_address="nameh@fanoos.example",
        reply_to="tahrir@fanoos.example",
        postal_address="روزنامهٔ فانوس\nمهتاب‌بندر، کوچهٔ چراغ، شمارهٔ ۸",
        reason="این نامه را می‌گیرید چون در فهرست آن عضو شده‌اید.",
        time_zone="Asia/Tehran",
        rule={"languages": ["fa"], "max_stories": 5},
        second_person=True,
    )
