"""`init`, `upgrade` and `doctor` on a real data directory, as a newcomer meets them."""

import json
import os
import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from newsletter.mailbox.server import Server
from newsletter.mailbox.store import Mailbox
from newsletter.project import privacy
from tests import postgres
from tests.project.conftest import Run

pytestmark = pytest.mark.process

PICTURE = Path(__file__).parents[2] / "docs" / "composer.png"
ADMIN = ("init", "--admin", "chief@example.org")


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_init_makes_everything_and_prints_a_link_without_any_mail_server(run: Run, data_dir: Path) -> None:
    """Keys are for their owner only (mode 0600), in a directory of mode 0700."""
    done = run(*ADMIN, NEWSLETTER_LISTEN="127.0.0.1:8765")
    assert done.code == 0, done.err
    assert done.out.startswith("http://127.0.0.1:8765/")
    assert done.out.count("\n") == 1
    assert str(data_dir) in done.err
    assert _mode(data_dir) == 0o700
    keys = sorted((data_dir / "keys").iterdir())
    assert [key.name for key in keys] == ["addresses.key", "messages.key", "secret.key", "tokens.key"]
    assert {_mode(key) for key in keys} == {0o600}
    with closing(sqlite3.connect(data_dir / "db.sqlite3")) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert database.execute("SELECT email, is_admin FROM newsletter_user").fetchall() == [("chief@example.org", 1)]
        assert database.execute("SELECT count(*) FROM newsletter_cache").fetchone() == (0,)


def test_init_again_keeps_what_is_there_and_prints_a_new_link(run: Run, data_dir: Path) -> None:
    first = run(*ADMIN)
    keys = {path.name: path.read_bytes() for path in (data_dir / "keys").iterdir()}
    second = run(*ADMIN)
    assert second.code == 0, second.err
    assert second.out != first.out
    assert {path.name: path.read_bytes() for path in (data_dir / "keys").iterdir()} == keys
    with closing(sqlite3.connect(data_dir / "db.sqlite3")) as database:
        assert database.execute("SELECT count(*) FROM newsletter_user").fetchone() == (1,)


def test_init_where_nobody_may_write_says_so(run: Run, data_dir: Path) -> None:
    data_dir.write_text("a file in the way")
    refused = run(*ADMIN)
    assert refused.code == 1
    assert "NEWSLETTER_DATA_DIR" in refused.err
    assert "Traceback" not in refused.err


def test_a_missing_key_is_never_replaced_in_silence(run: Run, installed: Path) -> None:
    (installed / "keys" / "addresses.key").unlink()
    refused = run(*ADMIN)
    assert refused.code == 2
    assert "addresses.key" in refused.err
    assert not (installed / "keys" / "addresses.key").exists()


def test_upgrade_copies_the_database_first_and_brings_it_up_to_date(run: Run, installed: Path) -> None:
    with closing(sqlite3.connect(installed / "db.sqlite3")) as database, database:
        # As a database of an earlier version: one of its tables and the last migration are not there yet.
        database.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
        database.execute("DROP TABLE django_session")
    refused = run("articles", "list")
    assert refused.code == 1
    assert "newsletter upgrade" in refused.err
    done = run("upgrade")
    assert done.code == 0, done.err
    (copy,) = (installed / "backups").glob("db-*.sqlite3")
    assert _mode(copy) == 0o600
    with closing(sqlite3.connect(copy)) as before:
        assert before.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert before.execute("SELECT * FROM sqlite_master WHERE name = 'django_session'").fetchall() == []
        assert before.execute("SELECT count(*) FROM newsletter_user").fetchone() == (1,)
    assert run("articles", "list").code == 0
    again = run("upgrade")
    assert again.code == 0
    assert len(list((installed / "backups").glob("db-*.sqlite3"))) == 1


def test_a_server_without_encryption_of_an_earlier_version_goes_on_with_an_alarm_until_it_is_decided(
    run: Run, installed: Path
) -> None:
    """S7"""
    (installed / "db.sqlite3").unlink()
    before = "0012_token_key"  # the last one in which nobody was asked
    assert run("django", "migrate", "newsletter", before).code == 0
    with closing(sqlite3.connect(installed / "db.sqlite3")) as database, database:
        database.execute(
            """INSERT INTO newsletter_transport (name, kind, host, port, tls, role, enabled, serves_all, weight,
            version, user, secret, auth, max_connections, messages_per_connection, seconds_per_connection,
            max_bytes, failures, last_error, paused_reason, paused_by)
            VALUES ('old', 'smtp', '10.20.30.40', 25, 'none', 'primary', 1, 1, 1, 1, '', x'', 'auto', 5, 100, 300, 0, 0,
            '', '', '')"""
        )
    done = run("upgrade")
    assert done.code == 0, done.err
    (found,) = json.loads(run("transports", "list", "--json").out)
    assert (found["name"], found["state"], found["clear_accepted"]) == ("old", "untried", "")
    assert run("worker", "--once").code == 0
    told = "SELECT text FROM newsletter_alarm WHERE settled_at IS NULL"
    with closing(sqlite3.connect(installed / "db.sqlite3")) as database:
        ((text,),) = database.execute(told)
        assert "10.20.30.40" in text
        assert run("transports", "edit", "old", "--accept-clear", "10.20.30.40").code == 0
        assert database.execute(told).fetchall() == []


def test_the_doctor_finds_no_failure_in_a_fresh_installation_and_two_things_to_do(run: Run, installed: Path) -> None:
    done = run("doctor", "--json")
    assert done.code == 0, done.out + done.err
    report = json.loads(done.out)
    health = {found["name"]: found["health"] for found in report["findings"]}
    assert report["ok"] is True
    assert {name for name, state in health.items() if state == "to do"} == {"Mail server", "Public address"}
    assert set(health.values()) == {"ok", "to do"}
    for found in report["findings"]:
        if found["health"] == "to do":
            assert "NEWSLETTER_" in found["text"], "says what to do"


def test_the_doctor_without_an_installation_names_init_and_exits_1(run: Run) -> None:
    done = run("doctor")
    assert done.code == 1
    (database,) = [line for line in done.out.splitlines() if "Database" in line]
    assert "not there yet. Run `newsletter init" in database
    assert "NEWSLETTER_DATABASE_URL" not in database


def test_the_doctor_is_content_with_a_mail_server_that_answers(run: Run, installed: Path, tmp_path: Path) -> None:
    with Server(Mailbox(tmp_path / "mails")) as server:
        done = run("doctor", "--json", NEWSLETTER_SMTP_URL=server.url)
    found = {f["name"]: f for f in json.loads(done.out)["findings"]}["Mail server"]
    assert found["health"] == "ok", found
    assert Mailbox(tmp_path / "mails").count() == 0


def test_the_doctor_says_when_keys_can_be_read_by_others(run: Run, installed: Path) -> None:
    (installed / "keys" / "tokens.key").chmod(0o644)
    done = run("doctor")
    assert done.code == 1
    assert "chmod 600" in done.out


def _opened_to_others(folder: Path) -> list[str]:
    return [str(path) for path in (folder, *folder.rglob("*")) if _mode(path) & 0o077]


def test_whatever_is_made_is_for_this_user_alone_however_lax_the_umask(
    run: Run, data_dir: Path, tmp_path: Path
) -> None:
    (tmp_path / "people.csv").write_text("email\nada@example.org\nnobody\n")
    shutil.copy(PICTURE, tmp_path / "picture.png")
    (tmp_path / "story.md").write_text("# A story\n\n![A newsroom](picture.png)\n\nWith some words.\n")
    before = os.umask(0)
    try:
        for command in (
            ADMIN,
            ("lists", "create", "letter"),
            ("lists", "import", "letter", str(tmp_path / "people.csv"), "--basis", "signed up at the fair"),
            ("articles", "add", str(tmp_path / "story.md")),
            ("upgrade",),
        ):
            done = run(*command)
            assert done.code == 0, done.err
    finally:
        os.umask(before)
    assert len(list(data_dir.rglob("*"))) >= 10
    assert any(path.is_file() for path in (data_dir / "media").rglob("*"))
    assert _opened_to_others(data_dir) == []
    assert _mode(tmp_path / "people.csv.rejected.csv") == 0o600


def test_a_folder_that_lets_others_in_is_closed_before_anything_is_written_to_it(run: Run, data_dir: Path) -> None:
    (data_dir / "imports").mkdir(parents=True)
    for folder in (data_dir, data_dir / "imports"):
        folder.chmod(0o755)
    assert run(*ADMIN).code == 0
    assert _opened_to_others(data_dir) == []


def test_a_folder_that_was_opened_since_is_closed_by_whatever_runs_next(run: Run, installed: Path) -> None:
    for folder in (installed, installed / "keys", installed / "media", installed / "journal"):
        folder.chmod(0o775)
    assert run("lists", "show").code == 0
    assert _opened_to_others(installed) == []


def test_a_folder_with_anything_else_in_it_is_refused_and_left_as_it_is(run: Run, data_dir: Path) -> None:
    """Such as /srv, which an administrator names without a folder for Newsletter in it."""
    (data_dir / "www").mkdir(parents=True)
    data_dir.chmod(0o755)
    done = run(*ADMIN)
    assert done.code == 1
    assert "www" in done.err
    assert "NEWSLETTER_DATA_DIR" in done.err
    assert [path.name for path in data_dir.iterdir()] == ["www"]
    assert _mode(data_dir) == 0o755


@pytest.mark.parametrize("name", ["", "media", "backups"])
def test_what_a_link_leads_to_is_never_closed(installed: Path, tmp_path: Path, name: str) -> None:
    there = tmp_path / "shared"
    link = installed / name if name else tmp_path / "link"
    if name:
        link.rmdir()
        there.mkdir()
    else:
        installed.rename(there)
    link.symlink_to(there)
    there.chmod(0o755)
    with pytest.raises(privacy.OpenToOthers, match=f"is a link to {there}"):
        privacy.close(installed if name else link)
    assert _mode(there) == 0o755
    there.chmod(0o700)
    privacy.close(installed if name else link)


def test_a_folder_that_cannot_be_closed_is_refused() -> None:
    """This one is the kernel's: not even the first user of a machine changes its mode."""
    with pytest.raises(privacy.OpenToOthers, match=r"chmod -R go= /proc/\d+"):
        privacy.close(Path(f"/proc/{os.getpid()}"))


@pytest.mark.parametrize("folder_is_open", [True, False])
def test_the_doctor_names_every_file_that_lets_others_in(run: Run, installed: Path, folder_is_open: bool) -> None:
    """In a folder that is closed nobody gets there; but copies keep the modes of what they are made of."""
    ours = ("journal/1.log", "imports/a.source", "media/picture.jpg")
    for name in ours:
        (installed / name).touch()
    with closing(sqlite3.connect(installed / "db.sqlite3")) as database:
        # While somebody reads, both files beside the database are there.
        database.execute("SELECT count(*) FROM newsletter_user").fetchone()
        open_ones = [installed / name for name in ("db.sqlite3", "db.sqlite3-wal", "db.sqlite3-shm", *ours)]
        for path in open_ones:
            path.chmod(0o640)
        installed.chmod(0o755 if folder_is_open else 0o700)
        done = run("doctor", "--json")
    found = {f["name"]: f for f in json.loads(done.out)["findings"]}["Privacy of files"]
    assert found["health"] == ("failed" if folder_is_open else "to do")
    assert done.code == (1 if folder_is_open else 0)
    assert f"chmod -R go= {installed}" in found["text"]
    assert all(str(path) in found["text"] for path in open_ones), found["text"]


def test_the_doctor_says_when_the_mail_server_cannot_be_reached(run: Run, installed: Path) -> None:
    done = run("doctor", NEWSLETTER_SMTP_URL="smtp://127.0.0.1:9?tls=none")
    assert done.code == 1
    assert "cannot be reached" in done.out


def test_postgresql_is_set_up_by_its_url_alone(run: Run, data_dir: Path) -> None:
    with postgres.server() as url:
        done = run(*ADMIN, NEWSLETTER_DATABASE_URL=url)
        assert done.code == 0, done.err
        report = json.loads(run("doctor", "--json", NEWSLETTER_DATABASE_URL=url).out)
        upgraded = run("upgrade", NEWSLETTER_DATABASE_URL=url)
    assert report["ok"] is True
    assert "PostgreSQL" in report["findings"][0]["text"]
    assert upgraded.code == 0
    assert not (data_dir / "db.sqlite3").exists()


def test_a_database_that_is_not_there_is_told_without_a_traceback(run: Run, installed: Path) -> None:
    url = "postgresql://nobody@127.0.0.1:9/nothing"
    for command, code in (("doctor", 1), ("upgrade", 1), ("run", 1)):
        done = run(command, NEWSLETTER_DATABASE_URL=url)
        assert done.code == code
        assert "Traceback" not in done.err
        assert "cannot be reached" in (done.out + done.err).lower()
