"""An import writes again and again; whoever else writes meanwhile gets their turn."""

import threading
from datetime import datetime
from pathlib import Path

import pytest
from django.db import connection

from subscribers import conf, services, tokens
from subscribers.imports import importing
from subscribers.imports.staging import staged_file
from subscribers.models import ImportRun
from tests.subscribers.factories import make_list, make_subscriber, token_of

STEPS = 8


@pytest.mark.django_db(transaction=True)
def test_whoever_leaves_during_an_import_waits_for_a_step_and_not_for_its_end(tmp_path: Path, now: datetime) -> None:
    """U2: no pause is made for them; whoever waits for the database asks often enough to find the gap between steps."""
    letter = make_list()
    readers = [make_subscriber(letter, f"reader{number}@example.org") for number in range(STEPS)]
    links = [token_of(reader, letter, tokens.Scope.LEAVE) for reader in readers]
    path = tmp_path / "people.csv"
    path.write_text("email\n" + "".join(f"person{number}@example.org\n" for number in range(STEPS * importing.AT_ONCE)))

    def bring() -> None:
        _report, found = importing.run_file(letter, path, basis="fair", now=now, actor="test")
        staged_file.discard(found)
        connection.close()

    def steps() -> int:
        return (ImportRun.objects.values_list("committed", flat=True).first() or 0) // importing.AT_ONCE

    importer = threading.Thread(target=bring)
    importer.start()
    waited = []
    while importer.is_alive():
        if 0 < (before := steps()) < STEPS - 2 and links:
            assert services.leave(links.pop(), now=now, method="page")
            waited.append(steps() - before)
    importer.join()
    assert waited
    assert max(waited) <= 3
    assert not list(conf.settings().staging_dir.glob("*.sqlite3"))
