"""The first line of a list without titles is a person, too, however badly their address is written."""

from datetime import datetime
from pathlib import Path

import pytest

from subscribers import api
from tests.subscribers.imports.test_elsewhere import bring

pytestmark = pytest.mark.django_db

SECOND = "stay2@reader.example"


@pytest.mark.parametrize(
    "content",
    [
        "stay1@reader..example,Ada\nstay2@reader.example,Bo\n",
        "Ada,stay1@localhost\nBo,stay2@reader.example\n",
        "stay1@reader..example\nstay2@reader.example\n",
        "stay1@reader.example active\nstay2@reader.example\n",
        "Ada Quill stay1@reader.example\nstay2@reader.example\n",
        "1. stay1@reader.example\nstay2@reader.example\n",
        "- stay1@reader.example\nstay2@reader.example\n",
        "* stay1@reader.example\nstay2@reader.example\n",
        "Ada Quill: stay1@reader.example\nstay2@reader.example\n",
        "stay1@reader.example - Ada Quill\nstay2@reader.example\n",
        "stay1(at)reader.example,Ada\nstay2@reader.example,Bo\n",
        "stay1 at reader.example\nstay2@reader.example\n",
        "stay1@@reader.example,Ada\nstay2@reader.example,Bo\n",
    ],
)
def test_the_first_line_is_reported_where_its_address_is_not_a_good_one(
    content: str, tmp_path: Path, now: datetime
) -> None:
    done = bring(content, tmp_path, now)
    assert done.report.rows == 2
    assert SECOND in done.joined
    others = [*done.joined - {SECOND}, *done.reported]
    assert len(others) == 1
    assert "stay1" in others[0]


@pytest.mark.parametrize("title", ["E-m@il", "@", "em@il"])
def test_an_at_sign_for_an_a_is_still_a_title(title: str, tmp_path: Path, now: datetime) -> None:
    done = bring(f"{title},Status\nstay2@reader.example,subscribed\ngone@reader.example,unsubscribed\n", tmp_path, now)
    assert done.joined == {SECOND}
    assert set(done.reported) == {"gone@reader.example"}


@pytest.mark.parametrize(
    "content",
    [
        '[{"email": "ada@reader.example", "status": "unsubscribed"}]\n',
        '{"email": "ada@reader.example"}\n{"email": "bo@reader.example"}\n',
        '[\n  {\n    "email": "ada@reader.example"\n  }\n]\n',
    ],
)
def test_json_is_refused_as_json(content: str, tmp_path: Path, now: datetime) -> None:
    with pytest.raises(api.InvalidInput, match="is a JSON file"):
        bring(content, tmp_path, now)
