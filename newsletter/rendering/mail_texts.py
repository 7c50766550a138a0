"""The few words that a mail itself says, in the languages we know; any other language gets English."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class MailTexts:
    view_in_browser: str
    unsubscribe: str
    issue: str
    """With ``{number}``."""
    read_on: str
    by: str
    """Put before a byline that does not say it already; ``{name}`` is the byline."""
    photo: str
    """With ``{credit}``."""
    links: str
    """Over the addresses of links in the text part."""
    test: str
    """Over a test issue."""
    test_mark: str
    """Before the subject of a test issue."""


_ENGLISH = MailTexts(
    view_in_browser="View in browser",
    unsubscribe="Unsubscribe",
    issue="Issue {number}",
    read_on="Read on",
    by="By {name}",
    photo="Photo: {credit}",
    links="Links",
    test="This is a test. It went to you alone, not to the list.",
    test_mark="[Test]",
)

_WORDS = {
    "en": _ENGLISH,
    "de": MailTexts(
        view_in_browser="Im Browser ansehen",
        unsubscribe="Abmelden",
        issue="Ausgabe {number}",
        read_on="Weiterlesen",
        by="Von {name}",
        photo="Foto: {credit}",
        links="Links",
        test="Dies ist ein Test. Er ging nur an Sie, nicht an die Liste.",
        test_mark="[Test]",
    ),
    "fr": MailTexts(
        view_in_browser="Voir dans le navigateur",
        unsubscribe="Se désabonner",
        issue="Numéro {number}",
        read_on="Lire la suite",
        by="Par {name}",
        photo="Photo : {credit}",
        links="Liens",
        test="Ceci est un test, envoyé à vous seul et non à la liste.",
        test_mark="[Test]",
    ),
    "es": MailTexts(
        view_in_browser="Ver en el navegador",
        unsubscribe="Darse de baja",
        issue="Número {number}",
        read_on="Seguir leyendo",
        by="Por {name}",
        photo="Foto: {credit}",
        links="Enlaces",
        test="Esto es una prueba. Se envió solo a usted, no a la lista.",
        test_mark="[Prueba]",
    ),
    "fa": MailTexts(
        view_in_browser="نمایش در مرورگر",
        unsubscribe="لغو اشتراک",
        issue="شمارهٔ {number}",
        read_on="ادامهٔ مطلب",
        by="نوشتهٔ {name}",
        photo="عکس: {credit}",
        links="پیوندها",
        test="این نسخهٔ آزمایشی است و فقط برای شما فرستاده شده است.",
        test_mark="[آزمایشی]",
    ),
    "ar": MailTexts(
        view_in_browser="عرض في المتصفح",
        unsubscribe="إلغاء الاشتراك",
        issue="العدد {number}",
        read_on="متابعة القراءة",
        by="بقلم {name}",
        photo="الصورة: {credit}",
        links="الروابط",
        test="هذه رسالة تجريبية أُرسلت إليك وحدك ولم تُرسل إلى القائمة.",
        test_mark="[تجربة]",
    ),
    "he": MailTexts(
        view_in_browser="צפייה בדפדפן",
        unsubscribe="הסרה מרשימת התפוצה",
        issue="גיליון {number}",
        read_on="להמשך הקריאה",
        by="מאת {name}",
        photo="צילום: {credit}",
        links="קישורים",
        test="זוהי הודעת ניסיון. היא נשלחה רק אליכם ולא לרשימה.",
        test_mark="[ניסיון]",
    ),
}


def of(language: str) -> MailTexts:
    """The words of a language tag such as ``de`` or ``fa-IR``."""
    return _WORDS.get(language.replace("_", "-").split("-")[0].lower(), _ENGLISH)


_PHOTO = re.compile(
    r"^\s*(?:photo(?:graph)?s?|picture|image|foto(?:s|graf(?:ie)?)?|bild(?:er)?|fotograf[ií]a|imagen|عکس|تصویر|الصورة|صورة"
    r"|צילום|תמונה)(?:\s*[:：]|\s+(?:by|von|par|por)\b)\s*",
    re.IGNORECASE,
)


def photo(credit: str, *, language: str) -> str:
    """“Photo: Orla Finch”, once, also where the credit was typed with that word in whichever language."""
    name = _PHOTO.sub("", credit).strip()
    return of(language).photo.replace("{credit}", name) if name else ""


def byline(name: str, *, language: str) -> str:
    """“By Ada Example”, unless the byline says so itself."""
    template = of(language).by
    prefix = template.partition("{")[0].strip()
    if not name or name.casefold().startswith(prefix.casefold() + " "):
        return name
    return template.replace("{name}", name)
