"""A file's own name may say that its people left or never confirmed: then it is asked about before anybody joins."""

from datetime import datetime
from pathlib import Path

import pytest

from subscribers import api
from subscribers.imports import filenames
from tests.subscribers.factories import make_list
from tests.subscribers.imports.test_elsewhere import bring_onto

GONE = [
    "nonsubscribed_email_audience_export_3f2.csv",
    "nonsubscribed_members_export_ab12.csv",
    "archived_email_audience_export_1.csv",
    "cancelled_subscribers.csv",
    "removed subscribers.csv",
    "deleted.csv",
    "inactive-subscribers.csv",
    "unconfirmed-list.csv",
    "pending.csv",
    "junk.csv",
    "spam.csv",
    "invalid.csv",
    "do-not-mail.csv",
    "DNC list.csv",
    "Sperrliste.csv",
    "Abmelder 2023.csv",
    "Abbestellungen.csv",
    "Austragungen.csv",
    "gesperrte.csv",
    "inaktive_abonnenten.csv",
    "Unbestätigte.csv",
    "unbestaetigte.csv",
    "non-confirmes.csv",
    "non confirmés.csv",
    "désabonnés.csv",
    "desabonnes.csv",
    "DoNotContact.csv",
    "unsubscribed_no.csv",
    "hard_bounces.csv",
    "bajas-2023.csv",
    "opt-out.csv",
    "لغو اشتراک.csv",
    "отписавшиеся.csv",
    "transactional_email_audience_export.csv",
    "gekündigt.csv",
    "kuendigungen.csv",
    "geloeschte.csv",
    "not_subscribed.csv",
    "eliminados.csv",
    "inactifs.csv",
    "cancellati.csv",
    "supprimés.csv",
    "Pending subscribers 2024 (1).csv",
    "cleaned_members_export.csv",
    "former_members.csv",
    "lapsed-members.csv",
    "退订.csv",
    "Deleted contacts.csv",
    "niet bevestigd.csv",
    "no consent.csv",
    "expired.csv",
    "blacklist.csv",
]
READERS = [
    "readers.csv",
    "subscribed_members_export_ab12.csv",
    "subscribed_email_audience_export.csv",
    "list without bounces.csv",
    "subscribers_no_bounces.csv",
    "confirmed.csv",
    "active_subscribers.csv",
    "newsletter.csv",
    "members.csv",
    "all_contacts.csv",
    "Left Bank Readers.csv",
    "clean_list.csv",
    "waiting list.csv",
    "email_list.substack.csv",
    "Abonnenten.csv",
    "opt-in.csv",
    "double-opt-in.csv",
    "aktive.csv",
    "ohne Abmeldungen.csv",
    "duplicates removed.csv",
    "people.csv",
    "in.csv",
    "Baja California.csv",
    "Rundbrief 2024.csv",
    "Kunden.csv",
    "contacts_export_2024-01-01.csv",
    "non-bounced.csv",
    "Stopover.csv",
    "Parti socialiste.csv",
]


@pytest.mark.parametrize("name", GONE)
def test_a_name_that_speaks_of_people_who_are_not_mailed_is_noticed(name: str) -> None:
    assert filenames.smells_of_leaving(name)


@pytest.mark.parametrize("name", READERS)
def test_a_name_that_only_looks_like_it_is_not(name: str) -> None:
    assert not filenames.smells_of_leaving(name)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["nonsubscribed_members_export_ab12.csv", "Sperrliste.csv", "pending.csv"])
def test_nobody_of_such_a_file_joins_before_somebody_answers(name: str, tmp_path: Path, now: datetime) -> None:
    content = "Email Address,First Name\nada@reader.example,Ada\nbo@reader.example,Bo\n"
    with pytest.raises(api.Unclear, match=name):
        bring_onto(make_list(), content, tmp_path, now, name=name, answers={})
    known = bring_onto(make_list(), content, tmp_path, now, name=name, answers={"file name": "ignore"})
    assert known.joined == {"ada@reader.example", "bo@reader.example"}
