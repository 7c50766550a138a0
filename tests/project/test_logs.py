"""What stands in the log when a page of a secret address fails."""

import logging

import pytest

from newsletter.project.logs import HideSecrets


@pytest.mark.parametrize(
    "path", ["/accounts/open/s3cret/", "/u/s3cret/", "/c/s3cret/", "/accounts/password/reset/key/s3cret/"]
)
def test_a_secret_of_a_path_is_not_logged(path: str) -> None:
    record = logging.LogRecord(
        "django.security.csrf", logging.WARNING, "", 0, "Forbidden (%s): %s", ("why", path), None
    )
    assert HideSecrets().filter(record)
    assert "s3cret" not in record.getMessage()
    assert path.removesuffix("s3cret/") in record.getMessage()


def test_other_lines_stay_as_they_are() -> None:
    record = logging.LogRecord("newsletter", logging.INFO, "", 0, "chunk %d of issue %d", (3, 4), None)
    assert HideSecrets().filter(record)
    assert record.getMessage() == "chunk 3 of issue 4"
