"""Files of other programs: who left there is never woken here, by whatever column or word their leaving is told."""

import csv
import io
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import translation
from typer.testing import CliRunner

from newsletter.management.cli import lists as group
from subscribers import api, conf, services
from subscribers.errors import InvalidInput
from subscribers.imports import reasons
from subscribers.imports.staging import checking
from subscribers.models import ImportRun, LeftElsewhere, List, Subscriber, Subscription
from subscribers.states import SubscriptionState as S
from tests.subscribers.factories import leave_token, make_list, make_subscriber, state_of

pytestmark = pytest.mark.django_db


@dataclass
class Outcome:
    """What an import did, as its admin sees it."""

    joined: set[str]
    reported: dict[str, str]
    """Address, or what stood in its place, to the reason."""
    report: api.ImportReport


def bring(content: str | bytes, tmp_path: Path, now: datetime, *, name: str = "people.csv", **answers: str) -> Outcome:
    """Import a file onto an empty list."""
    return bring_onto(make_list(), content, tmp_path, now, name=name, answers=answers)


def bring_onto(
    list_: List, content: str | bytes, tmp_path: Path, now: datetime, *, name: str = "p.csv", answers: dict[str, str]
) -> Outcome:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    report = api.import_csv(list_.pk, path, basis="spring fair", now=now, actor="test", answers=answers)
    on_list = Subscription.objects.filter(list=list_, state=S.CONFIRMED)
    reported: dict[str, str] = {}
    if report.rejected_file:
        text = Path(report.rejected_file).read_text(encoding="utf-8-sig")
        reported = {content: reason for _, reason, content in list(csv.reader(io.StringIO(text)))[1:]}
    placed = report.joined + report.already + report.pending + report.unsubscribed + report.suppressed
    assert report.rows == placed + report.repeated + report.rejected
    return Outcome(set(on_list.values_list("subscriber__address", flat=True)), reported, report)


STAYS, GONE = "stays@reader.example", "gone@reader.example"

EXPORTS = {
    "brevo": "CONTACT ID;EMAIL;FIRSTNAME;EMAIL_BLACKLIST;OPT_IN\n1;stays@reader.example;A;no;Yes\n"
    "2;gone@reader.example;B;yes;No\n",
    "brevo, later": "EMAIL,LASTNAME,SMS_BLACKLISTED,EMAIL_BLACKLISTED,DOUBLE_OPT-IN\n"
    "stays@reader.example,A,true,false,Yes\ngone@reader.example,B,false,true,Yes\n",
    "ghost": "id,email,name,subscribed_to_emails,complimentary_plan,created_at,deleted_at,labels,tiers\n"
    "1,stays@reader.example,A,true,false,2023-01-01T00:00:00.000Z,,,\n"
    "2,gone@reader.example,B,false,false,2023-01-01T00:00:00.000Z,,,\n"
    "3,gone2@reader.example,C,true,false,2023-01-01T00:00:00.000Z,2024-01-01T00:00:00.000Z,,\n",
    "mailchimp, unsubscribed": '"Email Address","First Name","Last Name",OPTIN_TIME,UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,'
    "UNSUB_REASON,LEID,EUID\n"
    'gone@reader.example,Ann,A,"2023-01-05 10:11:12","2024-02-01 09:00:00","Weekly 14",NORMAL,1,a\n',
    "mailchimp, cleaned": "Email Address,MEMBER_RATING,CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID\n"
    "gone@reader.example,2,2024-02-01 09:00:00,Weekly 3,abc\n",
    "mailchimp, subscribed": "Email Address,First Name,MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,LEID,TAGS\n"
    'stays@reader.example,Ann,2,2023-01-05 10:11:12,,1,"""Fair"""\n',
    "substack": "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at\n"
    "stays@reader.example,false,,other,false,2023-01-01T00:00:00.000Z,\n"
    "gone@reader.example,false,,other,true,2023-01-01T00:00:00.000Z,\n",
    "buttondown": "email,notes,type,creation_date,unsubscription_date\n"
    "stays@reader.example,,regular,2023-01-01,\ngone@reader.example,,unsubscribed,2023-01-01,2024-01-01\n"
    "gone2@reader.example,,unactivated,2023-01-01,\ngone3@reader.example,,undeliverable,2023-01-01,\n",
    "mailerlite": "Subscriber,Status,Subscribed,Unsubscribed,Location\n"
    "stays@reader.example,Active,2023-01-01 10:00:00,,DE\n"
    "gone@reader.example,Unsubscribed,2023-01-01 10:00:00,2024-01-01 10:00:00,DE\n"
    "gone2@reader.example,Unconfirmed,,,DE\n",
    "hubspot": "Record ID,Email,Lead Status,Unsubscribed from all email,Marketing contact status,"
    "Email hard bounce reason\n"
    "1,stays@reader.example,Open,,Marketing contact,\n2,gone@reader.example,Open,true,Marketing contact,\n"
    "3,gone2@reader.example,New,false,Marketing contact,Unknown user\n"
    "4,gone3@reader.example,New,,Non-marketing contact,\n",
    "hubspot, opt-outs": "Email,Portal Bounce,Portal Unsubscribe,Portal Spam Report,Global Bounce\n"
    "stays@reader.example,FALSE,FALSE,FALSE,FALSE\ngone@reader.example,FALSE,TRUE,FALSE,FALSE\n"
    "gone2@reader.example,FALSE,FALSE,FALSE,TRUE\n",
    "mailman 3": "address,display_name,delivery_status,delivery_mode,moderation_action\n"
    "stays@reader.example,A,enabled,regular,hold\ngone@reader.example,B,by_user,regular,\n"
    "gone2@reader.example,C,by_bounces,regular,\n",
    "mailman 2": "email;name;nomail;digest\nstays@reader.example;A;;off\ngone@reader.example;B;[U];off\n",
    "kit": "email,first_name,state,created_at\nstays@reader.example,A,active,2023-01-01\n"
    "gone@reader.example,B,cancelled,2023-01-01\ngone2@reader.example,C,complained,2023-01-01\n"
    "gone3@reader.example,C,inactive,2023-01-01\n",
    "constant contact": "Email address,First name,Email status,Email permission status,State/Province\n"
    "stays@reader.example,A,Active,Express,CA\ngone@reader.example,B,Unsubscribed,Express,NY\n"
    "gone2@reader.example,C,Awaiting Confirmation,No Permissions Set,NY\n",
    "activecampaign": "Email,First Name,Status,Unsubscribed Date,Country/Region\n"
    "stays@reader.example,A,Active,,US\ngone@reader.example,B,Unsubscribed,2024-01-01,US\n"
    "gone2@reader.example,B,Bounced,,US\n",
    "klaviyo": "Email,Email Marketing Consent,SMS Marketing Consent\nstays@reader.example,SUBSCRIBED,UNSUBSCRIBED\n"
    "gone@reader.example,UNSUBSCRIBED,SUBSCRIBED\ngone2@reader.example,NEVER_SUBSCRIBED,\n",
    "beehiiv": "email,status,subscription_tier,created_at\nstays@reader.example,active,free,2023\n"
    "gone@reader.example,inactive,free,2023\ngone2@reader.example,needs_attention,premium,2023\n",
    "listmonk": "uuid,email,name,attributes,status\n1,stays@reader.example,A,{},enabled\n"
    "2,gone@reader.example,B,{},blocklisted\n",
    "phplist": "email,confirmed,blacklisted,htmlemail\nstays@reader.example,1,0,1\ngone@reader.example,1,1,1\n"
    "gone2@reader.example,0,0,1\n",
    "sendy": "Name,Email,Status\nA,stays@reader.example,Subscribed\nB,gone@reader.example,Marked as spam\n",
    "cleverreach": "email;activated;deactivated;bounced\nstays@reader.example;1672531200;0;0\n"
    "gone@reader.example;1672531200;1704067200;0\ngone2@reader.example;0;0;0\n",
    "shopify": "Email,First Name,Accepts Email Marketing,Accepts SMS Marketing\nstays@reader.example,A,yes,no\n"
    "gone@reader.example,B,no,yes\n",
    "civicrm": "Email,Do Not Email,Do Not Phone,No Bulk Emails (User Opt Out),On Hold\n"
    "stays@reader.example,No,Yes,No,No\ngone@reader.example,No,No,Yes,No\ngone2@reader.example,Yes,No,No,No\n",
    "salesforce": "Email,HasOptedOutOfEmail,LeadStatus\nstays@reader.example,false,Working\n"
    "gone@reader.example,true,Working\n",
    "german": "E-Mail-Adresse;Vorname;Name;aktiv;Abgemeldet am\nstays@reader.example;Ada;Quill;ja;\n"
    "gone@reader.example;Ben;Oar;nein;\ngone2@reader.example;Cy;Pier;ja;01.02.2024\n",
    "german words": "E-Mail;Status\nstays@reader.example;Aktiv\ngone@reader.example;Abgemeldet\n"
    "gone2@reader.example;unbestätigt\n",
    "french": "Adresse e-mail;Prénom;Nom;Statut\nstays@reader.example;A;B;Inscrit\ngone@reader.example;C;D;Désabonné\n",
    "spanish": "Correo electrónico;Estado\nstays@reader.example;Suscrito\ngone@reader.example;Dado de baja\n",
    "italian": "Indirizzo email;Stato\nstays@reader.example;Iscritto\ngone@reader.example;Disiscritto\n",
    "dutch": "E-mailadres;Status\nstays@reader.example;Ingeschreven\ngone@reader.example;Uitgeschreven\n",
    "polish": "Adres e-mail;Status\nstays@reader.example;Aktywny\ngone@reader.example;Wypisany\n",
    "portuguese": "Endereço de e-mail;Status\nstays@reader.example;Ativo\ngone@reader.example;Descadastrado\n",
    "persian": "نشانی ایمیل,نام,وضعیت\nstays@reader.example,آنا,فعال\ngone@reader.example,بهار,لغو اشتراک\n"
    "gone2@reader.example,بهار,غیرفعال\n",
    "own words": "email,marketing_opt_in,email_verified,country\nstays@reader.example,Y,true,US\n"
    "gone@reader.example,N,true,US\n",
    "own flags": "email;newsletter;is_active;optedOut\nstays@reader.example;ja;1;0\ngone@reader.example;ja;0;0\n"
    "gone2@reader.example;nein;1;0\ngone3@reader.example;ja;1;1\n",
    "suspended": "email,delivery\nstays@reader.example,normal\ngone@reader.example,suspended\n",
    "two states": "email,lead status,email marketing status\nstays@reader.example,active,Subscribed\n"
    "gone@reader.example,active,Unsubscribed\n",
    "orders beside": "email,order status,status\nstays@reader.example,cancelled,subscribed\n"
    "gone@reader.example,shipped,unsubscribed\n",
}


@pytest.mark.parametrize("export", EXPORTS)
def test_who_left_another_program_is_reported_and_never_on_the_list(export: str, tmp_path: Path, now: datetime) -> None:
    """Threat 24: exporters tell leaving in many columns and words."""
    done = bring(EXPORTS[export], tmp_path, now)

    assert done.joined == ({STAYS} if STAYS in EXPORTS[export] else set())
    gone = {word for word in EXPORTS[export].replace(";", ",").replace("\n", ",").split(",") if word.startswith("gone")}
    assert gone == set(done.reported)
    assert not Subscriber.objects.filter(address__startswith="gone").exists()


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("email,marketing suppression code\nana@example.org,7\nbo@example.org,\n", "marketing suppression code"),
        ("email,unsub_pref\nana@example.org,weekly\n", "unsub_pref"),
        ("email,soft-bounce-level\nana@example.org,high\n", "soft-bounce-level"),
        ("email,status\nana@example.org,subscribed\nbo@example.org,zzz\n", "zzz"),
        ("email,state\nana@example.org,active\nbo@example.org,bounced\ncy@example.org,limbo\n", "limbo"),
        ("email,Mitgliedschaft\nana@example.org,abgemeldet\n", "Mitgliedschaft"),
        ("email,lead status\nana@example.org,new\nbo@example.org,inactive\n", "lead status"),
        ("email,bounces\nana@example.org,0\nbo@example.org,4\n", "bounces"),
        ("email,never_unsubscribed\nana@example.org,yes\n", "never_unsubscribed"),
        ("email,confirmed_at\nana@example.org,2024-01-01 10:00\nbo@example.org,\n", "confirmed_at"),
        ("email,weekly letter wanted, subscribed?\nana@example.org,1,yes\nbo@example.org,0,maybe\n", "subscribed?"),
        ("email,agreed to the rules\nana@example.org,yes\nbo@example.org,no\n", "agreed to the rules"),
        ("email,delivery\nana@example.org,normal\nbo@example.org,vacation\n", "delivery"),
        ('email,tags\nana@example.org,fair\nbo@example.org,"fair, unsubscribed"\n', "tags"),
        ("email,opt-in\nana@example.org,x\nbo@example.org,\n", "opt-in"),
        ("ana@example.org,1,unsubscribed\nbo@example.org,2,\n", "#3"),
    ],
)
def test_a_column_that_may_tell_who_left_stops_the_import_with_a_question(
    content: str, named: str, tmp_path: Path, now: datetime
) -> None:
    with pytest.raises(api.Unclear) as error:
        bring(content, tmp_path, now)

    assert named in str(error.value)
    assert "ana@" not in str(error.value)
    assert not Subscriber.objects.exists()
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize(
    ("answer", "joined"),
    [
        ("ignore", {"ana", "bo", "cy"}),
        ("left", {"bo"}),
        ("stays", {"ana", "cy"}),
        ("left:never again", {"bo", "cy"}),
    ],
)
def test_an_admin_answers_what_a_column_means(answer: str, joined: set[str], tmp_path: Path, now: datetime) -> None:
    content = "email,Unsub pref\nana@example.org,Never again\nbo@example.org,\ncy@example.org,weekly\n"
    done = bring_onto(make_list(), content, tmp_path, now, answers={"Unsub pref": answer})

    assert done.joined == {f"{name}@example.org" for name in joined}


def test_an_answer_for_a_column_that_is_not_there_is_refused(tmp_path: Path, now: datetime) -> None:
    with pytest.raises(api.InvalidInput, match="no column “Standing”"):
        bring_onto(make_list(), "email\nana@example.org\n", tmp_path, now, answers={"Standing": "left"})


@pytest.mark.parametrize(
    "content",
    [
        "email,name,state\none@reader.example,Ada,CA\ntwo@reader.example,Ben,NY\n",
        "email,Country/Region,State/Province\none@reader.example,US,CA\ntwo@reader.example,DE,\n",
        "email;Aktiv\none@reader.example;1\ntwo@reader.example;1\n",
        "email,civil status\none@reader.example,single\ntwo@reader.example,married\n",
        "email,unsubscribe link\none@reader.example,https://x.example/u/1\ntwo@reader.example,https://x.example/u/2\n",
        "email,bounces,unsubscribed_at\none@reader.example,0,\ntwo@reader.example,0,0000-00-00 00:00:00\n",
        "email,SMS opt-out\none@reader.example,yes\ntwo@reader.example,no\n",
        "Email,Subscribed\none@reader.example,2024-01-01 10:00\ntwo@reader.example,2024-01-01 10:00\n",
        "email,company\none@reader.example,Clean Energy\ntwo@reader.example,Unsubscribed Ltd\n",
    ],
)
def test_what_only_looks_like_leaving_is_no_refusal(content: str, tmp_path: Path, now: datetime) -> None:
    assert bring(content, tmp_path, now).joined == {"one@reader.example", "two@reader.example"}


def test_a_file_that_is_named_after_leaving_is_asked_about(tmp_path: Path, now: datetime) -> None:
    """Some programs write one file for each standing, and only its name says which."""
    content = "email\nana@example.org\n"
    with pytest.raises(api.Unclear, match="file name"):
        bring(content, tmp_path, now, name="unsubscribed_members.csv")
    gone = bring_onto(make_list(), content, tmp_path, now, name="bounced.csv", answers={"file name": "left"})
    kept = bring_onto(make_list(), content, tmp_path, now, name="bounced.csv", answers={"file name": "ignore"})

    assert gone.joined == set()
    assert gone.report.left == 1
    assert kept.joined == {"ana@example.org"}


def test_no_later_file_wakes_who_left_elsewhere(tmp_path: Path, now: datetime) -> None:
    """Threat 24: an old backup without any column of standings must not undo what a better file said."""
    letter = make_list()
    bring_onto(
        letter, "email,status\nana@example.org,unsubscribed\nbo@example.org,pending\n", tmp_path, now, answers={}
    )
    again = bring_onto(letter, "email\nAna@example.org\nbo@example.org\n", tmp_path, now, answers={})
    other = bring("email\nana@example.org\n", tmp_path, now)

    assert again.joined == {"bo@example.org"}
    assert again.report.unsubscribed == 1
    assert other.joined == {"ana@example.org"}
    assert not Subscriber.objects.filter(address="ana@example.org", subscriptions__list=letter).exists()


def test_who_is_on_the_list_by_their_own_wish_stays_when_a_file_says_they_left_elsewhere(
    tmp_path: Path, now: datetime
) -> None:
    letter = make_list()
    ana = make_subscriber(letter, "ana@example.org")
    done = bring_onto(letter, "email,unsubscribed\nana@example.org,yes\n", tmp_path, now, answers={})
    again = bring_onto(letter, "email\nana@example.org\n", tmp_path, now, answers={})

    assert state_of(ana, letter) == S.CONFIRMED
    assert (done.report.rejected, done.report.left, again.report.already) == (1, 1, 1)
    assert (done.report.still_here, done.report.taken_off) == (1, 0)


JANUARY, MARCH = "email\nana@example.org\n", "email,unsubscribed\nana@example.org,yes\n"


def test_who_was_only_imported_and_left_according_to_a_later_file_is_taken_off(tmp_path: Path, now: datetime) -> None:
    """Threat 24: the wish not to be mailed outweighs an import, and the report says what became of them."""
    letter, other = make_list(), make_list()
    bring_onto(letter, JANUARY, tmp_path, now, answers={})
    bring_onto(other, JANUARY, tmp_path, now, answers={})
    path = tmp_path / "march.csv"
    path.write_text(MARCH)
    told = api.import_csv(letter.pk, path, basis="", now=now, actor="test", dry_run=True)
    ana = Subscriber.objects.get()
    assert (told.taken_off, told.still_here, state_of(ana, letter)) == (1, 0, S.CONFIRMED)

    done = bring_onto(letter, MARCH, tmp_path, now, answers={})
    assert (done.report.taken_off, done.report.still_here, done.report.left) == (1, 0, 1)
    assert (state_of(ana, letter), state_of(ana, other)) == (S.UNSUBSCRIBED, S.CONFIRMED)
    last = [event for event in api.evidence_of(ana.pk) if event.list_name == letter.name][-1]
    assert (last.kind, last.method, last.actor, bool(last.source)) == ("unsubscribed", "import", "test", True)

    again = bring_onto(letter, MARCH, tmp_path, now, answers={})
    assert (again.report.taken_off, again.report.still_here) == (0, 0)
    assert bring_onto(letter, JANUARY, tmp_path, now, answers={}).report.unsubscribed == 1


def test_who_came_back_or_was_added_after_an_import_is_taken_off_by_no_file(tmp_path: Path, now: datetime) -> None:
    letter = make_list()
    bring_onto(letter, JANUARY, tmp_path, now, answers={})
    ana = Subscriber.objects.get()
    left = api.leave(leave_token(ana, letter), now=now, method="page")
    assert left is not None
    assert services.undo(left.undo_token, now=now)
    api.add(letter.pk, "bo@example.org", basis="asked by letter", now=now, actor="staff:1")
    done = bring_onto(letter, MARCH + "bo@example.org,yes\n", tmp_path, now, answers={})

    assert (done.report.taken_off, done.report.still_here) == (0, 2)
    assert state_of(ana, letter) == S.CONFIRMED


def test_the_page_says_who_is_taken_off_before_it_is_done(client: Client, tmp_path: Path, now: datetime) -> None:
    letter = make_list()
    bring_onto(letter, JANUARY, tmp_path, now, answers={})
    client.force_login(get_user_model().objects.create_user("admin@example.org", is_admin=True))
    page = client.post(
        f"/lists/{letter.pk}/import/", {"file": SimpleUploadedFile("march.csv", MARCH.encode())}, follow=True
    ).content.decode()

    assert "on this list only by an earlier import: taken off" in page
    assert "still on this list" not in page


# Words that may be a yes as well as a no -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "title",
    [
        *("Email Opt Out", "Unsubscribed", "Abgemeldet", "Bounced", "Cancelled", "Gekündigt"),
        *("Subscribed", "Opt in", "Einwilligung", "Newsletter", "Subscription", "Email Status", "Status", "Wants news"),
    ],
)
@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Out", "In"),
        ("×", ""),
        ("✗", ""),
        ("✘", "✓"),
        ("❌", "✅"),
        ("✖️", ""),
        ("☒", ""),
        ("x", "✓"),
        ("x", "yes"),
        ("•", ""),
        ("?", ""),
        ("?", "no"),
        ("-1", "0"),
        ("−1", ""),
        ("+1", "-1"),
        ("Nope", "Yep"),
        ("👎", "👍"),
    ],
)
def test_a_word_that_may_be_a_yes_as_well_as_a_no_is_asked_about(
    title: str, one: str, two: str, tmp_path: Path, now: datetime
) -> None:
    """Whichever of the two has left: nobody joins, and nobody is remembered as gone."""
    with pytest.raises(api.Unclear, match=title):
        bring(f"email,{title}\nann@example.org,{one}\nbob@example.org,{two}\n", tmp_path, now)
    assert not LeftElsewhere.objects.exists()


@pytest.mark.parametrize(
    ("title", "word"),
    [
        ("Opt Out", "allow"),
        ("Opt Out", "send"),
        ("Blocked", "active"),
        ("Opt Out", "inactive"),
        ("Opt Out", "disallow"),
        ("Unsubscribed", "ok"),
        ("Unsubscribed", "not unsubscribed"),
        ("Unsubscribed", "maybe"),
        ("Bounced", "soft"),
        ("Unsubscribed", "pending"),
    ],
)
def test_a_word_that_is_no_plain_answer_to_a_title_of_leaving_is_asked_about(
    title: str, word: str, tmp_path: Path, now: datetime
) -> None:
    with pytest.raises(api.Unclear, match=title):
        bring(f"email,{title}\nann@example.org,{word}\nbob@example.org,\n", tmp_path, now)


@pytest.mark.parametrize(
    ("title", "gone", "stays"),
    [
        ("Newsletter", "0", "weekly"),
        ("Newsletter", "×", "weekly"),
        ("Newsletter", "0", "ok"),
        ("Subscription", "no", "weekly"),
        ("Subscription", "no", "yes"),
        ("delivery", "off", "weekly"),
        ("Wanted", "✗", "active"),
        ("Estado", "no", "sí"),
        ("Status", "", "1"),
        ("Status", "-", "✓"),
        ("Abmeldung (Brief)", "×", ""),
        ("Newsletter", "0/1", "1"),
    ],
)
def test_what_may_be_a_no_among_other_words_is_asked_about(
    title: str, gone: str, stays: str, tmp_path: Path, now: datetime
) -> None:
    with pytest.raises(api.Unclear):
        bring(f"email,{title}\nann@example.org,{gone}\nbob@example.org,{stays}\n", tmp_path, now)


@pytest.mark.parametrize(
    ("title", "ann", "bob"), [("Unsubscribed", "-", ""), ("Newsletter", "-", "-"), ("Mail erwünscht", "–", "")]
)
def test_dashes_alone_below_a_title_that_tells_are_asked_about(
    title: str, ann: str, bob: str, tmp_path: Path, now: datetime
) -> None:
    with pytest.raises(api.Unclear, match=f"“{title}” \\(“{ann}”\\)"):
        bring(f"email,{title}\nann@example.org,{ann}\nbob@example.org,{bob}\n", tmp_path, now)


def test_the_question_names_the_words_that_are_not_understood(tmp_path: Path, now: datetime) -> None:
    words = ["yes", "no", "true", "false", "y", "n", "out"]
    people = "".join(f"p{n}@example.org,{word}\n" for n, word in enumerate(words))
    with pytest.raises(api.Unclear, match="“Opt Out” \\(“out”, “yes”, “no”, “true”, …\\)"):
        bring(f"email,Opt Out\n{people}", tmp_path, now)


@pytest.mark.parametrize(
    ("title", "gone", "stays"),
    [
        ("Abgemeldet", "x", ""),
        ("Abgemeldet", "✓", "–"),
        ("Abgemeldet", "☑", "☐"),
        ("退会", "○", ""),
        ("Unsubscribed", "2024-01-02", "-"),
        ("Unsubscribed", "unsubscribed", "subscribed"),
        ("Unsub reason", "NORMAL", ""),
        ("Unsub reason", "too many letters", ""),
        ("Subscribed", "no", "✔️"),
    ],
)
def test_plain_words_of_yes_and_no_cost_no_question(
    title: str, gone: str, stays: str, tmp_path: Path, now: datetime
) -> None:
    done = bring(f"email,{title}\nann@example.org,{gone}\nbob@example.org,{stays}\n", tmp_path, now)

    assert done.joined == {"bob@example.org"}
    assert (done.report.left, set(done.reported)) == (1, {"ann@example.org"})


def test_an_answer_is_taken_at_its_word_and_guesses_nothing(tmp_path: Path, now: datetime) -> None:
    both = "email,Opt Out\nann@example.org,Out\nbob@example.org,In\ncy@example.org,-\n"
    unclear = bring_onto(make_list(), both, tmp_path, now, answers={"Opt Out": "left"})
    named = bring_onto(make_list(), both, tmp_path, now, answers={"Opt Out": "left:out"})
    alone = "email,Opt Out\nann@example.org,×\nbob@example.org,\n"
    marked = bring_onto(make_list(), alone, tmp_path, now, answers={"Opt Out": "left"})
    dashes = bring_onto(
        make_list(),
        "email,Opt Out\nann@example.org,-\nbob@example.org,\n",
        tmp_path,
        now,
        answers={"Opt Out": "left:-"},
    )

    assert (unclear.joined, unclear.report.left) == ({"cy@example.org"}, 0)
    assert set(unclear.reported) == {"ann@example.org", "bob@example.org"}
    assert (named.joined, named.report.left) == ({"bob@example.org", "cy@example.org"}, 1)
    assert (marked.joined, marked.report.left) == ({"bob@example.org"}, 1)
    assert (dashes.joined, dashes.report.left) == ({"bob@example.org"}, 1)


# Rows and comments that only look like leaving -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "row", [",,Ende", ",,Left", ",Gone,", ",,Inactive", "first only:Stop,,", "first only:Gone Fishing,,"]
)
def test_a_row_without_an_address_is_one_reported_row_and_nothing_more(row: str, tmp_path: Path, now: datetime) -> None:
    titles, people = "email,first,last", "ann@example.org,Ann,Quill\n{}\nbob@example.org,Bob,Oar\ncy@example.org,Cy,P\n"
    if row.startswith("first only:"):
        row = row.removeprefix("first only:")
        titles, people = "company,email,city", "A,ann@example.org,\n{}\nB,bob@example.org,\nC,cy@example.org,\n"
    done = bring(f"{titles}\n{people.format(row)}", tmp_path, now)

    assert done.joined == {"ann@example.org", "bob@example.org", "cy@example.org"}
    assert (done.report.rows, done.report.rejected, done.report.left) == (4, 1, 0)


def test_a_heading_in_the_first_column_of_a_table_stops_the_import(tmp_path: Path, now: datetime) -> None:
    """It may be a name, too: nobody joins, and nobody is remembered as gone."""
    with pytest.raises(InvalidInput, match="line 4: “Inactive” stands alone in its row"):
        bring("Name,Email\nActive,\nA,ann@example.org\nInactive,\nB,bob@example.org\n", tmp_path, now)
    assert not Subscriber.objects.exists()
    assert not LeftElsewhere.objects.exists()


@pytest.mark.parametrize(
    "comment",
    ["Left Bank Books", "Dead Letter Office", "Gone Fishing", "Left/Right & Co", "Left Marketing", "Left 4 Dead"],
)
def test_a_comment_that_only_begins_with_a_word_of_leaving_marks_nobody(
    comment: str, tmp_path: Path, now: datetime
) -> None:
    done = bring(f"ann@example.org ({comment})\nbob@example.org\n", tmp_path, now)

    assert (done.joined, done.report.left) == ({"bob@example.org"}, 0)
    assert comment in done.reported["ann@example.org"]


@pytest.mark.parametrize(
    "comment",
    ["left", "left 2023", "left on 3 May 2024", "désabonnée le 3 mai", "unsubscribed since May", "Ann/bounced"],
)
def test_a_comment_that_is_a_word_of_leaving_and_its_date_says_that_somebody_left(
    comment: str, tmp_path: Path, now: datetime
) -> None:
    done = bring(f"ann@example.org ({comment})\nbob@example.org\n", tmp_path, now)

    assert (done.joined, done.report.left) == ({"bob@example.org"}, 1)


def test_one_row_that_says_left_outweighs_another_that_does_not(tmp_path: Path, now: datetime) -> None:
    content = "email,status\nana@example.org,subscribed\nbo@example.org,subscribed\nANA@example.org,unsubscribed\n"
    content += "".join(f"p{n}@example.org,subscribed\n" for n in range(5))
    done = bring(content, tmp_path, now)

    assert "ana@example.org" not in done.joined
    assert len(done.joined) == 6
    assert LeftElsewhere.objects.count() == 1


def test_what_is_remembered_of_who_left_names_nobody(tmp_path: Path, now: datetime) -> None:
    """L6: a keyed hash; no address in the run either."""
    bring("email,unsubscribed_at\ngone@example.org,2024-01-01\n", tmp_path, now)

    assert "gone@" not in str([LeftElsewhere.objects.values(), ImportRun.objects.values()])
    assert len(LeftElsewhere.objects.get().address_index) == 64


# Cells and lines -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "address", "name"),
    [
        ("ada@example.org\u00a0", "ada@example.org", ""),
        ("\u200bada@example.org", "ada@example.org", ""),
        ("\ufeffada@example.org", "ada@example.org", ""),
        ("ada@\u2060example.org", "ada@example.org", ""),
        ("a\u00adda@example.org\u202f", "ada@example.org", ""),
        ("\u202aada@example.org\u202c", "ada@example.org", ""),
        ("<ada@example.org>", "ada@example.org", ""),
        ("ada@example.org.", "ada@example.org", ""),
        ("ada@example.org;", "ada@example.org", ""),
        ("mailto:ada@example.org", "ada@example.org", ""),
        ("MAILTO:ada@example.org?subject=Hi", "ada@example.org", ""),
        ("“ada@example.org”", "ada@example.org", ""),
        ("'ada@example.org'", "ada@example.org", ""),
        ("Ada Quill <ada@example.org>", "ada@example.org", "Ada Quill"),
        ("Ada<ada@example.org>", "ada@example.org", "Ada"),
        ("“Ada” <ada@example.org>", "ada@example.org", "Ada"),
        ("Quill, Ada <mailto:ada@example.org>", "ada@example.org", "Quill, Ada"),
        ("Ada Quill (ada@example.org)", "ada@example.org", "Ada Quill"),
        ("<ada@example.org> (Ada)", "ada@example.org", "Ada"),
        ("ada@example.org <ada@example.org>", "ada@example.org", ""),
        ("'ada@example.org' <ADA@example.org>", "ada@example.org", ""),
        ("ada＠example.org", "ada@example.org", ""),
    ],
)
def test_a_cell_is_read_as_programs_copy_it(cell: str, address: str, name: str, tmp_path: Path, now: datetime) -> None:
    quoted = cell.replace('"', '""')
    done = bring(f'email\n"{quoted}"\n', tmp_path, now)

    assert done.joined == {address}
    assert Subscriber.objects.get().name == name


@pytest.mark.parametrize("cell", ["a da@example.org", "ada@exam ple.org", "Ada ada@example.org", "ada@", "ada at home"])
def test_half_an_address_is_reported_and_never_guessed(cell: str, tmp_path: Path, now: datetime) -> None:
    done = bring(f"email\nbo@example.org\n{cell}\n", tmp_path, now)

    assert done.joined == {"bo@example.org"}
    assert list(done.reported) == [cell]


@pytest.mark.parametrize("cell", ["pat@example.org; quin@example.org", "pat@example.org, quin@example.org"])
def test_several_people_in_one_cell_are_each_reported(cell: str, tmp_path: Path, now: datetime) -> None:
    for written in (f'"{cell}"', cell):
        done = bring(f"email\nbo@example.org\n{written}\n", tmp_path, now)

        assert done.joined == {"bo@example.org"}
        assert set(done.reported) == {"pat@example.org", "quin@example.org"}
        assert done.report.rows == 3


@pytest.mark.parametrize(
    "line",
    [
        "Ada Quill <one@reader.example>; Ben Oar <two@reader.example>; three@reader.example",
        "Ada Quill <one@reader.example>, Ben Oar <two@reader.example>, three@reader.example",
        "Ada Quill <one@reader.example>\nBen Oar <two@reader.example>\nthree@reader.example\n",
        '"Quill, Ada" <one@reader.example>, "Oar, Ben" <two@reader.example>,\nthree@reader.example,\n',
        "Quill, Ada <one@reader.example>; Oar, Ben <two@reader.example>; three@reader.example;",
        "one@reader.example,two@reader.example,three@reader.example",
    ],
)
def test_a_line_out_of_a_mail_program_is_everybody_on_it(line: str, tmp_path: Path, now: datetime) -> None:
    done = bring(line, tmp_path, now, name="to.txt")

    assert done.joined == {"one@reader.example", "two@reader.example", "three@reader.example"}
    assert done.reported == {}


def test_what_is_no_address_on_such_a_line_is_reported(tmp_path: Path, now: datetime) -> None:
    done = bring("Ada <one@reader.example>; Ben Oar; Cy <two@reader.example>", tmp_path, now, name="to.txt")

    assert done.joined == {"one@reader.example", "two@reader.example"}
    assert list(done.reported) == ["Ben Oar"]


@pytest.mark.parametrize(
    "content",
    [
        (
            "First Name,Last Name,Labels,E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Value\n"
            "Ada,Quill,* myContacts,* Home,one@reader.example,\n"
        ),
        'Anrede;Vorname;Nachname;"E-Mail-Adresse";"E-Mail 2: Adresse"\n"";Ada;Quill;one@reader.example;""\n',
        "First Name,Middle Name,Last Name,E-mail Address,E-mail 2 Address\nAda,,Quill,one@reader.example,\n",
        "Prénom;Nom;Courriel\nAda;Quill;one@reader.example\n",
        "Vorname;Name;Mail\nAda;Quill;one@reader.example\n",
        "Nombre,Apellidos,Correo electrónico\nAda,Quill,one@reader.example\n",
        "Name;Kontaktdaten\nAda Quill;one@reader.example\n",
    ],
)
def test_address_books_of_other_programs_are_understood(content: str, tmp_path: Path, now: datetime) -> None:
    assert bring(content, tmp_path, now).joined == {"one@reader.example"}
    assert Subscriber.objects.get().name == "Ada Quill"


def test_a_second_address_of_one_person_is_reported(tmp_path: Path, now: datetime) -> None:
    content = "Name,E-mail 1 - Value,E-mail 2 - Value\nAda,a1@example.org,a2@example.org\nBo,,b2@example.org\n"
    done = bring(content, tmp_path, now)

    assert done.joined == {"a1@example.org", "b2@example.org"}
    assert list(done.reported) == ["a2@example.org"]


@pytest.mark.parametrize("apostrophe", ["’", "‘", "ʼ", "´", "′", "＇"])
def test_a_typographic_apostrophe_is_no_new_person(apostrophe: str, tmp_path: Path, now: datetime) -> None:
    done = bring(f"email\no'neil@example.org\no{apostrophe}neil@example.org\n", tmp_path, now)

    assert done.joined == {"o'neil@example.org"}
    assert done.report.repeated == 1


def test_whoever_left_stands_in_the_file_twice_and_counts_once(tmp_path: Path, now: datetime) -> None:
    """The row further down has an address that can be used: it is not told of as one that cannot."""
    done = bring("email,status\ngone@example.org,unsubscribed\nGONE@example.org,bounced\nx,y\n", tmp_path, now)

    assert (done.report.left, done.report.repeated, done.report.unusable) == (1, 1, 1)


@pytest.mark.parametrize(
    ("content", "joined", "reported"),
    [
        ('email,name\nana@example.org,"An\nbo@example.org,Bo\ncy@example.org,Cy\n', "bo cy", "ana"),
        ('email,name\nana@example.org,"An\nbo@example.org,"Bo"\ncy@example.org,Cy\n', "bo cy", "ana"),
        ('email,name\nana@example.org,"An,\nbo@example.org,Bo,"\ncy@example.org,Cy\n', "cy", "ana bo"),
        ('email,name\nana@example.org,A\nbo@example.org,"Bo\n', "ana", "bo"),
        ('email,name\nana@example.org,A\nbo@example.org,"Bo', "ana", "bo"),
        ('email,name\nana@example.org,"An\n' + "".join(f"p{n}@example.org,P\n" for n in range(150)), "", "ana"),
        ('name,email\n"An,ana@example.org\nBo,bo@example.org\n', "bo", ""),
    ],
)
def test_an_unclosed_quotation_mark_costs_its_own_row_alone(
    content: str, joined: str, reported: str, tmp_path: Path, now: datetime
) -> None:
    done = bring(content, tmp_path, now)

    assert {f"{name}@example.org" for name in joined.split()} <= done.joined
    assert all(any(name in content for content in done.reported) for name in reported.split())
    assert done.report.rows == content.count("@")
    assert done.report.joined + done.report.rejected == done.report.rows


def test_two_files_in_one_are_not_read_by_the_titles_of_the_first(tmp_path: Path, now: datetime) -> None:
    content = "Email Address,First Name\nana@example.org,Ana\n"
    content += "Email Address,UNSUB_TIME,First Name\nbo@example.org,2024-01-01,Bo\n"
    with pytest.raises(api.InvalidInput, match="line 3: a second table"):
        bring(content, tmp_path, now)
    assert not Subscriber.objects.exists()


def test_a_note_over_several_lines_is_no_unclosed_mark(tmp_path: Path, now: datetime) -> None:
    note = '"met at the fair,\nwrites from office@example.org\n"'
    content = f"email,notes,name\nana@example.org,{note},Ana\nbo@example.org,,Bo\n"
    done = bring(content, tmp_path, now)

    assert done.joined == {"ana@example.org", "bo@example.org"}
    assert done.report.rejected == 0


def test_a_row_whose_cells_are_shifted_is_not_judged_by_the_wrong_one(tmp_path: Path, now: datetime) -> None:
    done = bring(
        "email,name,status\nana@example.org,Quill, Ana,unsubscribed\nbo@example.org,Bo,subscribed\n", tmp_path, now
    )

    assert done.joined == {"bo@example.org"}
    assert "more cells" in done.reported["ana@example.org"]


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        *(
            (("cp1252"), [name])
            for name in ("Bén Oar", "Søren Ødegård", "Hélène Lefèvre", "José Núñez", "Jörg Groß", "João")
        ),
        ("cp1252", ["Þór Þórsson", "Ada Quill"]),
        ("cp1250", ["Jiří Dvořák", "Lukáš Růžička"]),
        ("cp1250", ["Łukasz Wiśniewski", "Małgorzata Dąbrowska"]),
        ("cp1251", ["Анна Петрова"]),
        ("koi8_r", ["Анна Петрова", "Иван Сидоров"]),
        ("cp1253", ["Γιώργος Παπαδόπουλος", "Μαρία", "Ελένη Νικολάου"]),
        ("cp1255", ["דוד כהן"]),
        ("big5", ["王小明", "陳大文"]),
        ("gb18030", ["王小明", "张伟", "李娜"]),
        ("shift_jis", ["山田太郎", "鈴木一郎"]),
        ("euc_kr", ["김철수", "이영희"]),
        ("utf-16", ["Bén Oar", "王小明"]),
    ],
)
def test_the_names_of_a_small_list_come_out_as_written(
    encoding: str, names: list[str], tmp_path: Path, now: datetime
) -> None:
    rows = "".join(f"p{n}@example.org,{name}\n" for n, name in enumerate([*names, "Ada Quill", "Ben Oar"]))
    bring(f"email,name\n{rows}".encode(encoding), tmp_path, now)

    assert set(names) <= set(Subscriber.objects.values_list("name", flat=True))


def test_one_broken_byte_in_a_utf_8_file_costs_one_row(tmp_path: Path, now: datetime) -> None:
    content = "email,name\na@example.org,Zoë Crème\nb@example.org,Jörg\nc@example.org,".encode() + b"An\xe9\n"
    done = bring(content, tmp_path, now)

    assert done.joined == {"a@example.org", "b@example.org"}
    assert set(Subscriber.objects.values_list("name", flat=True)) == {"Zoë Crème", "Jörg"}


def test_an_import_whose_count_does_not_add_up_fails(
    tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In = joined + known + reported: the code refuses what its own sums contradict."""
    sort = checking._sort

    def loses_one(batch: list[object], good: list[object], bad: list[object], *, key: bytes) -> None:
        sort(batch[1:], good, bad, key=key)  # type: ignore[arg-type]

    monkeypatch.setattr(checking, "_sort", loses_one)
    with pytest.raises(api.InvalidInput, match="does not add up"):
        bring("email\nana@example.org\nbo@example.org\n", tmp_path, now)
    assert not Subscriber.objects.exists()


# The page ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def admin(client: Client) -> Client:
    """Signed in with the right to manage subscribers."""
    client.force_login(get_user_model().objects.create(email="boss@example.org", is_admin=True))
    return client


def test_the_page_asks_what_a_column_means_and_shows_what_each_was_taken_for(admin: Client) -> None:
    letter = make_list()
    content = "email,Vorname,Unsub pref,city\nana@example.org,Ana,never again,Porto\nbo@example.org,Bo,weekly,Lisbon\n"
    file = SimpleUploadedFile("people.csv", content.encode())
    page = admin.post(f"/lists/{letter.pk}/import/", {"file": file}).headers["Location"]

    asked = admin.get(page).content.decode()
    assert "but not clearly" in asked
    assert "Unsub pref" in asked
    assert "Add these people" not in asked
    assert admin.post(page, {"action": "commit", "basis": "spring fair"}).status_code == 422
    assert not Subscriber.objects.exists()

    admin.post(page, {"action": "columns", "column-2": "values", "values-2": "never again"})
    shown = admin.get(page).content.decode()
    assert "How each column was understood" in shown
    assert "First name" in shown
    assert "Porto" in shown

    admin.post(page, {"action": "columns", "column-0": "address", "column-3": "name", "column-2": "values",
                      "values-2": "never again"})  # fmt: skip
    admin.post(page, {"action": "commit", "basis": "spring fair"})
    assert dict(Subscriber.objects.values_list("address", "name")) == {"bo@example.org": "Lisbon"}
    assert LeftElsewhere.objects.count() == 1
    assert "The import is done" in admin.get(page).content.decode()
    assert list(conf.settings().staging_dir.glob("*.source")) == []


def test_the_reasons_are_told_in_the_language_of_whoever_downloads_them() -> None:
    with translation.override("en"):
        said = reasons.words(reasons.stored("left", column="Status", value="100 % gone"))

    assert said == "The file says that this person has left or must not be mailed (column “Status”: “100 % gone”)."
    assert reasons.words("There is no address.") == "There is no address."


def test_the_command_says_how_to_answer_and_takes_the_answer(tmp_path: Path) -> None:
    letter = make_list()
    file = tmp_path / "people.csv"
    file.write_text("email,Unsub pref\nana@example.org,never\nbo@example.org,weekly\n")
    words = ["import", letter.slug, str(file), "--basis", "spring fair"]

    asked = CliRunner().invoke(group.app, words)
    wrong = CliRunner().invoke(group.app, [*words, "--column", "Unsub pref=perhaps"])
    done = CliRunner().invoke(group.app, [*words, "--column", "Unsub pref=left:never", "--json"])

    assert (asked.exit_code, wrong.exit_code, done.exit_code) == (1, 1, 0)
    assert '--column "TITLE=left:one|other"' in asked.stderr
    assert "“Unsub pref”" in asked.stderr
    report = json.loads(done.stdout)
    assert (report["joined"], report["left"]) == (1, 1)
    assert report["columns"] == [["email", "address"], ["Unsub pref", "left:never"]]


def test_whoever_changes_a_column_sees_the_new_numbers_before_anybody_is_added(admin: Client) -> None:
    letter = make_list()
    file = SimpleUploadedFile("people.csv", b"email,name,club\nana@example.org,Ana,x\nbo@example.org,Bo,\n")
    page = admin.post(f"/lists/{letter.pk}/import/", {"file": file}).headers["Location"]

    admin.post(page, {"action": "commit", "basis": "spring fair", "column-2": "left"})
    assert not Subscriber.objects.exists()
    assert "was checked again" in admin.get(page).content.decode()

    admin.post(page, {"action": "commit", "basis": "spring fair", "column-2": "left"})
    assert set(Subscriber.objects.values_list("address", flat=True)) == {"bo@example.org"}
