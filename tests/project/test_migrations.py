"""The schema is the sum of the migrations, on the database under test."""

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    written = MigrationLoader(connection).project_state()
    assert (
        MigrationAutodetector(written, ProjectState.from_apps(apps)).changes(graph=MigrationLoader(connection).graph)
        == {}
    )
