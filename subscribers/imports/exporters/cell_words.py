"""Words that programs write into cells for who may be mailed, as `folding.spoken` leaves them. Facts only."""

import re
from enum import StrEnum

from subscribers.imports.exporters.folding import SIGNED, is_nothing, phrases, tokens
from subscribers.imports.vocabulary import leaving, standing_words


def is_unsure(word: str) -> bool:
    """Whether a `spoken` cell may as well be a yes as a no: out, ×, ?, -1."""
    if word in UNSURE or SIGNED.fullmatch(word):
        return True
    first, _, second = word.partition(" ")
    if (first in YES and second in NO) or (first in NO and second in YES):
        return True  # 0/1
    signs = not is_nothing(word) and word not in YES and word not in NO
    return signs and not any(character.isalnum() for character in word)


class Word(StrEnum):
    """What a word in a column of standings says of a person."""

    STAYS = "stays"
    LEFT = "left"
    """Left, bounced, complained, barred: no later file may wake them either."""
    ASKED = "asked"
    """Not confirmed, or no consent on record: not imported, and free to come by another way."""


VALUE_SMELL = re.compile(
    r"\bunsub|\bun subscr|\bopt(?:ed)? ?out\b|black ?list|block ?list|\bbounced\b|\bhard ?bounc|\bcomplained\b|"
    r"\bsuppressed\b|\bcleaned\b|\bdo not (?:e ?mail|mail|contact)|\bnon ?member|abgemeldet|ausgetragen|abbestellt|"
    r"désinscrit|desinscrit|désabonn|desabonn|dad[oa] de baja|desuscrit|descadastr|disiscritt|uitgeschreven|afgemeld|"
    r"wypisan|отписа|لغو (?:اشتراک|عضویت|شده)|"
    r"\b(?:no|without|stop) (?:e ?mails?|mails?|newsletters?)\b|\bformer\b|\bex ?(?:member|patron|subscriber)|"
    r"\bdisabled by\b|\bchurned\b|\bquit\b|\blapsed\b|"
    r"nicht (?:anschreib|kontakt|mailen|senden)|ne (?:pas|plus) (?:contact|envoy|écri)|no enviar|non inviare|opgezegd"
)
"""What a cell that speaks of leaving has in it, below a title that says nothing."""
VALUE_HEADS = tokens(
    """
    uns un opt bla blo bou har com sup cle do don no non abg aus abb dés des dad de dis uit afg wyp отп لغو wit sto for
    ex exm exp exs chu qui lap nic ne opg
    """
)
"""How the first of its words begin: of a million names few do."""


def speaks_of_leaving(word: str) -> bool:
    """Whether a folded cell does, in whatever language."""
    return bool(VALUE_SMELL.search(word)) or leaving.IN_CELLS.within(word)


WORDS: dict[str, Word] = {
    **dict.fromkeys(standing_words.STAYS, Word.STAYS),
    **dict.fromkeys(standing_words.LEFT, Word.LEFT),
    **dict.fromkeys(
        phrases("""
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
        phrases("""
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
        phrases("""
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
SOFT = phrases("""
    active, inactive, aktiv, inaktiv, actif, inactif, activo, activa, inactivo, inactiva, attivo, attiva, inattivo,
    actief, inactief, ativo, ativa, inativo, enabled, disabled, pending, member, ok, valid, invalid, current, free,
    paid, comp, normal, regular, premium, held, left, gone, clean, failed, expired, rejected, archived, deleted,
    removed, cancelled, canceled, blocked, waiting, accepted, allowed, implied, express, explicit, deliver, verified,
    approved, confirmed, cancelado, cancelada, cancellato, eliminado, transactional, invited, unpaid, paused, past due,
    on hold, not set, dead, suspended, closed, ended, denied, declined, terminated, granted, allow, send, iptal, pasif,
    aktif, 正常, 有效, 无效, 有効, 無効, 정상, 취소, فعال, غیر فعال, غیرفعال
""")
"""Words that a status of anything else uses, too: an order is cancelled, a lead is active."""

YES = phrases("""
    yes, y, true, t, 1, x, on, ja, j, oui, si, sí, sì, s, sim, tak, da, igen, evet, да, بله, بلی, آری, نعم, wahr, vrai,
    verdadero, vero, ✓, ✔, ☑, ✅, checked
""") | frozenset(standing_words.YES)
NO = phrases("""
    no, n, false, f, 0, off, nein, non, não, nie, ne, nee, nem, hayır, нет, خیر, نه, لا, falsch, faux, falso, ☐,
    unchecked
""") | frozenset(standing_words.NO)
UNSURE = frozenset(standing_words.UNSURE)
CROSSES = frozenset("×✗✘✖❌☒")
"""Signs that are a no, or a tick."""
REASONS = tokens(
    """
    reason reasons cause detail details feedback campaign comment text grund raison motif motivo reden przyczyna powód
    причина دلیل
    """
)
"""Words of titles below which anything may be said of a leaving."""
CODES = {"nomail": phrases("u, b, a, on u, on b, on a"), "optout status": phrases("all, blast, basic")}
"""Titles whose letters name who turned mail off: the user, bounces, an admin (Mailman 2); or how much (Sailthru)."""
OF_THIS_CHANNEL = phrases("email, e mail, emails, e mails, email sms, email and sms, email whatsapp")
"""What somebody left or is barred from, where a title says that they did."""
FINE = phrases("ok, valid, deliverable, verified")
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
