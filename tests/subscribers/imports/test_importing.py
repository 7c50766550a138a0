"""Files of people: read whatever they are saved as, refused when they are something else, and never a way back in."""

import csv
import io
import random
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from subscribers import api, conf
from subscribers.imports import csv_cells, exporting, importing
from subscribers.imports.staging import checking, staged_file
from subscribers.models import ConsentEvent, ImportRun, List, Subscriber, Subscription, Suppression
from subscribers.states import SubscriptionState as S
from tests.subscribers.factories import LONG_AGO, make_list, make_subscriber, state_of

pytestmark = pytest.mark.django_db
BASIS = "signed up at the spring fair"


def bring(list_: List, path: Path, *, now: datetime, basis: str = BASIS, dry_run: bool = False) -> api.ImportReport:
    return api.import_csv(list_.pk, path, basis=basis, now=now, actor="test", dry_run=dry_run)


def write(tmp_path: Path, content: str | bytes, name: str = "people.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def stored() -> dict[str, str]:
    """Address to name of everyone who is known."""
    return dict(Subscriber.objects.values_list("address", "name"))


@pytest.mark.parametrize(
    "content",
    [
        b"email,name\r\nana@example.org,Ana\r\n",
        b"\xef\xbb\xbfE-Mail;Name\nana@example.org;Ana\n",
        "E-mail Address\tFirst name\tLast name\nana@example.org\tAna\t\n".encode("utf-16"),
        "email,name\nana@example.org,Ana\n".encode("utf-16-le"),
        b"sep=;\r\nemail;name\r\nana@example.org;Ana\r\n",
        b'name|"e_mail"\n"Ana"|"ana@example.org"\n',
        b"address,name\rana@example.org,Ana\r",
        "نام,ایمیل\nAna,ana@example.org\n".encode(),
        b"\n\nname,EMAIL\n\n , \nAna, ana@example.org \n",
    ],
)
def test_a_list_is_read_as_people_save_it(content: bytes, tmp_path: Path, now: datetime) -> None:
    report = bring(make_list(), write(tmp_path, content), now=now)

    assert stored() == {"ana@example.org": "Ana"}
    assert (report.rows, report.joined, report.new_people, report.rejected) == (1, 1, 1, 0)


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("cp1252", ["Jörg Müller", "Zoë Crème", "Åsa Öström", "Françoise Lefèvre", "José Núñez"]),
        ("cp1256", ["رضا کریمی", "سارا احمدی", "مريم حسینی", "علی رضایی", "زهرا موسوی"]),
        ("cp1251", ["Анна Петрова", "Иван Сидоров", "Ольга Кузнецова", "Пётр Орлов", "Мария Волкова"]),
    ],
)
def test_names_in_an_older_encoding_come_out_right(
    encoding: str, names: list[str], tmp_path: Path, now: datetime
) -> None:
    text = "email;name\n" + "".join(f"p{n}@example.org;{name}\n" for n, name in enumerate(names * 4))
    names = [name for name in names if name == name.encode(encoding, "replace").decode(encoding)]
    path = write(tmp_path, text.encode(encoding, "replace"))

    bring(make_list(), path, now=now)

    assert set(names) <= set(stored().values())


def test_a_file_without_a_header_is_known_by_its_addresses(tmp_path: Path, now: datetime) -> None:
    bring(make_list(), write(tmp_path, "1,ana@example.org\n2,bo@example.org\n"), now=now)

    assert set(stored()) == {"ana@example.org", "bo@example.org"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\n\n \n", "has no rows"),
        (b"name,town\nAna,Porto\n", "no column of e-mail addresses"),
        (b"PK\x03\x04" + bytes(200), "workbook"),
        (b"email\nana@example.org\n\x00\x01\x02" + bytes(50), "line 3 contains a NUL byte"),
        (b"\x89\x01\x02\x03\x04\x05\x06\x07" * 40, "not a text file"),
        (b"email\nana@example.org\n" + b"x" * 1_000_000, "line 3 has more than 65,536"),
    ],
)
def test_what_is_no_list_is_refused_whole(content: bytes, said: str, tmp_path: Path, now: datetime) -> None:
    """Bad input: the error names the file (and the line), and nothing half-written stays."""
    with pytest.raises(api.InvalidInput) as error:
        bring(make_list(), write(tmp_path, content, "odd.csv"), now=now)

    assert said in str(error.value)
    assert "odd.csv" in str(error.value)
    assert not Subscriber.objects.exists()
    assert not ImportRun.objects.exists()
    assert list(conf.settings().staging_dir.glob("*")) == []
    assert [path.name for path in tmp_path.iterdir()] == ["odd.csv"]


def test_a_missing_file_is_an_error_in_words(tmp_path: Path, now: datetime) -> None:
    with pytest.raises(api.InvalidInput, match=r"no file “gone\.csv”"):
        bring(make_list(), tmp_path / "gone.csv", now=now)


def test_a_folder_is_no_list(tmp_path: Path, now: datetime) -> None:
    with pytest.raises(api.InvalidInput, match="no file"):
        bring(make_list(), tmp_path, now=now)
    with pytest.raises(api.InvalidInput, match="cannot be read"):
        checking.check(tmp_path, list_id=1, name="folder")


def test_bad_rows_are_reported_with_line_and_reason_and_the_others_go_in(tmp_path: Path, now: datetime) -> None:
    content = 'email,name,state\nana@example.org,"Ana\nMaria",\nnot an address,X,\n,Nobody,\n=cmd@,Y,\n'
    content += "bo@example.org,Bo,unsubscribed\nANA@example.org,again,\ncy@example.org,C\x00y,\n"
    padding = "".join(f"p{n}@example.org,P,\n" for n in range(4000))  # the NUL is not at the head of the file
    head, _, tail = content.partition("cy@")
    path = write(tmp_path, head + padding + "cy@" + tail)

    report = bring(make_list(), path, now=now)

    assert (report.rows, report.joined, report.repeated, report.rejected) == (4007, 4001, 1, 5)
    assert stored()["ana@example.org"] == "Ana Maria"
    with Path(report.rejected_file).open(encoding="utf-8-sig", newline="") as file:
        rejected = list(csv.reader(file))
    assert report.rejected_file == f"{path}.rejected.csv"
    assert rejected[0] == ["line", "reason", "content"]
    assert [row[0] for row in rejected[1:]] == ["4", "5", "6", "7", "4009"]
    assert rejected[2][1] == "There is no e-mail address here. Write one like name@example.org."
    assert rejected[3][2] == "'=cmd@"
    assert "unsubscribed" in rejected[4][1]
    assert "NUL" in rejected[5][1]


@pytest.mark.parametrize("basis", ["", "  \n"])
def test_no_basis_no_import(basis: str, tmp_path: Path, now: datetime) -> None:
    """L2: imported people carry a declared basis; without one the error says what to write."""
    with pytest.raises(api.InvalidInput, match="Say how these people agreed"):
        bring(make_list(), write(tmp_path, "email\nana@example.org\n"), now=now, basis=basis)

    assert not Subscriber.objects.exists()


def test_imported_people_carry_the_file_and_the_basis(tmp_path: Path, now: datetime) -> None:
    """L2: evidence of an import is the file's hash and the declared basis."""
    letter = make_list()
    bring(letter, write(tmp_path, "email\nana@example.org\n"), now=now)

    event = ConsentEvent.objects.get()
    assert (event.kind, event.method, event.text, event.actor) == ("imported", "import", BASIS, "test")
    assert event.source == ImportRun.objects.get().digest
    assert Subscription.objects.get().basis == BASIS


def test_the_same_file_again_changes_nothing(tmp_path: Path, now: datetime) -> None:
    letter = make_list()
    path = write(tmp_path, "email,name\n" + "".join(f"p{n}@example.org,P{n}\n" for n in range(30)))
    first = bring(letter, path, now=now)
    before = list(Subscription.objects.values_list())
    again = bring(letter, path, now=now + timedelta(days=1), basis="another")

    assert (first.joined, again.joined, again.already) == (30, 0, 30)
    assert list(Subscription.objects.values_list()) == before
    assert ConsentEvent.objects.count() == 30


def test_a_killed_import_goes_on_where_it_stopped(
    tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "AT_ONCE", 10)
    letter = make_list()
    path = write(tmp_path, "email\n" + "".join(f"p{n}@example.org\n" for n in range(35)))
    found = checking.check(path, list_id=letter.pk, name=path.name)
    run = importing.begin(letter, found, basis=BASIS, now=now, actor="test")
    for _ in range(2):
        importing.step(run, found, now=now)
    # Here the process dies; its staging file may be lost as well.
    staged_file.discard(found)

    report = bring(letter, path, now=now, basis="said again")

    assert ImportRun.objects.get().state == "done"
    assert (report.joined, report.rows) == (35, 35)
    assert Subscription.objects.count() == 35
    assert set(Subscription.objects.values_list("basis", flat=True)) == {BASIS}


def test_two_processes_do_not_commit_the_same_rows(tmp_path: Path, now: datetime) -> None:
    letter = make_list()
    path = write(tmp_path, "email\nana@example.org\n")
    found = checking.check(path, list_id=letter.pk, name=path.name)
    run = importing.begin(letter, found, basis=BASIS, now=now, actor="a")
    same = importing.begin(letter, found, basis=BASIS, now=now, actor="b")
    importing.step(run, found, now=now)

    assert run.pk == same.pk
    with pytest.raises(api.InvalidInput, match="Another process"):
        importing.step(same, found, now=now)
    assert ConsentEvent.objects.count() == 1


def test_no_transaction_holds_more_than_a_thousand_rows(tmp_path: Path, now: datetime) -> None:
    """A release and a one-click must find the write lock free within 200 ms: few rows, few statements each."""
    letter = make_list()
    path = write(tmp_path, "email\n" + "".join(f"p{n}@example.org\n" for n in range(2500)))
    found = checking.check(path, list_id=letter.pk, name=path.name)
    run = importing.begin(letter, found, basis=BASIS, now=now, actor="test")
    steps = []
    while True:
        before = Subscription.objects.count()
        with CaptureQueriesContext(connection) as queries:
            more = importing.step(run, found, now=now)
        if not more:
            break
        steps.append(Subscription.objects.count() - before)
        assert len(queries) <= 14

    assert steps == [1000, 1000, 500]


def test_the_dry_run_says_what_would_happen_and_does_nothing(tmp_path: Path, now: datetime) -> None:
    """Threat 24: a dry run with a diff."""
    letter, other = make_list(), make_list()
    make_subscriber(letter, "on@example.org")
    make_subscriber(letter, "asked@example.org", state=S.PENDING)
    make_subscriber(letter, "left@example.org", state=S.UNSUBSCRIBED)
    make_subscriber(letter, "barred@example.org", suppressed=True)
    make_subscriber(other, "elsewhere@example.org")
    names = ["on", "asked", "left", "barred", "elsewhere", "new", "new"]
    path = write(tmp_path, "email\n" + "".join(f"{name}@example.org\n" for name in names) + "rubbish\n")
    before = _everything()

    said = bring(letter, path, now=now, basis="", dry_run=True)
    assert _everything() == before
    done = bring(letter, path, now=now)

    assert (said.joined, said.new_people, said.already, said.pending) == (2, 1, 1, 1)
    assert (said.unsubscribed, said.suppressed, said.repeated, said.rejected) == (1, 1, 1, 1)
    same = [f for f in said.__dataclass_fields__ if f not in {"run", "dry_run"}]
    assert [getattr(said, field) for field in same] == [getattr(done, field) for field in same]
    parts = ("joined", "already", "pending", "unsubscribed", "suppressed", "repeated", "rejected")
    assert done.rows == sum(getattr(done, part) for part in parts)


def _everything() -> list[object]:
    return [list(model.objects.values_list()) for model in (Subscriber, Subscription, ConsentEvent, ImportRun)]


def test_nothing_is_stored_of_an_erased_person_whom_a_file_brings_back(tmp_path: Path, now: datetime) -> None:
    """Threat 24, L6."""
    letter = make_list()
    person = make_subscriber(letter, "ana@example.org")
    api.erase(person.pk, now=now, actor="test")

    report = bring(letter, write(tmp_path, "email\nAna@Example.org\n"), now=now)

    assert report.suppressed == 1
    assert not Subscriber.objects.exists()


def test_a_name_that_we_know_is_not_overwritten(tmp_path: Path, now: datetime) -> None:
    known, nameless = make_list(), make_list()
    make_subscriber(known, "ana@example.org", name="Ana")
    make_subscriber(known, "bo@example.org")
    path = write(tmp_path, "email,name\nana@example.org,WRONG\nbo@example.org,Bo\n")

    bring(nameless, path, now=now)

    assert stored() == {"ana@example.org": "Ana", "bo@example.org": "Bo"}


class NeverUp(TestCase):
    """Threat 24, as a property."""

    @settings(max_examples=25)
    @given(data=st.data())
    def test_an_import_never_raises_a_state(self, data: st.DataObject) -> None:
        letter = make_list()
        people = {}
        for number in range(data.draw(st.integers(1, 6))):
            state, barred = data.draw(st.sampled_from(list(S))), data.draw(st.booleans())
            person = make_subscriber(letter, f"p{number}@example.org", state=state, suppressed=barred)
            people[number] = (person, state, barred)
        drawn = data.draw(st.lists(st.integers(0, 9), max_size=12))
        cells = [data.draw(st.sampled_from(["p{}@example.org", "P{}@EXAMPLE.ORG"])).format(n) for n in drawn]
        folder = conf.settings().staging_dir
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"given-{random.random()}.csv"
        path.write_text("email\nfirst@example.org\n" + "\n".join(cells))

        bring(letter, path, now=LONG_AGO)

        for person, state, barred in people.values():
            assert state_of(person, letter) == state
            assert Suppression.objects.filter(address_index=person.address_index).exists() == barred
        path.unlink()


_TROUBLE = st.sampled_from(
    [
        "\u200b=1",
        "\ufeff=1",
        "\u200b",
        "\ufeff",
        "\u2060@x",
        "=1+1",
        "+1",
        "-1",
        "@x",
        "'=1",
        "''@",
        "\t=",
        "＝1",
        "＠x",
        "'",
        '"',
        ",",
        "x",
    ]
)


@given(value=st.one_of(st.text(max_size=12), st.builds("".join, st.lists(_TROUBLE, max_size=4))))
def test_what_is_guarded_runs_nowhere_and_comes_back_whole(value: str) -> None:
    """Threat 19: no cell begins a formula, and reading it gives the very value again."""
    text = csv_cells.line([value])
    (cell,) = next(csv.reader(io.StringIO(text, newline="")))

    assert text.startswith('"')
    assert cell.lstrip("\u200b\u2060\ufeff")[:1] not in set("=+-@\t\r＝＋－＠"), "also behind what is not seen"
    assert csv_cells.plain(cell) == value


def test_an_export_comes_back_as_it_was(tmp_path: Path, now: datetime) -> None:
    """Threat 19: the round trip, with names that a spreadsheet would run; who left is not among those who return."""
    letter, copy = make_list(), make_list()
    make_subscriber(letter, "ana@example.org", name="=HYPERLINK(1)")
    make_subscriber(letter, "+bo@example.org", name='\'=x, "quoted"')
    make_subscriber(letter, "left@example.org", state=S.UNSUBSCRIBED)
    make_subscriber(letter, "barred@example.org", suppressed=True)
    target = tmp_path / "out.csv"
    before = stored()

    assert exporting.export_file(letter, target) == 4
    with target.open(encoding="utf-8-sig", newline="") as file:
        assert all(cell[:1] not in set("=+-@") for record in csv.reader(file) for cell in record)
    report = bring(copy, target, now=now)

    assert stored() == before
    assert (report.joined, report.new_people, report.rejected) == (2, 0, 2)


def test_an_export_is_streamed_in_pages() -> None:
    letter = make_list()
    for _ in range(3):
        make_subscriber(letter)
    with CaptureQueriesContext(connection) as queries:
        assert len(list(exporting.lines(letter))) == 4
    assert len(queries) == 2
