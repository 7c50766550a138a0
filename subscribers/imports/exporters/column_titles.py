"""What other programs write into their files of people: titles of columns, and words for who may be mailed. Facts only.

Titles and words stand here as `folded` leaves them: lower case, one space for every `_`, `-`, `.` and run of spaces.
"""

import re

from subscribers.imports.exporters.folding import phrases, tokens
from subscribers.imports.vocabulary import leaving, ordinary_titles, standing_words

ADDRESS = re.compile(
    r"(?:(?:user|subscriber|contact|member|your|work|primary|main|preferred|customer|recipient|reader|kontakt|ihre) )?"
    r"(?:e ?mails?|mail)(?: ?(?:address(?:es)?|adresse?|adress|adres|addr|id|primary|1|1 value|1 address|value|cím))?"
    r"(?: (?:required|pflichtfeld))?"
)
ADDRESSES = phrases("""
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
MAYBE_ADDRESS = phrases("""
    address, addr, adresse, subscriber, subscribers, contact, contacts, member, members, recipient, recipients,
    mailbox, kontakt, empfänger, username, login, value, نشانی, آدرس
""")
"""Titles that hold e-mail addresses in some files and something else in others."""
OTHER_ADDRESS = re.compile(
    r"(?:e ?mail|email)(?: (?:address|adresse))? ?[2-9](?: (?:value|address|adresse))?|additional email addresses|"
    r"(?:second|secondary|alternate|alternative|other|additional|backup|private|personal|home|zweite|weitere|autre) "
    r"(?:e ?mail|email|mail)(?: (?:address|adresse))?"
)
NAME = phrases("""
    name, full name, fullname, display name, displayname, subscriber name, contact name, customer name, user name,
    your name, real name, member name, recipient name, vollständiger name, nom complet, nom et prénom, prénom et nom,
    nombre completo, nombre y apellidos, nome completo, nome e cognome, volledige naam, imię i nazwisko, nom, nombre,
    nome, naam, namn, nimi, navn, имя, фио, полное имя, ad soyad, isim, 姓名, 名前, 氏名, お名前, 이름, نام,
    نام و نام خانوادگی, نام کامل, الاسم, שם
""")
FIRST = phrases("""
    first name, firstname, first, fname, given name, givenname, forename, christian name, vorname, rufname, prénom,
    prénoms, prenom, voornaam, förnamn, fornavn, etunimi, imię, imie, primeiro nome, nombre de pila, primer nombre,
    křestní jméno, jméno, keresztnév, adı, نام کوچک, 名
""")
LAST = phrases("""
    last name, lastname, last, lname, family name, familyname, surname, nachname, familienname, zuname,
    nom de famille, apellido, apellidos, cognome, achternaam, efternamn, etternavn, sukunimi, nazwisko, sobrenome,
    apelido, příjmení, vezetéknév, soyad, soyadı, фамилия, نام خانوادگی, 姓
""")
LAST_BESIDE_FIRST = {
    "name": phrases("vorname, rufname"),
    "nom": phrases("prénom, prénoms, prenom"),
    "naam": phrases("voornaam"),
    "namn": phrases("förnamn"),
    "navn": phrases("fornavn"),
}
"""Titles of a whole name that are the family name where one of these stands beside them."""
FIRST_BESIDE_LAST = phrases("nombre, nome, имя, نام, name, jméno, ad, isim")
LANGUAGE = phrases("""
    language, lang, locale, language code, lang code, preferred language, contact language, user language, sprache,
    langue, idioma, lingua, taal, język, språk, kieli, dil, язык, زبان, اللغة
""")


FILLERS = tokens(
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

LEFT_CORES = phrases("""
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
STAYS_CORES = phrases("""
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
JUST_THE_LETTER = phrases("newsletter, newsletters, marketing, mailing, mailings, marketing emails, email marketing")
"""Yes or no to the letter itself, as shops ask it; in other files the name of a letter."""
CONFIRMING = re.compile(
    r"confirm|verif|validat|activat|approv|double ?opt|\bdoi\b|bestätigt|bestaetigt|confermat|bevestigd|potwierdz|"
    r"подтвер|تأیید|تایید"
)
"""Of these an empty date says that somebody never confirmed."""
STATUS_CORES = phrases("""
    status, state, standing, subscription, subscriber, subscriber type, subscription status, delivery status,
    delivery, zustand, abostatus, anmeldestatus, statut, estado, état, etat, stato, situação, stan, tila, durum,
    type, typ, статус, состояние, وضعیت, الحالة
""")
WEAK = phrases("""
    state, estado, stato, état, etat, stan, type, typ, subscription, subscriber, delivery, zustand, standing, tila
""")
"""Titles that are a part of the postal address, or anything, unless their values are words for standings."""
POSTAL = phrases("state, estado, stato, état, etat, stan")
"""Of these, such as are the state of a postal address as well."""
CODES_OF_STATES = frozenset({"in"})
"""Indiana reads like a yes or a no."""
STATUS_TOKENS = tokens("status statut estado stato zustand stan durum статус وضعیت")

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


def title_speaks_of_leaving(title: str) -> bool:
    """Whether a folded title does. An end of anything else than mail, such as of an event, is none."""
    if SMELL.search(title) or leaving.IN_TITLES.within(title):
        return True
    return leaving.OF_AN_END.within(title) and not ordinary_titles.is_ordinary(title)


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
"""Titles of the date of a yes. Who has none, where others have a date, may never have agreed."""
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

HARMLESS = phrases("""
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
LEFT = phrases("""
    clean time, clean campaign title, clean campaign id, unsub campaign title, unsub campaign id, unsub reason other,
    no bulk emails user opt out, email address quarantined, email address quarantined reason,
    email invalid cause, hard bounce reason enum,
    email hard bounce reason enum, left at, undeliverability date, undeliverability reason, churned unsubscribed at
""")
STANDING = phrases("""
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
"""HubSpot's titles for leaving a kind of mail: these are the kinds that a newsletter is of."""


def bare(title: str) -> str:
    """A folded title without the words that change nothing."""
    return " ".join(word for word in title.split() if word not in FILLERS)


LEFT_CORES |= {phrase for phrase in standing_words.LEFT if leaving.IN_TITLES.within(phrase)}
LEFT_CORES |= {bare(core) for core in LEFT_CORES} - {""}
STAYS_CORES |= {bare(core) for core in STAYS_CORES} - {""}
