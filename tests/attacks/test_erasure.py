"""Nothing of an erased person's address is left: the whole database and every file of the installation are searched."""

import base64
import csv
import io
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from unicodedata import normalize
from urllib.parse import quote

import pytest
from django.apps import apps
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, models
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from newsletter.conf import config
from newsletter.delivery import erasure
from newsletter.delivery.models import Alarm, Attempt, OutboxMail, Result, Transport
from newsletter.delivery.outbox import mail_queue
from newsletter.mailbox.store import Mailbox
from newsletter.scheduling.models import Schedule
from newsletter.staff import services as staff
from newsletter.staff.models import AuditEntry, User
from newsletter.translatable import Translatable
from subscribers import api, conf, housekeeping
from subscribers import erasing as places
from subscribers.models import ConsentEvent, ImportRun, List, Subscriber
from tests.delivery.newsroom import Readers, approved_issue
from tests.project.conftest import Run, _template, data_dir, installed, run
from tests.subscribers.factories import make_list, make_subscriber

__all__ = ["_template", "data_dir", "installed", "run"]

ADDRESS = "jane.roe+letters@reader.example"
ANOTHER = "john.doe@reader.example"
LINES = f"email,name,unsubscribed\n{ADDRESS},Jane Roe,\n{ANOTHER},John,\nrubbish,Nobody,\n"


def spellings(address: str) -> set[bytes]:
    """How the address may lie in bytes, in lower case; base64 at each of its three alignments, without the ends."""
    local, _, domain = address.partition("@")
    texts = {f"{local}{at}{domain}" for at in ("@", "%40", "+40", "=40", "\\u0040", "&#64;", " @ ", "(at)", '"@')}
    texts |= {quote(address, safe=""), quote(address, safe="+"), address.replace("+", "=2B"), repr(address)[1:-1]}
    plain = {text.lower().encode(charset) for text in texts for charset in ("utf-8", "utf-16-le", "utf-16-be")}
    coded = {address.encode().hex().encode()}
    for lead in range(3):
        whole = base64.b64encode(b" " * lead + address.encode() + b" " * (-(lead + len(address)) % 3))
        coded.add(whole[4 if lead else 0 : -4].lower())
    return plain | coded


def holds(data: bytes, address: str = ADDRESS) -> bool:
    data = data.lower()
    return any(one in data for one in spellings(address))


def database() -> Iterator[tuple[str, bytes]]:
    """SQLite: the file as it is, free pages and all. PostgreSQL: every row of every table."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        yield "database", connection.connection.serialize()
        return
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT row::text FROM "{table}" AS row')  # noqa: S608
            for (row,) in cursor.fetchall():
                yield table, row.encode()
                yield table, _bytes_in(row)


def _bytes_in(row: str) -> bytes:
    """What stands in hexadecimal in a row."""
    found = [part.strip('"(),\\x') for part in row.split("\\x")[1:]]
    return b"\0".join(bytes.fromhex(one.split('"')[0]) for one in found if all(c in "0123456789abcdef" for c in one))


def files(*folders: Path) -> Iterator[tuple[str, bytes]]:
    for folder in folders:
        for path in folder.rglob("*") if folder.is_dir() else ():
            if path.is_file():
                yield str(path), path.read_bytes()


def where(*folders: Path) -> set[str]:
    """The places that hold the address."""
    found = {place for place, data in [*database(), *files(config().data_dir, *folders)] if holds(data)}
    return found | {"session" for one in Session.objects.all() if holds(str(one.get_decoded()).encode())}


@pytest.fixture
def no_files_left() -> Iterator[None]:
    yield
    for folder in (conf.settings().staging_dir, config().data_dir / "backups"):
        for path in folder.glob("*"):
            path.unlink()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_files_left")
@pytest.mark.parametrize("keep_away", [True, False])
def test_nothing_is_left_of_an_erased_person(
    keep_away: bool, tmp_path: Path, settings: Settings, admin: User, now: datetime
) -> None:
    """GDPR art. 17: each place that may hold an address is filled first, so that the search is seen to find it."""
    settings.NEWSLETTER = replace(config(), mailbox_dir=tmp_path / "mailbox")
    readers = Readers.make(now=now)
    letter = List.objects.get()
    person = make_subscriber(letter, ADDRESS, name="Jane Roe", basis=f"asked by letter, {ADDRESS}")
    make_subscriber(letter, "friend@reader.example", basis=f"came with {ADDRESS.upper()}")
    api.add(make_list().pk, "late@reader.example", basis=f"with {ADDRESS}", now=now, actor="staff:1", name="A friend")
    fill_imports(letter, admin, tmp_path, now=now)
    fill_mails(tmp_path / "mailbox", now=now)
    issue = approved_issue(list_id=readers.list_id, now=now)
    fill_ledger(issue.pk, person.pk, now=now)
    staff.record(
        actor="staff:1", action="issue.reject", subject="issue:1", now=now, detail={"reason": f"{ADDRESS} complained"}
    )
    session = SessionStore()
    session["login_code"] = {"email": ADDRESS}
    session.save()
    if connection.vendor == "sqlite":
        fill_backup(person.address_index)
    fill_reasons()
    before = where(tmp_path)
    assert len([place for place in before if str(tmp_path) in place]) >= 4, before
    assert "session" in before
    assert any("imports" in place for place in before)

    api.erase(person.pk, now=now, actor="staff:1", keep_away=keep_away)

    assert where(tmp_path) - {str(tmp_path / "people.csv")} == set(), "the operator's own file is the operator's"
    # What is not hers is as it was.
    assert Subscriber.objects.filter(address=ANOTHER).exists()
    report = (tmp_path / "people.csv.rejected.csv").read_text(encoding="utf-8-sig")
    assert [row[2] for row in csv.reader(io.StringIO(report))] == ["content", "rubbish"]
    assert [mail.recipients for mail in Mailbox(tmp_path / "mailbox").list()] == [(ANOTHER,)]
    assert OutboxMail.objects.get(recipient=ANOTHER).state == "waiting"
    assert [alarm.text for alarm in Alarm.objects.order_by("key")] == ["… complained"] * 2
    assert isinstance(Alarm.objects.get(key="y").text, Translatable)
    assert AuditEntry.objects.get(action="issue.reject").detail == {"reason": "… complained"}
    assert ConsentEvent.objects.filter(kind="erased", subscriber_id=person.pk).exists()


def fill_reasons() -> None:
    Transport.objects.create(name="Second", host="127.0.0.1", port=25)
    now = datetime.now(UTC)
    Alarm.objects.create(key="x", text="x", raised_at=now)

    for model, column in erasure.WORDS:
        assert model._default_manager.update(**{column: f"{ADDRESS} complained"}) or model is Schedule
    Alarm.objects.create(key="y", text=Translatable("%(who)s complained", who=ADDRESS), raised_at=now)


def fill_imports(letter: List, admin: User, folder: Path, *, now: datetime) -> None:
    """A finished import with its report, one whose columns are asked about, one that waits, one half done."""
    path = folder / "people.csv"
    path.write_text(LINES.replace(f"{ADDRESS},Jane Roe,", f"{ADDRESS},Jane Roe,yes"))
    api.import_csv(letter.pk, path, basis=f"fair, ask {ADDRESS}", now=now, actor="staff:1")
    client = Client()
    client.force_login(admin)
    uploads = {
        "waits.csv": LINES,
        "asked.csv": LINES.replace("unsubscribed", "out?").replace("Jane Roe,", "Jane Roe,perhaps"),
        "wide.csv": "\ufeff" + LINES + "x@reader.example,Wide,\n",
    }
    for name, text in uploads.items():
        data = text.encode("utf-16-le" if name == "wide.csv" else "utf-8")
        answer = client.post(reverse("list_import", args=[letter.pk]), {"file": SimpleUploadedFile(name, data)})
        assert answer.status_code == 302, answer.content.decode()[-3000:]
    done = ImportRun.objects.get(file_name="wide.csv")
    client.post(reverse("import_run", args=[letter.pk, done.pk]), {"basis": "spring fair", "action": "import"})
    ImportRun.objects.create(
        list=letter, file_name=f"{ADDRESS}.csv", digest="0" * 64, basis="x", state="done", started_at=now,
        counts={"answers": {ADDRESS: "left"}},
    )  # fmt: skip
    leftover = conf.settings().staging_dir / "upload-0123"
    leftover.write_text(LINES)


def fill_mails(mailbox: Path, *, now: datetime) -> None:
    for address in (ADDRESS, ANOTHER):
        message = f"To: {address}\r\n\r\nHello {address}\r\n".encode()
        mail_queue.enqueue(kind="confirmation", recipient=address, message=message, now=now)
        Mailbox(mailbox).add(message, sender="x@reader.example", recipients=(address,), now=now)
    # One that a worker holds just now.
    mail_queue.enqueue(kind="leave-link", recipient=ADDRESS.upper(), message=message, now=now)
    OutboxMail.objects.filter(recipient=ADDRESS.upper()).update(state="held", due=now, at_dot=True)


def fill_ledger(issue: int, person: int, *, now: datetime) -> None:
    """Replies as an earlier version kept them."""
    from newsletter.delivery.models import Release

    Release.objects.create(issue_id=issue, cut_off=now, started_at=now, expires_at=now)
    said = f"550 {ADDRESS.replace('@', '%40')} is unknown"
    Result.objects.create(issue_id=issue, subscriber=person, state="refused", reply=said, settled_at=now)
    Attempt.objects.create(issue_id=issue, subscriber=person, at=now, phase="rcpt", state="refused", reply=said)


def fill_backup(index: str) -> None:
    """The copy that an upgrade made. The test's database may have no file: then one is written as it would be."""
    folder = config().data_dir / "backups"
    folder.mkdir(exist_ok=True)
    (folder / "db-20260101T000000Z.sqlite3").write_bytes(connection.connection.serialize())


OF_PEOPLE = {
    "subscribers.subscriber": "address address_index language",
    "newsletter.outboxmail": "recipient message",
    "newsletter.result": "reply",
    "newsletter.attempt": "reply",
    "newsletter.auditentry": "detail",
    "subscribers.importrun": "counts",
    "sessions.session": "session_data",
}
"""Each seen to be forgotten by a test of this file, besides the columns of words."""
OF_THE_TEAM = {
    "account.emailaddress": "email",
    "newsletter.user": "password email name",
    "newsletter.invitation": "email secret_hash invited_by",
    "newsletter.publication": "name slug tagline sender_name sender_address reply_to bounce_domain "
    "postal_address reason",
    "newsletter.transport": "name host user secret",
    "newsletter.outboxmail": "sender",
    "subscribers.list": "name slug description consent_text",
}
"""Accounts, and what the newsletter says of itself."""
PRINTED = {
    "newsletter.source": "url title language etag last_modified last_error",
    "newsletter.picture": "digest file source_url",
    "newsletter.article": "title standfirst body byline kicker language direction topics url url_key text_key "
    "picture_alt picture_credit origin left_out kept_back",
    "newsletter.issue": "subject preheader taken_out introduction",
    "newsletter.entry": "title standfirst kicker picture_alt show why",
    "newsletter.rendition": "language format topics digest subject html text token_key",
    "newsletter.approval": "digest entries frame sender audience",
}
"""What was or will be published, of whomever it speaks."""
OF_A_FEW_VALUES = {
    "auth.permission": "name codename",
    "auth.group": "name",
    "contenttypes.contenttype": "app_label model",
    "sessions.session": "session_key",
    "account.emailconfirmation": "key",
    "subscribers.list": "language",
    "subscribers.subscription": "state public_id",
    "subscribers.consentevent": "kind text_version language method token_id source actor",
    "subscribers.suppression": "address_index actor",
    "subscribers.leftelsewhere": "address_index source",
    "subscribers.tally": "key",
    "subscribers.importrun": "digest state actor",
    "newsletter.publication": "language theme accent time_zone cadence empty_slot rule uncertain_policy",
    "newsletter.issue": "public_id state uncertain_policy edited_by",
    "newsletter.approval": "approved_by",
    "newsletter.transport": "kind tls clear_accepted clear_before auth role paused_by",
    "newsletter.release": "excluded released_by brakes",
    "newsletter.exclusion": "reason",
    "newsletter.result": "state kind enhanced",
    "newsletter.attempt": "phase state kind enhanced",
    "newsletter.chunk": "state owner host",
    "newsletter.outboxmail": "kind state owner host",
    "newsletter.alarm": "key",
    "newsletter.releasesample": "groups",
    "newsletter.dkimdomain": "domain",
    "newsletter.dkimkey": "domain selector algorithm private public",
    "newsletter.ratelimit": "key warm_up",
    "newsletter.rateuse": "key taken counts",
    "newsletter.pace": "key reply",
    "newsletter.mailhost": "domain group",
    "newsletter.epoch": "root place held_why",
    "newsletter.schedule": "rule time_zone",
    "newsletter.auditentry": "actor action subject",
}
"""Numbers, keys, hashes, choices and names that our code alone writes."""
TEXTS = (models.CharField, models.TextField, models.JSONField, models.BinaryField, models.GenericIPAddressField)


def test_every_column_that_may_hold_words_is_searched_or_said_to_hold_nobody() -> None:
    """Whoever adds one decides here, and has it searched in `WORDS` where somebody may be named in it."""
    there = [
        f"{model._meta.label_lower}.{column.name}"
        for model in apps.get_models(include_auto_created=True)
        for column in model._meta.concrete_fields
        if isinstance(column, TEXTS)
    ]
    placed = [
        f"{model}.{column}"
        for group in (OF_PEOPLE, OF_THE_TEAM, PRINTED, OF_A_FEW_VALUES)
        for model, columns in group.items()
        for column in columns.split()
    ]
    searched = [f"{model._meta.label_lower}.{column}" for model, column in (*places.WORDS, *erasure.WORDS)]
    assert sorted(there) == sorted(placed + searched)


NAMESAKES = ("anna", "annette", "ann.lee", "ann-marie", "ann_b", "joann", "ann+x")


def fill_words(address: str, admin: User, letter: List, *, now: datetime) -> None:
    """A note that names this address, in each column in which somebody may name a person."""
    note = f"with {address}"
    ImportRun.objects.create(
        list=letter, file_name=f"{address}.csv", digest="1" * 64, basis=note, state="done", started_at=now,
        counts={"answers": {address: "left"}},
    )  # fmt: skip
    staff.record(actor="staff:1", action="x", subject="issue:1", now=now, detail={"reason": note, address: [note]})
    make_subscriber(letter, f"friend-{address}", name=note, basis=note)
    ConsentEvent.objects.create(
        subscriber_id=7, list_id=letter.pk, kind="requested", at=now, text=note, form_url=f"/?e={quote(address)}"
    )


def words() -> str:
    """Whatever the live database holds in columns of words."""
    columns: list[tuple[type[models.Model], str]] = [*places.WORDS, *erasure.WORDS]
    columns += [(ImportRun, "counts"), (AuditEntry, "detail")]
    return "\n".join(
        str(row) for model, column in columns for row in model._default_manager.values_list(column, flat=True)
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_files_left")
def test_whoever_is_called_nearly_alike_stays_in_the_database_and_in_copies_of_it(admin: User, now: datetime) -> None:
    letter = make_list()
    others = [*(f"{name}@example.org" for name in NAMESAKES), "ann@example.org.uk"]
    for address in others:
        make_subscriber(letter, address)
        fill_words(address, admin, letter, now=now)
        mail_queue.enqueue(kind="confirmation", recipient=address, message=b"To: x\r\n\r\nx\r\n", now=now)
    person = make_subscriber(letter, "ann@example.org")
    before = words()
    folder = config().data_dir / "backups"
    copies = []
    if connection.vendor == "sqlite":
        fill_backup(person.address_index)
        copies = [folder / "db-20260101T000000Z.sqlite3", folder / "db-20260102T000000Z.part"]
        copies[1].write_bytes(copies[0].read_bytes())

    assert api.erase(person.pk, now=now, actor="staff:1") == ()

    assert [line for line in words().split("\n") if "@" in line or "…" in line] == [
        line for line in before.split("\n") if "@" in line
    ]
    friends = [f"friend-{address}" for address in others]
    assert sorted(Subscriber.objects.values_list("address", flat=True)) == sorted(others + friends)
    for copy in copies:
        left = copy.read_bytes().lower()
        for other in sorted(others, key=len, reverse=True):
            left = left.replace(other.lower().encode(), b"#")
        assert b"ann@example.org" not in left
        with closing(sqlite3.connect(copy)) as database:
            kept = [row for (row,) in database.execute("SELECT address FROM subscribers_subscriber")]
            assert sorted(kept) == sorted(others + friends)
            assert sorted(row for (row,) in database.execute("SELECT recipient FROM newsletter_outboxmail")) == sorted(
                others
            )
            assert not list(database.execute("SELECT 1 FROM subscribers_subscription WHERE basis LIKE '%…%'"))


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_files_left")
@pytest.mark.parametrize("written", ["ada@bücher.example", "ADA@BÜCHER.example", "ada@xn--bcher-kva.example"])
def test_a_domain_as_people_write_it_is_forgotten_too(written: str, admin: User, now: datetime) -> None:
    letter = make_list()
    person = make_subscriber(letter, "ada@xn--bcher-kva.example")
    fill_words(written, admin, letter, now=now)
    if connection.vendor == "sqlite":
        fill_backup(person.address_index)
    assert written in words()
    api.erase(person.pk, now=now, actor="staff:1")
    # Of the friend only the name and how they came here is about her.
    assert not any(spelled in words().lower() for spelled in ("ada@bücher", "ada@xn--bcher"))
    for _copy, data in files(config().data_dir / "backups"):
        assert f"with {written}".encode() not in data


JOERG = "jörg.müller@example.org"
OF_JOERG = (
    JOERG,
    JOERG.upper(),
    normalize("NFD", JOERG),
    normalize("NFD", JOERG.upper()),
    quote(JOERG.upper(), safe="@"),
)
"""Signs beyond ASCII have cases that SQLite does not know, and forms and escapes of many kinds."""


def names_joerg(text: str) -> bool:
    """By looking for each spelling, as it is and as JSON has it, and no more; the friend's address is another."""
    spellings = {one.lower() for each in OF_JOERG for one in (each, json.dumps(each)[1:-1])}
    return any(one in text.lower().replace(f"friend-{one}", "") for one in spellings)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_files_left")
@pytest.mark.parametrize("written", OF_JOERG)
def test_a_name_beyond_ascii_is_forgotten_however_it_is_written(written: str, admin: User, now: datetime) -> None:
    letter = make_list()
    person = make_subscriber(letter, JOERG.upper())
    fill_words(written, admin, letter, now=now)
    ImportRun.objects.update(counts={"file": f"{written}.csv", "columns": [[written, "address"]], "rows": 3})
    mail_queue.enqueue(kind="confirmation", recipient=JOERG.upper(), message=b"To: x\r\n\r\nx\r\n", now=now)
    if connection.vendor == "sqlite":
        fill_backup(person.address_index)
    Subscriber.objects.filter(pk=person.pk).update(address=JOERG)
    assert written in words()

    assert api.erase(person.pk, now=now, actor="staff:1") == ()

    assert ImportRun.objects.get().counts == {"file": "….csv", "columns": [["…", "address"]], "rows": 3, "answers": {}}
    assert not names_joerg(words())
    assert not OutboxMail.objects.filter(state="waiting").exists()
    assert not OutboxMail.objects.exclude(recipient="").exists()
    for copy in (config().data_dir / "backups").glob("*"):
        with closing(sqlite3.connect(copy)) as database:
            assert not names_joerg("\n".join(database.iterdump()))


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_files_left")
def test_an_import_that_waits_is_dropped_for_whom_it_holds_and_for_no_namesake(admin: User, now: datetime) -> None:
    letter = make_list()
    client = Client()
    client.force_login(admin)
    texts = {
        "joann": "email,name\njoann@example.org,Jo\nrubbish joann@example.org,x\n",
        "uk": "email,left?\nann@example.org.uk,perhaps\n",
        "ann": "email,name\nx@example.org,x\nANN@example.org,Ann\n",
        "refused": "email,name\nx1@example.org,x\nrubbish ann@example.org,x\n",
        "left": "email,unsubscribed\nx2@example.org,\nAnn@example.org,yes\n",
        "named": "email,name\nx3@example.org,ann@example.org\n",
        "asked": "email,left?\nx4@example.org,\nann@example.org,perhaps\n",
    }
    for name, text in texts.items():
        upload(client, letter, name, text.encode())
    waiting = waiting_imports()
    assert set(waiting) == set(texts)

    assert api.erase(make_subscriber(letter, "ann@example.org").pk, now=now, actor="staff:1") == ()

    assert waiting_imports() == {name: waiting[name] for name in ("joann", "uk")}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_files_left")
@pytest.mark.parametrize("written", [JOERG.upper(), normalize("NFD", JOERG.upper())])
def test_an_import_in_any_encoding_is_dropped_for_whom_it_holds(written: str, admin: User, now: datetime) -> None:
    letter = make_list()
    client = Client()
    client.force_login(admin)
    charsets = ["utf-8", "utf-16"] + (["cp1252"] if len(written) == len(JOERG) else [])
    for charset in charsets:
        text = f"email,left?\nx@example.org,perhaps\n{written},\nMÜLLER@EXAMPLE.ORG,{charset}\n"
        upload(client, letter, charset, text.encode(charset))
    upload(client, letter, "another", "email,left?\nmüller@example.org,perhaps\n".encode())
    assert set(waiting_imports()) == {*charsets, "another"}

    assert api.erase(make_subscriber(letter, JOERG).pk, now=now, actor="staff:1") == ()

    assert set(waiting_imports()) == {"another"}


def upload(client: Client, letter: List, name: str, data: bytes) -> None:
    answer = client.post(reverse("list_import", args=[letter.pk]), {"file": SimpleUploadedFile(f"{name}.csv", data)})
    assert answer.status_code == 302, answer.content.decode()[-3000:]


def waiting_imports() -> dict[str, set[str]]:
    """The files of each import that has any, by the name of what was uploaded."""
    found = sorted(path.name for path in conf.settings().staging_dir.glob("*"))
    runs = {run.file_name.removesuffix(".csv"): run.digest for run in ImportRun.objects.all()}
    waiting = {name: {file for file in found if file.startswith(digest)} for name, digest in runs.items()}
    return {name: files for name, files in waiting.items() if files}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_files_left")
def test_a_report_does_not_bear_the_name_of_whoever_was_erased(tmp_path: Path, now: datetime) -> None:
    letter = make_list()
    for folder, name in (("a", JOERG), ("b", normalize("NFD", JOERG.upper())), ("b", JOERG)):
        path = tmp_path / folder / f"asked by {name}.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"email,note\n{folder}@example.org,x\nrubbish,x\n")
        api.import_csv(letter.pk, path, basis="fair", now=now, actor="staff:1")
        path.unlink()
    assert len(list(tmp_path.rglob("*.csv"))) == 3

    assert api.erase(make_subscriber(letter, JOERG).pk, now=now, actor="staff:1") == ()

    reports = sorted(tmp_path.rglob("*.csv"))
    assert len(reports) == 3
    assert not any(names_joerg(str(report)) for report in reports)
    noted = (conf.settings().staging_dir.parent / "reports.json").read_text()
    assert not names_joerg(noted)
    # They are found again.
    assert api.erase(make_subscriber(letter, "bob@example.org").pk, now=now, actor="staff:1") == ()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_files_left")
def test_what_is_done_to_reports_keeps_nobody_from_being_erased_and_is_told(
    tmp_path: Path, admin: User, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    letter = make_list()
    reports = {}
    for name in ("saved", "moved", "folder", "namesake", "whole"):
        path = tmp_path / f"{name}.csv"
        rows = "rubbish joann@example.org,x" if name == "namesake" else "rubbish ann@example.org,x"
        path.write_text(f"email,note\n{name}@example.org,x\n{rows}\n")
        api.import_csv(letter.pk, path, basis="fair", now=now, actor="staff:1")
        reports[name] = tmp_path / f"{name}.csv.rejected.csv"
    saved = reports["saved"].read_text(encoding="utf-8-sig").replace("rubbish", "Müll “x”")
    reports["saved"].write_text(saved, encoding="cp1252")
    reports["moved"].unlink()
    reports["folder"].unlink()
    reports["folder"].mkdir()
    namesake = reports["namesake"].read_bytes()
    broken = config().data_dir / "backups" / "db-1.part"
    broken.parent.mkdir(exist_ok=True)
    broken.write_bytes(b"no database, and long enough to be seen as none" * 30)
    person = make_subscriber(letter, "ann@example.org")
    client = Client()
    client.force_login(admin)

    page = client.post(reverse("subscriber", args=[person.pk]), {"action": "erase"}, follow=True).content.decode()

    assert not Subscriber.objects.filter(pk=person.pk).exists()
    for path in (reports["saved"], reports["moved"], reports["folder"], broken):
        assert str(path) in page
        assert str(path) in caplog.text
    assert str(reports["whole"]) not in page
    assert "rubbish" not in reports["whole"].read_text()
    assert reports["namesake"].read_bytes() == namesake
    # What is gone is told once.
    again = api.erase(make_subscriber(letter, "bob@example.org").pk, now=now, actor="staff:1")
    assert set(again) == {str(path) for path in (reports["saved"], reports["folder"], broken)}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_files_left")
def test_files_are_changed_after_the_commit_and_what_was_not_done_is_done_the_next_day(
    tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = make_list()
    path = tmp_path / "people.csv"
    path.write_text("email,note\nx@example.org,x\nrubbish ann@example.org,x\n")
    api.import_csv(letter.pk, path, basis="fair", now=now, actor="staff:1")
    report = tmp_path / "people.csv.rejected.csv"
    person = make_subscriber(letter, "ann@example.org")

    def ended(_who: object) -> Iterator[Path]:
        assert not connection.in_atomic_block
        assert not Subscriber.objects.filter(pk=person.pk).exists()
        raise KeyboardInterrupt

    monkeypatch.setattr(places, "FILES", (ended,))
    with pytest.raises(KeyboardInterrupt):
        api.erase(person.pk, now=now, actor="staff:1")
    assert "ann@example.org" in report.read_text()
    monkeypatch.undo()
    housekeeping.purge(now=now)
    assert "ann@example.org" not in report.read_text()
    assert not list(conf.settings().staging_dir.parent.glob("erasing-*"))


@pytest.mark.django_db(transaction=True)
def test_an_erasure_that_is_rolled_back_changes_no_file(tmp_path: Path, now: datetime, settings: Settings) -> None:
    letter = make_list()
    path = tmp_path / "people.csv"
    path.write_text("email,note\nx@example.org,x\nrubbish ann@example.org,x\n")
    api.import_csv(letter.pk, path, basis="fair", now=now, actor="staff:1")
    person = make_subscriber(letter, "ann@example.org")
    settings.SUBSCRIBERS = {**settings.SUBSCRIBERS, "ALSO_FORGETS": f"{__name__}.refuses"}
    with pytest.raises(RuntimeError):
        api.erase(person.pk, now=now, actor="staff:1")
    assert Subscriber.objects.filter(pk=person.pk).exists()
    assert "ann@example.org" in (tmp_path / "people.csv.rejected.csv").read_text()


def refuses(*_who: object) -> None:
    raise RuntimeError


def test_nothing_is_left_in_the_files_of_an_installation(installed: Path, run: Run, tmp_path: Path) -> None:
    """With the real SQLite file, its journal beside it, and commands as they are typed."""
    people = tmp_path / "people.csv"
    people.write_text(LINES)
    assert run("lists", "create", "Morning").code == 0
    assert run("lists", "import", "morning", str(people), "--basis", "spring fair").code == 0
    people.unlink()
    held = {path for path, data in files(installed) if holds(data)}
    assert held
    erase = (
        "from subscribers import api; from django.utils import timezone; "
        f"api.erase(api.find({ADDRESS!r}), now=timezone.now(), actor='command')"
    )
    done = run("django", "shell", "-c", erase)
    assert done.code == 0, done.err
    assert {path for path, data in files(installed, tmp_path) if holds(data)} == set()
    assert any(ANOTHER.encode() in data for _, data in files(installed))
