"""Who has no date of consent, where others have one, may never have agreed: unless another column says, it is asked."""

from datetime import datetime
from pathlib import Path

import pytest

from subscribers import api
from tests.subscribers.imports.test_elsewhere import bring

pytestmark = pytest.mark.django_db

STAYS, ASK = "stays@reader.example", "ask@reader.example"


@pytest.mark.parametrize(
    "title",
    [
        "Einwilligung am",
        "Newsletter opt-in date",
        "Opt-in date",
        "OPTIN_TIME",
        "CONFIRM_TIME",
        "Angemeldet am",
        "Newsletter abonniert am",
        "Subscribed On",
        "Subscribed",
        "Subscription date",
        "Date subscribed",
        "permission",
        "consent_given_at",
        "Consent date",
        "confirmed_at",
        "DOI-Datum",
    ],
)
@pytest.mark.parametrize("nothing", ["", "0000-00-00 00:00:00", "1970-01-01"])
def test_an_empty_date_of_consent_is_asked_about(title: str, nothing: str, tmp_path: Path, now: datetime) -> None:
    content = f"email,{title}\n{STAYS},2023-01-01 10:00\n{ASK},{nothing}\n"
    with pytest.raises(api.Unclear, match=title):
        bring(content, tmp_path, now)
    assert bring(content, tmp_path, now, **{title: "stays"}).joined == {STAYS}


@pytest.mark.parametrize(
    "content",
    [
        f"email,Opt-in date\n{STAYS},2023-01-01\n{ASK},2023-01-02\n",
        f"email,Opt-in date\n{STAYS},\n{ASK},\n",
        f"email,created_at\n{STAYS},2023-01-01\n{ASK},\n",
        f"Email Address,OPTIN_TIME,CONFIRM_TIME\n{STAYS},2023-01-01,2023-01-01\n{ASK},,2023-01-02\n",
        f"email,status,Subscribed On\n{STAYS},subscribed,2023-01-01\n{ASK},subscribed,\n",
        f"email,state,Subscribed On\n{STAYS},active,2023-01-01\n{ASK},active,\n",
    ],
)
def test_nothing_is_asked_where_nothing_is_missing_or_another_column_says(
    content: str, tmp_path: Path, now: datetime
) -> None:
    assert bring(content, tmp_path, now).joined == {STAYS, ASK}


def test_a_request_with_a_date_is_no_confirmation(tmp_path: Path, now: datetime) -> None:
    content = f"email,Opt-in date,Confirmed at\n{STAYS},2023-01-01,2023-01-01\n{ASK},2023-01-02,\n"
    with pytest.raises(api.Unclear, match="Confirmed at"):
        bring(content, tmp_path, now)
