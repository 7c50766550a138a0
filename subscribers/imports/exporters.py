"""What other programs write into their files of people: titles of columns, and words for who may be mailed. Facts only.

Titles and words stand here as `folded` leaves them: lower case, one space for every `_`, `-`, `.` and run of spaces.
"""

import re
import unicodedata
from enum import StrEnum

from subscribers.imports import vocabulary

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PUNCTUATION = re.compile(r"[\s_\-.:/|()\[\]{}?!*#\"'“”‘’،؟\u200c]+")
_MARKS = re.compile(r"[*!#+]+")
_ARABIC_TWINS = vocabulary.ARABIC_TWINS
_SIGNS: dict[int, str | None] = {
    **dict.fromkeys(map(ord, "\ufe0e\ufe0f")),
    **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"), "-"),
}
"""Dashes of all lengths are one; how a sign is to be drawn says nothing."""
_SIGNED = re.compile(r"[-+]\s*\d(?:[.,]0{1,2})?|-\d{8,}")
_WHOLE = re.compile(r"(\d+)[.,]0{1,2}")
"""A number as programs write it that keep an empty cell beside whole numbers: 0.0, 1.0."""
_BLANK = re.compile(r"-+|\.+|/")
DASH = re.compile("-+")
"""What some write for no, and others for nothing."""


def folded(text: str) -> str:
    """One spelling for `UNSUB_TIME`, `unsubTime` and `Unsub-Time`; accents stay."""
    text = unicodedata.normalize("NFKC", text).translate(_ARABIC_TWINS)
    spaced = _PUNCTUATION.sub(" ", _CAMEL.sub(" ", text).casefold()).strip()
    return spaced or (text.strip() if _MARKS.fullmatch(text.strip()) else "")


def spoken(cell: str) -> str:
    """The same of a cell that may say yes or no: a sign that stands alone is kept, and so is one before a number."""
    text = unicodedata.normalize("NFKC", cell).translate(_SIGNS).strip()
    if text.casefold() in _EMPTY_AS_WRITTEN:
        return ""
    if _SIGNED.fullmatch(text):
        return "".join(text.split())
    whole = _WHOLE.fullmatch(text)
    return whole[1] if whole else folded(text) or text


def is_nothing(word: str) -> bool:
    """Whether a `spoken` cell only looks filled."""
    return word in NOTHING or bool(_BLANK.fullmatch(word)) or bool(_EMPTY_DATE.fullmatch(word))


def is_unsure(word: str) -> bool:
    """Whether a `spoken` cell may as well be a yes as a no: out, ×, ?, -1."""
    if word in UNSURE or _SIGNED.fullmatch(word):
        return True
    first, _, second = word.partition(" ")
    if (first in YES and second in NO) or (first in NO and second in YES):
        return True  # 0/1
    signs = not is_nothing(word) and word not in YES and word not in NO
    return signs and not any(character.isalnum() for character in word)


def _phrases(text: str) -> frozenset[str]:
    """Phrases parted by commas, some lines of them."""
    return frozenset(phrase for part in text.split(",") if (phrase := " ".join(part.split()).translate(_ARABIC_TWINS)))


def _tokens(text: str) -> frozenset[str]:
    """Single words, parted by spaces."""
    return frozenset(text.split())


class Word(StrEnum):
    """What a word in a column of standings says of a person."""

    STAYS = "stays"
    LEFT = "left"
    """Left, bounced, complained, barred: no later file may wake them either."""
    ASKED = "asked"
    """Not confirmed, or no consent on record: not imported, and free to come by another way."""


# Who it is ----------------------------------------------------------------------------------------------------------

ADDRESS = re.compile(
    r"(?:(?:user|subscriber|contact|member|your|work|primary|main|preferred|customer|recipient|reader|kontakt|ihre) )?"
    r"(?:e ?mails?|mail)(?: ?(?:address(?:es)?|adresse?|adress|adres|addr|id|primary|1|1 value|1 address|value|cím))?"
    r"(?: (?:required|pflichtfeld))?"
)
ADDRESSES = _phrases("""
    emailadresse, e mailadresse, mailadresse, emailadres, e mailadres, adresse email, adresse e mail, adresse mail,
    adresse de messagerie, adresse électronique, adresse courriel, courriel, courriels, correo, correo electrónico,
    correo electronico, e correo, dirección de correo, dirección de correo electrónico, dirección de e mail,
    dirección email, indirizzo email, indirizzo e mail, indirizzo di posta elettronica, indirizzo mail,
    posta elettronica, endereço de email, endereço de e mail, endereço de correio eletrônico, endereço eletrônico,
    adres e mail, adres email, adres mailowy, adres poczty elektronicznej, epost, e post, epostadress, e postadress,
    e postadresse, sähköposti, sähköpostiosoite, e posta, eposta, e posta adresi, email cím, e mail cím,
    электронная почта, адрес электронной почты, эл почта, почта, имейл, електронна пошта, 邮箱, 邮箱地址, 电子邮件,
    电子邮件地址, 電子郵件, メール, メールアドレス, eメール, 이메일, 이메일 주소,
    ایمیل, رایانامه, نشانی ایمیل, آدرس ایمیل, نشانی رایانامه, پست الکترونیک, پست الکترونیکی,
    البريد الإلكتروني, البريد الالكتروني, بريد إلكتروني, אימייל,
    דואר אלקטרוני
""")
MAYBE_ADDRESS = _phrases("""
    address, addr, adresse, subscriber, subscribers, contact, contacts, member, members, recipient, recipients,
    mailbox, kontakt, empfänger, username, login, value, نشانی, آدرس
""")
"""Titles that hold e-mail addresses in some files and something else in others."""
OTHER_ADDRESS = re.compile(
    r"(?:e ?mail|email)(?: (?:address|adresse))? ?[2-9](?: (?:value|address|adresse))?|additional email addresses|"
    r"(?:second|secondary|alternate|alternative|other|additional|backup|private|personal|home|zweite|weitere|autre) "
    r"(?:e ?mail|email|mail)(?: (?:address|adresse))?"
)
NAME = _phrases("""
    name, full name, fullname, display name, displayname, subscriber name, contact name, customer name, user name,
    your name, real name, member name, recipient name, vollständiger name, nom complet, nom et prénom, prénom et nom,
    nombre completo, nombre y apellidos, nome completo, nome e cognome, volledige naam, imię i nazwisko, nom, nombre,
    nome, naam, namn, nimi, navn, имя, фио, полное имя, ad soyad, isim, 姓名, 名前, 氏名, お名前, 이름, نام,
    نام و نام خانوادگی, نام کامل, الاسم, שם
""")
FIRST = _phrases("""
    first name, firstname, first, fname, given name, givenname, forename, christian name, vorname, rufname, prénom,
    prénoms, prenom, voornaam, förnamn, fornavn, etunimi, imię, imie, primeiro nome, nombre de pila, primer nombre,
    křestní jméno, jméno, keresztnév, adı, نام کوچک, 名
""")
LAST = _phrases("""
    last name, lastname, last, lname, family name, familyname, surname, nachname, familienname, zuname,
    nom de famille, apellido, apellidos, cognome, achternaam, efternamn, etternavn, sukunimi, nazwisko, sobrenome,
    apelido, příjmení, vezetéknév, soyad, soyadı, фамилия, نام خانوادگی, 姓
""")
LAST_BESIDE_FIRST = {
    "name": _phrases("vorname, rufname"),
    "nom": _phrases("prénom, prénoms, prenom"),
    "naam": _phrases("voornaam"),
    "namn": _phrases("förnamn"),
    "navn": _phrases("fornavn"),
}
"""Titles of a whole name that are the family name where one of these stands beside them."""
FIRST_BESIDE_LAST = _phrases("nombre, nome, имя, نام, name, jméno, ad, isim")
LANGUAGE = _phrases("""
    language, lang, locale, language code, lang code, preferred language, contact language, user language, sprache,
    langue, idioma, lingua, taal, język, språk, kieli, dil, язык, زبان, اللغة
""")

# Columns that tell who left -----------------------------------------------------------------------------------------

FILLERS = _tokens(
    """
    e mail email emails mails mailing mailings newsletter newsletters marketing is has was been user contact subscriber
    member members subscription subscriptions from to of all the in for on at by due date time timestamp datetime day
    reason reasons campaign title id other details detail feedback text utc gmt global list lists address status state
    audience hs system portal communications communication broadcasts broadcast message messages when and or our your
    am um datum zeit zeitpunkt grund an von vom der die das seit abo kontakt empfänger le de du la raison motif fecha
    motivo data ora il del della reden op przyczyna powód dnia em do da razão dato dne dátum dátuma datuma
    päivä päivämäärä kuupäev tarihi tarih дата причина ngày tanggal
    ημερομηνία תאריך تاريخ تاریخ دلیل زمان ایمیل خبرنامه flag bool
    """
)
"""Words that change nothing of what a title says: `email unsubscribed at` says `unsubscribed`."""

LEFT_CORES = _phrases("""
    unsubscribed, unsubscribe, unsubscribes, unsub, unsubs, unsubscription, unsubscriptions, un subscribed,
    opt out, opted out, optout, optedout, opt outs, optouts, user opt out, opts out,
    black list, blacklist, blacklisted, black listed, block list, blocklist, blocklisted, block listed, denylist,
    denylisted, blocked, disabled, deleted, removed, erased, suppressed, suppression, suppressions, bounced, bounce,
    bounces, hard bounce, hard bounced, hard bounces, hardbounce, hardbounced, hardbounces, bouncing, complained,
    complaint, complaints, spam, spam complaint, spam complaints, spam report, spam reports, spam reported,
    marked as spam, marked spam, as spam, abuse, abused, cleaned, deactivated, inactive, cancelled, canceled,
    cancellation, quarantined, do not email, donotemail, do not mail, do not contact, donotcontact, do not, do not send,
    dnc, no mail, nomail, no bulk emails, no bulk, do not bulk, do not allow bulk, do not allow, deceased,
    undeliverable, undeliverability, unreachable, invalid, left, gone,
    non transactional, blacklisté, blacklistée, blacklistés, this blacklisted, this account disabled,
    excluded, on hold, onhold, hold, revoked, withdrawn, archived, banned,
    abgemeldet, abmeldung, abmeldedatum, abmeldegrund, ausgetragen, austragung, abbestellt, abbestellung, gesperrt,
    sperre, gelöscht, geloescht, deaktiviert, inaktiv, unzustellbar, gekündigt, widerrufen, widerruf, sperrliste,
    désinscrit, désinscrite, désinscription, desinscrit, desinscription, désabonné, désabonnée, désabonnement,
    desabonne, desabonnement, supprimé, supprimée, liste noire, désactivé, désactivée, bloqué, bloquée,
    dado de baja, dada de baja, de baja, baja, bajas, cancelado, cancelada, desuscrito, desuscrita, eliminado,
    eliminada, rebotado, rebote, bloqueado, bloqueada, lista negra, descadastrado, descadastrada, descadastro,
    removido, removida, disiscritto, disiscritta, disiscrizione, cancellato, cancellata, disattivato, bloccato,
    rimosso, uitgeschreven, uitschrijving, afgemeld, afmelding, verwijderd, geblokkeerd, wypisany, wypisana, wypis,
    rezygnacja, zablokowany, usunięty, nieaktywny, avregistrerad, avmeldt, odhlášen,
    отписан, отписался, отписка, удалён, удален, لغو اشتراک, لغو عضویت, لغو شده, لغو, غیر فعال, غیرفعال, مسدود,
    حذف شده, برگشتی, ملغى
""")
STAYS_CORES = _phrases("""
    this confirmed,
    subscribed, resubscribed, active, activated, enabled, opt in, opted in, optin, optedin, double opt in,
    double optin, doi, confirmed, verified, validated, approved, deliverable, mailable, reachable, consent,
    consented, gdpr consent, permission, permitted, accepts marketing, accepts email marketing, accepts, accepted,
    agreed, allowed, allows, wants, receives, receive, gets, send, send materials, materials, bulk, ok to, emailable,
    aktiv, aktiviert, angemeldet, abonniert, eingetragen, bestätigt, bestaetigt, einwilligung, zustimmung,
    freigegeben, actif, inscrit, inscrite, abonné, abonnée, confirmé, confirmée, consentement, activo, activa,
    suscrito, suscrita, confirmado, confirmada, consentimiento, ativo, ativa, attivo, attiva, iscritto, iscritta,
    confermato, confermata, consenso, actief, ingeschreven, aangemeld, bevestigd, toestemming, aktywny, aktywna,
    zapisany, zapisana, potwierdzony, zgoda, aktif, активен, подписан, подтверждён, подтвержден, فعال, مشترک,
    تأیید شده, تایید شده, مفعل
""")
JUST_THE_LETTER = _phrases("newsletter, newsletters, marketing, mailing, mailings, marketing emails, email marketing")
"""Yes or no to the letter itself, as shops ask it; in other files the name of a letter."""
CONFIRMING = re.compile(
    r"confirm|verif|validat|activat|approv|double ?opt|\bdoi\b|bestätigt|bestaetigt|confermat|bevestigd|potwierdz|"
    r"подтвер|تأیید|تایید"
)
"""Of these an empty date says that somebody never confirmed."""
STATUS_CORES = _phrases("""
    status, state, standing, subscription, subscriber, subscriber type, subscription status, delivery status,
    delivery, zustand, abostatus, anmeldestatus, statut, estado, état, etat, stato, situação, stan, tila, durum,
    type, typ, статус, состояние, وضعیت, الحالة
""")
WEAK = _phrases("""
    state, estado, stato, état, etat, stan, type, typ, subscription, subscriber, delivery, zustand, standing, tila
""")
"""Titles that are a part of the postal address, or anything, unless their values are words for standings."""
POSTAL = _phrases("state, estado, stato, état, etat, stan")
"""Of these, such as are the state of a postal address as well."""
CODES_OF_STATES = frozenset({"in"})
"""Indiana reads like a yes or a no."""
STATUS_TOKENS = _tokens("status statut estado stato zustand stan durum статус وضعیت")

SMELL = re.compile(
    r"unsub|un subscr|opt(?:ed|s)? ?out|black ?list|block|deny ?list|disabl|delet|remov|suppress|bounc|complain|spam|"
    r"abus|\bclean|deactiv|inactiv|cancel|quarantin|do ?not ?(?:e ?mail|mail|contact|send)|no ?mail|undeliver|unreach|"
    r"\bexclu|revok|withdraw|\bhold\b|\bbanned|abgemeld|abmeld|ausgetrag|austrag|abbestell|sperr|gelöscht|geloescht|"
    r"deaktiv|inaktiv|unzustell|widerruf|désinscr|desinscr|désabonn|desabonn|\bbajas?\b|desuscri|descadastr|rebot|"
    r"disiscri|disattiv|uitgeschr|uitschr|afgemeld|afmeld|wypis|rezygn|zablok|отпис|لغو|غیر ?فعال|مسدود|إلغاء|"
    r"\b(?:bad|wrong|faulty) (?:e ?mail|mail|address)|\baddress (?:is )?(?:bad|wrong|faulty)\b|"
    r"(?:falsche|ungültige|fehlerhafte) (?:adresse|e ?mail|mail)|\bexpired\b|\binvalid|\bgone since|\bderegist|"
    r"\blapsed?\b|\breject|\bsuspen|\bquit\b|\bstop|do ?not ?disturb|\bchurn|excluded|"
    r"nicht (?:anschreib|kontakt|mail|senden)|widerspr|austritt|ausgetreten|ne (?:pas|plus) |résili|resili|"
    r"\bno (?:enviar|contactar|molestar)|non (?:inviare|contattare)|opgezegd|opzeg"
)
"""What a title that speaks of leaving has in it, whatever else it says."""
VALUE_SMELL = re.compile(
    r"\bunsub|\bun subscr|\bopt(?:ed)? ?out\b|black ?list|block ?list|\bbounced\b|\bhard ?bounc|\bcomplained\b|"
    r"\bsuppressed\b|\bcleaned\b|\bdo not (?:e ?mail|mail|contact)|\bnon ?member|abgemeldet|ausgetragen|abbestellt|"
    r"désinscrit|desinscrit|désabonn|desabonn|dad[oa] de baja|desuscrit|descadastr|disiscritt|uitgeschreven|afgemeld|"
    r"wypisan|отписа|لغو (?:اشتراک|عضویت|شده)|"
    r"\b(?:no|without|stop) (?:e ?mails?|mails?|newsletters?)\b|\bformer\b|\bex ?(?:member|patron|subscriber)|"
    r"\bdisabled by\b|\bchurned\b|\bquit\b|\blapsed\b|"
    r"nicht (?:anschreib|kontakt|mailen|senden)|ne (?:pas|plus) (?:contact|envoy|écri)|no enviar|non inviare|opgezegd"
)
"""The same for the values of a column whose title says nothing."""
VALUE_HEADS = _tokens(
    """
    uns un opt bla blo bou har com sup cle do don no non abg aus abb dés des dad de dis uit afg wyp отп لغو wit sto for
    ex exm exp exs chu qui lap nic ne opg
    """
)
"""How the first of its words begin: of a million names few do."""


def speaks_of_leaving(word: str) -> bool:
    """Whether a folded cell does, in whatever language."""
    return bool(VALUE_SMELL.search(word)) or vocabulary.IN_CELLS.within(word)


def title_speaks_of_leaving(title: str) -> bool:
    """Whether a folded title does. An end of anything else than mail, such as of an event, is none."""
    if SMELL.search(title) or vocabulary.IN_TITLES.within(title):
        return True
    return vocabulary.OF_AN_END.within(title) and not vocabulary.is_ordinary(title)


CONSENT_SMELL = re.compile(
    r"subscri|opt ?in\b|consent|permission|confirm|verif|\bactiv|\baktiv|\bactif|\battiv|\bactief|\baktywn|abonn|"
    r"inscri|iscri|suscri|einwillig|zustimm|angemeldet|accept|agree|allow|mailable|receiv|newsletter|فعال|مشترک|عضو|"
    r"gdpr|dsgvo|rgpd|lgpd|avg\b|\be ?mails?\b|\bmail|contact|erlaub|erwünsch|erwuensch|empfang|boletín|"
    r"boletin|infolettre|nieuwsbrief|notification|benachrichtig|mailing|خبرنامه|ایمیل|اشتراک|رضایت"
)
"""What a title that speaks of consent has in it: a no below it may be somebody who left."""
CONSENT_DATE = re.compile(
    r"(?:email |newsletter )?"
    r"(?:(?:double )?opt ?in|optedin|opted in|subscribed|subscription|confirm|confirmation|consent) "
    r"(?:date|time|timestamp|datetime|at|on)|date (?:subscribed|confirmed|opted in|of consent|of opt ?in)"
)
"""Titles of the date of a yes. Who has none, where others have one, may never have agreed."""
OF_MAIL = re.compile(
    r"subscri|\bopt\b|opt ?in|consent|permission|abonn|\babo\b|einwillig|zustimm|accept|agree|allow|mailable|receiv|"
    r"newsletter|gdpr|dsgvo|rgpd|lgpd|\be ?mails?\b|\bmail|erlaub|erwünsch|erwuensch|empfang|boletín|boletin|"
    r"infolettre|nieuwsbrief|werbung|werbe|versand|zusend|\bsend|\bletters?\b|rundbrief|\bwants?\b|\bwish|wunsch|"
    r"wünsch|\bmoved\b|خبرنامه|ایمیل|اشتراک|رضایت"
)
"""What a title of mail, of wanting it or agreeing to it has in it."""
OTHER_CHANNEL = re.compile(
    r"\b(?:sms|mms|whatsapp|phone|telefon|téléphone|teléfono|mobile|calls?|push|webpush|fax(?:es)?|"
    r"postal|direct mail|viber|"
    r"telegram|messenger|trade|پیامک)\b"
)
"""Leaving by telephone or post says nothing of e-mail."""

HARMLESS = _phrases("""
    active subscription, subscription type, subscription tier, subscription interval, subscription plan,
    subscription id, subscription source, subscription mode, subscription page, subscription form, subscription url,
    subscription method, subscription origin, opt in method, opt in details, opt in form, opt in url, consent method,
    send this subscriber html emails, consent text, consent source, consent ip, consent url,
    complimentary plan, email type, email format, optin ip,
    confirm ip,
    optin time, confirm time, consent to track, consenttotrack, moderation action, delivery mode, created at,
    updated at, opt in date, opt in time, opt in ip, opt in source, optin date, optin source, email opt in source,
    email opt in date, subscribed date, subscribed at, subscribed on, subscription date, date subscribed, joined at,
    e mail 1 label, e mail 1 type, e mail 2 label, e mail type, e mail display name, e mail 2 type,
    e mail 2 display name, e mail 3 type, e mail 3 display name, company, organization, organisation, firma, city,
    ort, town, country, land, country region, street, job title, birthday, website, email display name
""")
"""Titles that look like a standing, or like leaving, and are neither (Substack, Ghost, Mailchimp, Outlook …)."""
LEFT = _phrases("""
    clean time, clean campaign title, clean campaign id, unsub campaign title, unsub campaign id, unsub reason other,
    no bulk emails user opt out, email address quarantined, email address quarantined reason,
    email invalid cause, hard bounce reason enum,
    email hard bounce reason enum, left at, undeliverability date, undeliverability reason, churned unsubscribed at
""")
STANDING = _phrases("""
    email marketing consent, subscriber type, subscriber status, subscription status, email permission status,
    email status, email marketing status, marketing contact status, delivery status, list status, global status,
    email subscriber status, email channel status, email subscription status
""")


BESIDE = {
    "expiry": "active subscription",
    "plan expiry": "active subscription",
    "do not mail": "do not email",
    "donotmail": "donotemail",
    "did the subscriber manually confirm": "is the email of this subscriber confirmed",
}
"""Titles that are harmless where the other stands beside them: what Substack's paying readers paid for ends, CiviCRM's
mail is that of the post, and phpList's readers may be confirmed by others."""
OF_LETTERS = re.compile(
    r"(?:opted out of|unsubscribed from|opt out of) (?:e ?mails? )?"
    r"(?:marketing(?: information| e ?mails?)?|newsletters?)"
)
"""HubSpot's titles for leaving one kind of mail: these are the kinds that a newsletter is of."""


def bare(title: str) -> str:
    """A folded title without the words that change nothing."""
    return " ".join(word for word in title.split() if word not in FILLERS)


LEFT_CORES |= {phrase for phrase in vocabulary.LEFT if vocabulary.IN_TITLES.within(phrase)}
LEFT_CORES |= {bare(core) for core in LEFT_CORES} - {""}
STAYS_CORES |= {bare(core) for core in STAYS_CORES} - {""}

# Words for standings ------------------------------------------------------------------------------------------------

WORDS: dict[str, Word] = {
    **dict.fromkeys(vocabulary.STAYS, Word.STAYS),
    **dict.fromkeys(vocabulary.LEFT, Word.LEFT),
    **dict.fromkeys(
        _phrases("""
        subscribed, confirmed, active, enabled, member, ok, valid, verified, regular, premium, gifted, normal,
        opted in, opt in, optin, optedin, sub, subscriber, marketing contact, express, implied, explicit, consented,
        granted, permission granted, deliverable, mailable, approved, free, paid, comp, resubscribed, re subscribed,
        double opt in, single opt in, current, accepted, allowed, deliver, trialed, past due,
        aktiv, aktiviert, angemeldet, abonniert, abonnent, bestätigt, eingetragen, actif, inscrit, inscrite, abonné,
        abonnée, confirmé, confirmée, activo, activa, suscrito, suscrita, confirmado, confirmada, attivo, attiva,
        iscritto, iscritta, confermato, confermata, actief, ingeschreven, aangemeld, bevestigd, ativo, ativa,
        inscrito, inscrita, assinante, aktywny, aktywna, zapisany, zapisana, potwierdzony, prenumererar, aktif, abone,
        активен, активный, подписан, подтверждён, подтвержден, فعال, عضو, مشترک, تایید شده, تأیید شده, نشط
        """),
        Word.STAYS,
    ),
    **dict.fromkeys(
        _phrases("""
        unsubscribed, unsubscribe, unsub, unsubscribes, un subscribed, opted out, opt out, optout, optedout, cleaned,
        clean, bounced, bounce, bouncing, hard bounce, hard bounced, hardbounced, hardbounce, soft bounced,
        undeliverable, undelivered, unreachable, invalid, invalid email, complained, complaint, complainer, spam,
        spam complaint, marked as spam, abuse, abused, reported spam, spammy, malicious, junk, blacklisted,
        black listed, blacklist, blocklisted, blocklist, blocked, suppressed, suppression, removed, deleted, disabled,
        inactive, deactivated, cancelled, canceled, left, gone, archived, banned, on hold, held, excluded, by user,
        by bounces, by moderator, nonmember, non member, nomail, no mail, do not mail, do not email, do not contact,
        do not send, dnc, suspended, revoked, withdrawn, quarantined, expired, rejected, failed, dead,
        unsubscribed by admin,
        unsubscribed by user, erased, forgotten, churned unsubscribed,
        abgemeldet, ausgetragen, abbestellt, gesperrt, gelöscht, geloescht, inaktiv, deaktiviert, unzustellbar,
        gekündigt, blockiert, widerrufen, désinscrit, désinscrite, desinscrit, désabonné, désabonnée, desabonne,
        supprimé, supprimée, inactif, désactivé, désactivée, bloqué, bloquée, rejeté, baja, de baja, dado de baja,
        dada de baja, cancelado, cancelada, desuscrito, desuscrita, eliminado, eliminada, rebotado, rebotada,
        inactivo, inactiva, bloqueado, bloqueada, disiscritto, disiscritta, cancellato, cancellata, inattivo,
        disattivato, bloccato, rimosso, uitgeschreven, afgemeld, verwijderd, geblokkeerd, inactief, wypisany,
        wypisana, usunięty, zablokowany, nieaktywny, nieaktywna, descadastrado, descadastrada, inativo, inativa,
        removido, removida, avregistrerad, отписан, отписался, отписалась, удалён, удален, неактивен, заблокирован,
        لغو اشتراک, لغو عضویت, لغو شده, غیر فعال, غیرفعال, مسدود, حذف شده, برگشتی, ملغى, غير نشط
        """),
        Word.LEFT,
    ),
    **dict.fromkeys(
        _phrases("""
        unconfirmed, pending, not confirmed, awaiting confirmation, pending confirmation, waiting, unactivated,
        unverified, not verified, validating, needs attention, needs validation, not subscribed, non subscribed,
        nonsubscribed, never subscribed, neversubscribed, transactional, no permissions set, no permission, not set,
        no consent, not opted in, non marketing contact, non marketing, paused, unpaid, invited, optin pending,
        opt in pending, unbestätigt, nicht bestätigt, ausstehend, wartend, en attente, non confirmé, non confirmée,
        pendiente, sin confirmar, no confirmado, in attesa, non confermato, in afwachting, niet bevestigd,
        oczekujący, niepotwierdzony, pendente, não confirmado, ожидает, не подтверждён, не подтвержден, در انتظار,
        تایید نشده, تأیید نشده
        """),
        Word.ASKED,
    ),
}
SOFT = _phrases("""
    active, inactive, aktiv, inaktiv, actif, inactif, activo, activa, inactivo, inactiva, attivo, attiva, inattivo,
    actief, inactief, ativo, ativa, inativo, enabled, disabled, pending, member, ok, valid, invalid, current, free,
    paid, comp, normal, regular, premium, held, left, gone, clean, failed, expired, rejected, archived, deleted,
    removed, cancelled, canceled, blocked, waiting, accepted, allowed, implied, express, explicit, deliver, verified,
    approved, confirmed, cancelado, cancelada, cancellato, eliminado, transactional, invited, unpaid, paused, past due,
    on hold, not set, dead, suspended, closed, ended, denied, declined, terminated, granted, allow, send, iptal, pasif,
    aktif, 正常, 有效, 无效, 有効, 無効, 정상, 취소, فعال, غیر فعال, غیرفعال
""")
"""Words that a status of anything else uses, too: an order is cancelled, a lead is active."""

YES = _phrases("""
    yes, y, true, t, 1, x, on, ja, j, oui, si, sí, sì, s, sim, tak, da, igen, evet, да, بله, بلی, آری, نعم, wahr, vrai,
    verdadero, vero, ✓, ✔, ☑, ✅, checked
""") | frozenset(vocabulary.YES)
NO = _phrases("""
    no, n, false, f, 0, off, nein, non, não, nie, ne, nee, nem, hayır, нет, خیر, نه, لا, falsch, faux, falso, ☐,
    unchecked
""") | frozenset(vocabulary.NO)
UNSURE = frozenset(vocabulary.UNSURE)
CROSSES = frozenset("×✗✘✖❌☒")
"""Signs that are a no, or a tick."""
REASONS = _tokens(
    """
    reason reasons cause detail details feedback campaign comment text grund raison motif motivo reden przyczyna powód
    причина دلیل
    """
)
"""Words of titles below which anything may be said of a leaving."""
CODES = {"nomail": _phrases("u, b, a, on u, on b, on a"), "optout status": _phrases("all, blast, basic")}
"""Titles whose letters name who turned mail off: the user, bounces, an admin (Mailman 2); or how much (Sailthru)."""
OF_THIS_CHANNEL = _phrases("email, e mail, emails, e mails, email sms, email and sms, email whatsapp")
"""What somebody left or is barred from, where a title says that they did."""
FINE = _phrases("ok, valid, deliverable, verified")
OF_DELIVERY = re.compile(r"bounc|invalid|undeliver|unreach|unzustell|rebot")
"""Below titles of mail that does not arrive those words say that it does."""
NORMAL = "normal"
"""Mailchimp's word for a leaving without a reason of its own; elsewhere the word of a standing."""
OF_JOINING = re.compile(
    r"subscri|opt(?:ed)? ?in|abonn|abonat|inscri|iscri|suscri|angemeldet|eingetragen|ingeschr|aangemeld|zapisan|подпис|"
    r"підпис|مشترک|prenumer|přihláš|prihlás|feliratkoz"
)
"""What a word has in it that says of mail, and of nothing else, that somebody gets it."""
TICK = "x"
"""Alone in its column it marks those who are meant; beside ✓ or yes it may be a cross."""
NOTHING = _phrases("""
    null, none, nil, nan, nat, n a, na, \\n, <null>, <na>, undefined, 0000 00 00, 0000 00 00 00 00 00, never, blank,
    empty, no date, no value, not set yet, leer, kein datum, vide, vacío, vuoto, leeg, пусто, خالی, فارغ
""") | {""}
"""Cells that only look filled."""
_EMPTY_AS_WRITTEN = frozenset(
    _phrases("""
    [], {}, (), "", '', <>, nan, nat, #nv, #n/v, #n/a, #na, #n/d, #nd, #н/д, #i/t, #yok, #puuttuu!, #hiányzik
""")
)
"""The same with their signs and capitals: what spreadsheets write for #N/A, and programs for an empty list."""
_EMPTY_DATE = re.compile(
    r"(?:1970 0?1 0?1|0?1 0?1 1970|(?:thu\w* )?(?:jan\w* 0?1|0?1 jan\w*) 1970|1969 12 31|31 12 1969|12 31 1969"
    r"|1899 12 3[01]|3[01] 12 1899|12 3[01] 1899|1900 0?1 0?[01]|0?[01] 0?1 1900|0?1 0?[01] 1900"
    r"|000[01] \d{1,2} \d{1,2}|\d{1,2} \d{1,2} 000[01]|(?:1601|1753|1904) 0?1 0?1|0?1 0?1 (?:1601|1753|1904)|1348 10 11"
    r"|9999 12 31|31 12 9999|12 31 9999)"
    r"(?: t?\d[\d +]*(?: ?[a-z]{1,4}\b[+\d ]*)?(?: coordinated universal time)?)?"
)
"""The first and last days of calendars, at whatever hour: that is how programs write that there is no date."""
