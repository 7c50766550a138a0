# ruff: noqa: E501 each list of words stays whole
"""The words of marks behind which a text is for members only, whatever program or person wrote them. Pure.

A mark is a comment, a shortcode or a line of its own that holds nothing but such words: “premium start”, “nur für
Mitglieder”, “end of the free preview”. One other word makes it a sentence, and no mark.
"""

import re
from enum import StrEnum


def _all(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


_WALLS = _all("paywall paywalls paywalled bezahlschranke bezahlmauer betaalmuur")
_PAYING = _WALLS | _all(
    "member members membership memberships subscriber subscribers subscription subscriptions premium paid paying",
    "supporter supporters patron patrons",
    "mitglied mitglieder mitgliedern mitgliederbereich abonnent abonnenten abonnentinnen abo abos abonnement bezahlinhalt",
    "bezahlbereich zahlende zahlenden unterstützer unterstützerinnen",
    "abonné abonnés abonnée abonnées membre membres adhérents payant payante payants",
    "suscriptor suscriptores suscriptoras suscriptor@s abonados abonado miembro miembros socio socios socias",
    "assinante assinantes membro membros sócio sócios apoiadores abbonato abbonati abbonate membri soci pagamento",
    "abonnee abonnees leden betaald betaalde prenumerant prenumeranter abonnenter medlem medlemmar medlemmer",
    "подписчик подписчики подписчиков подписчикам подписка подписке платный платная платное членам участникам",
    "abone aboneler abonelere üye üyeler üyelere ücretli",
    "subskrybent subskrybentów subskrybenci prenumerator prenumeratorów abonent abonentów członkowie członków płatne płatny",
    "مشترک مشترکان مشترکین اعضا اعضای عضو پولی اشتراک",
    "المشتركين للمشتركين مشتركين الأعضاء للأعضاء مدفوع المدفوع المشتركون",
    "מנוי מנויים למנויים חברים לחברים בתשלום",
)
_SHUT = _all(
    "plus exclusive exclusiv exklusiv exclusif exclusivo restricted restrict locked protected private gesperrt geschützt",
    "ویژه مخصوص اختصاصی حصري خاص",
)
"""Words that speak of members where another word of the mark does."""
_ONLY = _all(
    "only exclusively reserved nur ausschließlich exklusiv vorbehalten réservé réservée réservés seulement uniquement exclusivement",
    "solo sólo solamente exclusivo exclusivamente reservado só somente apenas riservato riservata soltanto alleen uitsluitend endast",
    "bara kun только sadece yalnızca tylko wyłącznie فقط تنها ویژه مخصوص فقط حصريا رק רק בלבד",
)
_BEGINS = _all(
    "start starts begin begins beginning beginn beginnt anfang ab from below hier here début commence inicio início empieza inizio",
    "início começa vanaf från fra начало начинается başlangıç początek od آغاز شروع بداية تبدأ",
)
_ENDS = _all(
    "end ends ending ende endet stop stops close closes fin finit fim fine termina einde eindigt slut slutt конец son bitiş koniec",
    "پایان نهاية endfree",
)
_FREE = _all(
    "free freely preview teaser public frei freie freien kostenlos kostenlose kostenlosen gratis vorschau leseprobe lesbar lesbaren",
    "gratuit gratuite libre aperçu gratuito gratuita anteprima бесплатно бесплатной ücretsiz bezpłatny رایگان مجاني endfree",
)
_CONTENT = _all(
    "content contents section area part text article post story issue block zone view",
    "inhalt inhalte teil teils teiles bereich artikel beitrag abschnitt contenu partie suite article contenido contenidos parte",
    "artículo conteúdo artigo contenuto contenuti articolo articoli inhoud deel innehåll indhold innhold контент часть içerik treść",
    "część مطلب بخش محتوا ادامه المحتوى محتوى",
)
_SMALL = _all(
    "the a an this these that of on in for to is are and all our line point now more access wp kg card mark marker divider true yes",
    "der die das den dem des dieser diese dies und für von an wird ist zeile jetzt unsere",
    "le la les l aux à de du des pour ici partir cet cette ce et est nos",
    "el los las para desde aquí este esta y de a o os as esta daqui aqui da do das dos per gli i il da qui questo",
    "voor deze dit het hier för den denna til for dette här",
    "для этот отсюда здесь için bu buradan dla tego stąd",
    "برای این از اینجا به بعد لل هذا من هنا",
)
_KNOWN = _PAYING | _SHUT | _ONLY | _BEGINS | _ENDS | _FREE | _CONTENT | _SMALL
_MOST = 9
_MOST_WITH_A_NAME = 4
_WORD = re.compile(r"[^\W\d_]+")
_SHORTCODE = re.compile(
    r"(?P<ends>/\s*|end[_-]?(?=[a-z]))?(?P<name>[A-Za-z][\w-]{1,60})(?P<rest>[\s:=].*)?", re.DOTALL | re.IGNORECASE
)
_NUMBERS = re.compile(r"[\s\d,]*+")
_QUOTES = frozenset("\"'“”")
_SHUTS = re.compile(
    r"pay-?wall|members?(?:only|hips?|ful|press)?|emember|subscribers?|premium|paid|patreon|restrict(?:ed|ions?)?|protect(?:ed|or)?"
    r"|private|passster|loggedin|mepr|wlm|rcp|ihc|s2if"
)
"""A part of a shortcode's name: `pms-restrict`, `wcm_content_restricted`."""
_WEAK = frozenset({"private", "protect", "protected", "restricted", "paid"})
"""Names that an editor may put in brackets, too; they are marks where `[/private]` follows."""
_SERVES = _all(
    "login logout form forms list register registration account profile signup subscribe button link links count counter name names",
    "plans plan levels level pricing price checkout directory menu page url nav widget user email message messages card cards",
    "search table map gallery photo avatar since",
)
"""What a shortcode shows that is no text: `[members_login]`."""


class Kind(StrEnum):
    """What a mark does to the text that follows."""

    NONE = ""
    OPENS = "opens"
    CLOSES = "closes"


def of_comment(text: str) -> Kind:
    """The kind of a comment between writers, or for a program: any of the family's words is enough."""
    words = _words(text.split("{")[0])
    if not words or len(words) > _MOST:
        return Kind.NONE
    return _kind(words, ends=text.lstrip(" !*").startswith("/") and not text.lstrip(" !*").startswith("//"))


def of_shortcode(text: str, *, closed: frozenset[str] = frozenset()) -> Kind:
    """The kind of what stands in brackets: `pms-restrict`, `/members`, `members only`, `wlm_private "Gold"`.

    ``closed`` are names of which the text has a closing shortcode.
    """
    match = _SHORTCODE.fullmatch(text.strip())
    # “[members of the council]” is a remark in a quotation.
    if match is None or not _are_attributes(match["rest"] or ""):
        return of_comment(text) if _says_only(_words(text)) else Kind.NONE
    name = match["name"].casefold()
    parts = re.split(r"[_-]+", name)
    if name in _WEAK and name not in closed:
        return Kind.NONE
    if _SERVES.intersection(parts) or not any(_SHUTS.fullmatch(part) for part in parts):
        return Kind.NONE
    return Kind.CLOSES if match["ends"] else Kind.OPENS


def _are_attributes(said: str) -> bool:
    """What may stand behind the name of a shortcode: values, something quoted, numbers, something in brackets."""
    said = said.strip()
    is_quoted = len(said) > 1 and said[0] in _QUOTES and said[-1] in _QUOTES
    return "=" in said or is_quoted or ("(" in said and said.endswith(")")) or bool(_NUMBERS.fullmatch(said))


def of_tag(name: str) -> Kind:
    """The kind of an element by its name: `<paywall>`, `<MembersOnly>`."""
    parts = _words(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name))
    return Kind.OPENS if parts and _PAYING.intersection(parts) and _KNOWN.issuperset(parts) else Kind.NONE


def of_line(line: str) -> Kind:
    """The kind of a line of its own: it says “only”, “from here on”, “paywall”; a heading hides nothing."""
    plain = line.strip()
    words = _words(plain)
    if not words or len(words) > _MOST or plain.startswith("#") or re.search(r"[,;?.]", plain):
        return Kind.NONE
    is_plain = plain[0].isalnum() and plain[-1].isalnum()
    if not is_plain and _WALLS.intersection(words):
        return _kind(words, ends=False)
    return _kind(words, ends=False) if _KNOWN.issuperset(words) and _says_only(words) else Kind.NONE


def _says_only(words: list[str]) -> bool:
    said = set(words)
    told = bool(said & (_ONLY | _BEGINS | _ENDS)) or (len(words) == 1 and said <= _WALLS)
    return told and bool(said & (_PAYING | _FREE))


def _kind(words: list[str], *, ends: bool) -> Kind:
    said = set(words)
    unknown = len(said - _KNOWN)
    # A product's name beside the word: “Steady paywall”.
    if unknown > (1 if said & _WALLS and len(words) <= _MOST_WITH_A_NAME else 0):
        return Kind.NONE
    ends = ends or bool(said & _ENDS)
    if said & _PAYING or (said & _SHUT and said & (_CONTENT | _BEGINS | _ENDS)):
        return Kind.CLOSES if ends else Kind.OPENS
    if not said & _FREE or not said & (_BEGINS | _ENDS):
        return Kind.NONE
    # Where the free part ends, the other begins.
    return Kind.OPENS if ends else Kind.CLOSES


def _words(text: str) -> list[str]:
    return _WORD.findall(text.replace("\u200c", "").casefold())
