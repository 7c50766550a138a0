"""Lines of a saved page that are no part of its story: buttons, dates, bylines, footers. Pure; in many languages.

Every list here is closed and matched against whole lines: a sentence of the story that holds any of these words stays.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

_BUTTONS = """
share|share this|share this article|share this story|share this page|share article|share via
share on|share with
share on facebook|share on twitter|share on x|share on whatsapp|share on linkedin|share via email|sharing|shares|tweet
print|print this|print this article|print this page|print article|print page|printer-friendly version|email|e-mail
email this|email this article|email a friend|send|send to a friend|save|save article|save for later|saved|bookmark
bookmark this|copy link|copy the link|link copied|copied|comment|comments|leave a comment
add a comment
view comments|show comments|post a comment|join the conversation|listen|listen to this article|listen to article|play
pause|play video|watch|watch now|subscribe|subscribe now|subscribe today|sign in|sign up|sign up now|log in|login
log out
register|my account|account|skip to content|skip to main content|skip to navigation|skip links|main content
main navigation|navigation|primary navigation|menu|main menu|open menu|close menu|close|search|search this site
site search|follow|follow us|follow us on facebook|like us on facebook|follow us on twitter|facebook|twitter|x|whatsapp
linkedin|instagram|pinterest|reddit|telegram|messenger|youtube|tiktok|threads|bluesky|mastodon|flipboard|rss|more
accessibility help|accessibility links|advertisement|advertisements|advertising|ad|ads|sponsored|story continues below
article continues below|article continues below advertisement|continue reading below|story continues after advertisement
story continues below advertisement|scroll to continue|continue reading|read more|read full story|show more|load more
see more|view all|back to top|return to top|go to top|top|accept|accept all|accept cookies|reject all|manage cookies
cookie settings|ok|got it|text size|font size|a a|a a a|increase text size|decrease text size|larger text|smaller text
translate|report a mistake|report an error|report this|gift this article|give this article|get the app
download the app|open in app|related|related topics|image|video|audio|photo|gallery|photos|view gallery|open gallery
view image in fullscreen|open image in gallery|image caption|image source|media caption|read aloud|toggle navigation
home page|back|next|previous|previous article|next article|newsletter|newsletters|support us|donate|shop|cart|weather
live tv|watch live|watch live tv|e-paper|epaper|today's paper|published|updated|last updated|posted|author|authors|by
teilen|drucken|merken|kommentare|kommentieren|anzeige|werbung|vorlesen|artikel anhören|artikel teilen|artikel drucken
newsletter abonnieren|anmelden|abonnieren|startseite|zum inhalt springen|suche|menü|zurück|zur startseite
partager|imprimer|commenter|commentaires|enregistrer|écouter|écouter l'article|publicité|s'abonner|se connecter
lire plus tard|accueil|rechercher|recherche|aller au contenu|envoyer par e-mail|copier le lien|offrir cet article
compartir|imprimir|guardar|comentarios|comentar|enviar|publicidad|suscríbete|suscribirse|iniciar sesión|escuchar|inicio
buscar|menú|ir al contenido|compartilhar|salvar|publicidade|assine|entrar|ouvir|início|condividi|stampa|salva|commenti
pubblicità|abbonati|accedi|ascolta|delen|afdrukken|bewaren|reacties|advertentie|del|skriv ut|annons|поделиться|печать
распечатать|сохранить|комментарии|реклама|подписаться|войти|меню|поиск|paylaş|yazdır|kaydet|yorumlar|reklam|abone ol
اشتراک‌گذاری|اشتراک گذاری|به اشتراک بگذارید|به اشتراک گذاشتن|هم‌رسانی|همرسانی|چاپ|نسخه چاپی|ذخیره|نظرات|نظر|دیدگاه‌ها
ارسال نظر|ارسال به دوستان|آگهی|تبلیغات|تبلیغ|ورود|عضویت|خانه|صفحه اصلی|صفحه نخست|جستجو|فهرست|منو|بازگشت|لینک کوتاه
کپی لینک|شنیدن خبر|مشاركة|شارك|شارك على فيسبوك|طباعة|حفظ|تعليقات|التعليقات|إعلان|إعلانات|اشترك|تسجيل الدخول|الرئيسية
بحث|القائمة|استمع|نسخ الرابط|שתף|שיתוף|הדפסה|שמור|תגובות|פרסומת|כניסה|חיפוש|תפריט|האזנה
"""
_EXACT = frozenset(word for line in _BUTTONS.strip().splitlines() for word in line.split("|"))
_PATTERNS = re.compile(
    r"""
      \d[\d,.]*+\s*+[km]?\s++(comments?|shares?|views?|likes?|reads?|retweets?|claps?|reactions?)
    | (comments?|shares?|views?|likes?)\s*+[:(]?\s*+\d[\d,.]*+\s*+[km]?\)?
    | (\d+|one|two|three|four|five|six|seven|eight|nine|ten)[\s-]min(ute)?s?\s++(read|listen|watch)
    | (estimated\s++)?reading\s++time:?.{0,20}
    | lesezeit:?.{0,20} | temps\s++de\s++lecture:?.{0,20} | lecture\s++\d+\s++min\.?
    | زمان\s++مطالعه:?.{0,20}
    | (image|photo|picture|media|video)\s++(source|caption|credit)\s*+[,:].{0,200}
    | (follow|like)\s++(us|me)\s++on\s++.{1,40}
    | (please\s++)?(enable|turn\ on)\s++javascript.{0,80} | your\s++browser\s++does\s++not\s++support.{0,80}
    | (this|our)\s++(web)?site\s++uses\s++cookies.{0,300} | we(\s++and\s++our\s++partners)?\s++use\s++cookies.{0,300}
    | (jump|skip)\s++to\s++.{1,30}
    | search\s++\S{1,30}(\s++\S{1,30})?
    | [\W_]+
    """,
    re.VERBOSE | re.IGNORECASE,
)
_BETWEEN = re.compile(r"[\s|/,·•]+")
_SHARING = frozenset(
    [
        "share",
        "print",
        "save",
        "email",
        "tweet",
        "copy-link",
        "comment",
        "facebook",
        "twitter",
        "whatsapp",
        "linkedin",
        "x",
        "listen",
        "teilen",
        "drucken",
    ]
)
_SHARING_TOO = _SHARING | frozenset(
    ["e-mail", "comments", "reddit", "pinterest", "merken", "this", "page", "article", "a", "-", "+"]
)
_FOOTER = re.compile(
    r"(copyright|©|\(c\)|all\s+rights\s+reserved|terms\s+(of\s+(use|service)|and\s+conditions|&\s+conditions)|privacy\s+policy"
    r"|cookie\s+policy|contact\s+us|about\s+us|alle\s+rechte\s+vorbehalten|tous\s+droits\s+réservés"
    r"|todos\s+los\s+derechos|تمام(ی)?\s+حقوق|کلیه\s+حقوق|جميع\s+الحقوق)",
    re.IGNORECASE,
)
_RELATED = re.compile(
    r"(related|more)\s+(articles?|stories|news|content|coverage|reading|links|topics)|more\s+(on\s+this(\s+story)?|from\s.{2,40})"
    r"|(you\s+(may|might)\s+also\s+like|read\s+(also|next)|also\s+read|recommended(\s+for\s+you)?|most\s+(read|popular|viewed)"
    r"|popular\s+(stories|articles)|top\s+stories|latest\s+(news|stories)|trending(\s+now)?|around\s+the\s+web|editors?['’]?s?\s+picks?"
    r"|what\s+to\s+read\s+next|up\s+next|mehr\s+zum\s+thema|lesen\s+sie\s+auch|à\s+lire\s+aussi|sur\s+le\s+même\s+sujet"
    r"|lee\s+también|noticias\s+relacionadas|leggi\s+anche|مطالب\s+مرتبط|اخبار\s+مرتبط|بیشتر\s+بخوانید|اقرأ\s+أيضا|مواضيع\s+ذات\s+صلة"
    r"|читайте\s+также)\s*:?",
    re.IGNORECASE,
)


def is_button(line: str) -> bool:
    """A control, a counter, an advertisement's label, a caption of a picture that is not there."""
    if len(line) > 400:
        return False
    plain = line.strip(" \t•·|>»›-–—+*[]():…").replace("’", "'").casefold()
    return not plain or plain in _EXACT or _is_share_bar(plain) or bool(_PATTERNS.fullmatch(" ".join(line.split())))


def _is_share_bar(line: str) -> bool:
    """Buttons in a row: “Share Facebook | X · Copy link”."""
    words = [word for word in _BETWEEN.split(line.replace("copy link", "copy-link")) if word not in {"", "and", "or"}]
    return len(words) > 1 and words[0] in _SHARING and all(word in _SHARING_TOO for word in words)


def is_footer(line: str) -> bool:
    """Copyright and the like: short, and only below the story."""
    return len(line) <= 200 and bool(_FOOTER.search(line))


def starts_related(line: str) -> bool:
    """The heading above links to other stories."""
    return bool(_RELATED.fullmatch(line.strip()))


_NAME_WORD = r"(?:[^\W\d_a-z][\w.'’-]*)"
_PARTICLES = r"(?:de|da|di|del|della|van|von|der|den|zu|al|el|bin|ibn|la|le|du|dos|y|e|and|und|et|with|&)"
_NAMES = rf"{_NAME_WORD}(?:[ ,]+(?:{_NAME_WORD}|{_PARTICLES})){{0,9}}"
_VERBS = "words|written|reported|reporting|story|text|report|analysis|opinion|posted|published"
_BY = rf"(?:(?:{_VERBS})\s+by|by|von|par|por|da|di|door|av|af)"
_BYLINE = re.compile(
    rf"(?i:{_BY})[:\s]+(?P<names>{_NAMES})(?P<rest>(?:\s*[|,·•–—-]\s*|\s+(?=for\s|in\s)).{{0,80}})?"
    r"(?i:\s+(?:staff|reporter|correspondent|editor))*"
)
_JOB = re.compile(
    r"\b(editor|reporter|correspondent|writer|staff|chief|news|columnist|producer|desk|bureau|journalist|redakteurin?)\b",
    re.IGNORECASE,
)
_LABELLED = re.compile(
    r"(?:author|authors|writer|reporter|autor|autorin|auteur|autore|نویسنده|نویسندگان|خبرنگار|گزارشگر|به\s+قلم|بقلم|الكاتب|كتب|"
    r"автор|yazar|מאת)(?:\s*:\s*|\s+(?=[^\x00-\x7f]))(?P<names>\S.{1,80})",
    re.IGNORECASE,
)


def byline_of(line: str) -> str:
    """The names in a byline (`By Ada Example, City editor` → `Ada Example`), or an empty string."""
    line = " ".join(line.split()).lstrip("•-–— ")
    if len(line) > 120:
        return ""
    match = _BYLINE.fullmatch(line)
    if match is None or line.endswith((".", "?", "!", "…")):
        match = _LABELLED.fullmatch(line) if len(line.split()) <= 9 and not line.endswith((".", "?")) else None
    # “By Friday” and “By March 2027” are the beginnings of sentences.
    if match is None or _DATE_WORDS.match(match["names"]):
        return ""
    return _names_only(match["names"].strip(" ,|·•-–—"))


def _names_only(names: str) -> str:
    """`Ada Example, HCN` and `Ada Example, City Editor` name one person; `Ada Example, Ben Beispiel` two."""
    first, *others = (part.strip() for part in names.split(","))
    people = [part for part in others if len(part.split()) >= 2 and not _JOB.search(part)]
    return ", ".join([first, *people])


_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar janvier enero gennaio januari",
            "february feb februar février febrero febbraio",
            "march mar märz mars marzo",
            "april apr avril abril aprile",
            "may mai mayo maggio mei",
            "june jun juni juin junio giugno",
            "july jul juli juillet julio luglio",
            "august aug août agosto",
            "september sep sept septembre septiembre settembre",
            "october oct oktober octobre octubre ottobre okt",
            "november nov novembre noviembre",
            "december dec dezember décembre diciembre dicembre dez",
        ),
        start=1,
    )
    for name in names.split()
}
_OTHER_MONTHS = (
    "فروردین|اردیبهشت|خرداد|تیر|مرداد|شهریور|مهر|آبان|آذر|دی|بهمن|اسفند|ژانویه|فوریه|مارس|آوریل|مه|ژوئن|ژوئیه|اوت|سپتامبر|"
    "اکتبر|نوامبر|دسامبر|يناير|فبراير|أبريل|إبريل|مايو|يونيو|يوليو|أغسطس|سبتمبر|أكتوبر|نوفمبر|ديسمبر|"
    "января|февраля|марта|апреля|мая|июня|июля|августа|сентября|октября|ноября|декабря"
)
_DATE_WORDS = re.compile(
    rf"""\b(published|posted|updated|last|modified|first|created|on|at|at:|date|time|ago|hours?|hrs?|minutes?|mins?|days?|weeks?|
    today|yesterday|of|the|st|nd|rd|th|am|pm|a\.m\.?|p\.m\.?|gmt|bst|utc|cet|cest|est|edt|et|pst|pdt|pt|ist|aest|hkt|jst|sgt|uhr|h|kl|
    mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun|(mon|tues|wednes|thurs|fri|satur|sun)day|
    montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|veröffentlicht|aktualisiert|stand|vom|am|um|
    lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|publié|mis|à|jour|le|
    lunes|martes|miércoles|jueves|viernes|sábado|domingo|publicado|actualizado|el|de|
    انتشار|منتشر|شده|در|تاریخ|به‌روزرسانی|بروزرسانی|روزرسانی|به|ساعت|شنبه|یکشنبه|یک‌شنبه|دوشنبه|سه‌شنبه|چهارشنبه|پنجشنبه|پنج‌شنبه|جمعه|پیش|دقیقه|روز|
    نشر|تاريخ|آخر|تحديث|الساعة|السبت|الأحد|الاثنين|الإثنين|الثلاثاء|الأربعاء|الخميس|الجمعة|منذ|
    {"|".join(_MONTHS)}|{_OTHER_MONTHS})\b""",
    re.VERBOSE | re.IGNORECASE,
)
_ISO = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2}))?")
_DAY_FIRST = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th|\.)?\s+(?:de\s+)?([^\W\d_]{3,})\.?,?\s+(?:de\s+)?(\d{4})\b")
_DOTTED = re.compile(r"\b(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})\b")
_MONTH_FIRST = re.compile(r"\b([^\W\d_]{3,})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})\b")


@dataclass(frozen=True, kw_only=True)
class DateLine:
    """A line that holds a date and nothing else; ``date`` only when it can be read without doubt."""

    date: datetime | None


def date_of(line: str) -> DateLine | None:
    """The line as a date line, or None. `3/4/2026` is a date line, but nobody knows which date."""
    if len(line) > 100 or not any(character.isdigit() for character in line):
        return None
    left = re.sub(r"(?<!\d)\d++(?=(st|nd|rd|th|am|pm)\b)", "", line, flags=re.IGNORECASE)
    left = re.sub(r"[\d\W_]+", " ", _DATE_WORDS.sub(" ", re.sub(r"(?<=\d)(?=[^\W\d])|(?<=[^\W\d])(?=\d)", " ", left)))
    if left.strip() or not (_DATE_WORDS.search(line) or re.search(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}", line)):
        return None
    return DateLine(date=read_date(line))


def read_date(line: str) -> datetime | None:
    """The date in a line, where it can be read without doubt."""
    if match := _ISO.search(line):
        year, month, day, hour, minute = (int(part or 0) for part in match.groups())
        return _date(year, month, day, hour, minute)
    if match := _DAY_FIRST.search(line):
        return _date(int(match[3]), _MONTHS.get(match[2].casefold(), 0), int(match[1]))
    if match := _MONTH_FIRST.search(line):
        return _date(int(match[3]), _MONTHS.get(match[1].casefold(), 0), int(match[2]))
    if match := _DOTTED.search(line):
        # Written with dots, the day stands first wherever people write so.
        return _date(int(match[3]), int(match[2]), int(match[1]))
    return None


def _date(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime | None:
    try:
        return datetime(year, month, day, hour, minute, tzinfo=UTC) if 1900 <= year <= 2200 else None
    except ValueError:
        return None
