"""Three ways: what a page showed, what was typed there, what is stored now."""

import pytest

from newsletter.web import three_way_merge

SHOWN = {"subject": "As it was", "introduction": "Two\nlines", "picture": True}


@pytest.mark.parametrize(
    ("typed", "stored", "wanted", "theirs"),
    [
        ({}, {}, {}, {}),
        ({"subject": "Mine"}, {}, {"subject": "Mine"}, {}),
        ({}, {"subject": "Theirs"}, {}, {}),
        ({"subject": "Mine"}, {"introduction": "Theirs"}, {"subject": "Mine"}, {}),
        ({"subject": "Mine"}, {"subject": "Theirs"}, {"subject": "Mine"}, {"subject": "Theirs"}),
        ({"subject": "Same"}, {"subject": "Same"}, {}, {}),
        ({"introduction": "Two\r\nlines "}, {}, {}, {}),
        ({"picture": ""}, {}, {"picture": ""}, {}),
        ({"subject": ""}, {"subject": "Theirs"}, {"subject": ""}, {"subject": "Theirs"}),
    ],
    ids=["nothing", "mine", "theirs", "apart", "both", "alike", "line ends", "a box unticked", "emptied"],
)
def test_each_field_is_whoevers_changed_it(
    typed: dict[str, str], stored: dict[str, object], wanted: dict[str, str], theirs: dict[str, str]
) -> None:
    posted = {name: three_way_merge.plain(value) for name, value in SHOWN.items()} | typed
    found = three_way_merge.merge(typed=posted, stored={**SHOWN, **stored}, noted=three_way_merge.note(SHOWN))
    assert {name: value for name, value in found.wanted.items() if value is not None} == wanted
    assert found.theirs == theirs


@pytest.mark.parametrize("noted", ["", "{", "[]", "null", '{"subject": 5}', "x" * 10_000])
def test_a_note_that_is_none_takes_what_differs_for_typed(noted: str) -> None:
    posted = {name: three_way_merge.plain(value) for name, value in SHOWN.items()} | {"introduction": "Mine"}
    found = three_way_merge.merge(typed=posted, stored=SHOWN, noted=noted)
    assert found.wanted["introduction"] == "Mine"
