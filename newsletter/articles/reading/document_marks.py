"""How HTML shows that some of it is not for readers: classes, styles and words of programs and sites. Pure."""

import json
import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import islice
from typing import Any

Element = Any
"""An element of lxml, which brings no types."""

_READ_MORE = (
    r"read\s+(?:more|also|next|on)|also\s+read|see\s+also|more\s+on\s+this|related(?:\s+(?:stories|articles?))?|you\s+(?:may|might)\s+also\s+like"
    r"|mehr\s+zum\s+thema|lesen\s+sie\s+auch|lies\s+auch|à\s+lire\s+aussi|lire\s+aussi|lee\s+también|lea\s+también|leia\s+também|leggi\s+anche|lees\s+ook"
    r"|läs\s+också|les\s+også|læs\s+også|czytaj\s+(?:także|też)|читайте\s+также|بیشتر\s+بخوانید|مطلب\s+مرتبط|اقرأ\s+أيض[اًا]*"
)
WORTH_IT = re.compile(
    r"cmnt|google\.com/url|docs-internal-guid|doc-content|googleusercontent\.com/fonts|mso|urn:schemas-microsoft"
    r"|class=(?:[\"'][^\"'>]*\b)?(?:title|subtitle)\b|sdfootnote|libreoffice"
    r"|pay-?wall|members?|subscri|premium|paid|restrict|memberful|patreon|kg-|gated|display\s*:\s*none|visibility\s*:\s*hidden|\shidden"
    r"|amp-access|abonn|mitglied|abbonat|assinante|suscriptor|leden|prenumer|подпис|üyele|مشترک|اعضا|مشترك|أعضاء|מנוי|gmail_|moz-(?:signature|cite|forward)|appendonsend|divRplyFwdMsg|OutlookMessageHeader|reference-message|signature|yahoo_quoted|protonmail_|type=[\"']?cite|comment|<ins|<del|insertion|deletion|properties|status-draft|read-?more|related|upgrade|isAccessibleForFree|post-password|\bad[-_\s\"'>]|adsbygoogle|advert|sponsor|anzeige|werbung|publici|pubblicit|annons|rekl|реклам|آگهی|تبلیغ|علان|פרסומת|scroll\s+to|continues?\s+(?:below|after|reading)"
    rf"|{_READ_MORE}|\btoc\b|toc-container|lwptoc|table-of-contents|post-password",
    re.IGNORECASE,
)
GOOGLE = re.compile(
    r"google\.com/url|#cmnt|docs-internal-guid|<body\b[^<>]*\bdoc-content\b|googleusercontent\.com/fonts", re.IGNORECASE
)
"""A document that Google exported, or that was copied from its editor."""
_WALL = re.compile(
    r"(?:\S*-)?(?:paywall(?!-jump)\S*|gh-post-upgrade-cta\S*|gh-(?:content-)?cta|members?-only(?:-content)?|subscribers?-only(?:-content)?"
    r"|premium-content|paid-content|locked-content|kg-paywall\S*|piano-\S+|post-password-form|subscriber-content|leaky_paywall_message\S*)",
    re.IGNORECASE,
)
_NO_WALL = re.compile(
    r"(?:^|[-_])(?:no|non|not|without|off|free|open|opened|none|disabled?|inactive|unlocked|bypass(?:ed)?|passed|removed?|hide)(?:[-_]|$)",
    re.IGNORECASE,
)
WALL_MARK = re.compile(
    r"(?:^|\s)(?:paywall-jump|kg-paywall-divider|members?-only-(?:mark|divider)|paywall-divider)(?:\s|$)", re.IGNORECASE
)
EMPTY_WALL = re.compile(r"(?:^|[\s_-])(?:pay-?wall|members?-?only)(?:$|[\s_-])", re.IGNORECASE)
"""Of an element without words: software puts its offer there, and hides what follows."""
BOX = re.compile(
    r"(?:^|\s)(?:subscription-widget\S*|subscribe-widget\S*|subscribe-(?:box|form|prompt)\S*|newsletter-(?:signup|sign-up|box|form|promo)\S*"
    r"|kg-signup-card\S*|kg-cta-card\S*|kg-product-card\S*|signup-(?:box|form)\S*|mc4wp-form\S*|jetpack_subscription\S*"
    r"|wp-block-jetpack-subscriptions\S*|read-?more(?:-box|-links?|-block)?|read-?also|read-?next|related(?:-(?:posts?|articles?|stories|links?|content|box))?"
    r"|inline-related\S*|jp-relatedposts|yarpp\S*|more-on|recommended(?:-(?:posts?|articles?|stories))?|substack-post-embed|embedded-post-wrap"
    r"|sharedaddy|social-share\S*|share-buttons?\S*|post-ufi\S*)(?:\s|$)",
    re.IGNORECASE,
)
ADVERT = re.compile(
    r"(?:^|\s)(?:ads?|advert(?:isement)?s?|ad[-_](?:container|slot|wrapper|unit|label|box|banner|block)\S*|adsbygoogle|google-auto-placed"
    r"|sponsored-(?:content|box))(?:\s|$)",
    re.IGNORECASE,
)
ADVERT_LABEL = re.compile(
    r"[\W_]*+(?:advertisements?|advertising|ad|sponsored(?:\s++content)?|scroll\s++to\s++continue(?:\s++reading)?"
    r"|(?:article|story)?\s*+continues?\s++(?:reading\s++)?(?:below|after)(?:\s++(?:this\s++|the\s++)?(?:advertisement|ad|video))?|anzeige|werbung"
    r"|(?:der\s++artikel\s++geht|weiter)\s++nach\s++der\s++(?:anzeige|werbung)(?:\s++weiter)?|publicité|la\s++suite\s++après\s++(?:la|cette)\s++publicité"
    r"|publicidad|publicidade|continua\s++(?:depois\s++da|após\s++a)\s++publicidade|pubblicità|advertentie|annons|annonse|annonce|reklame|mainos"
    r"|reklama|reklam|реклама|آگهی|تبلیغات?|ادامه\s++(?:ی\s++)?مطلب\s++(?:پس|بعد)\s++از\s++(?:آگهی|تبلیغات?)|إعلان|إعلانات|פרסומת)[\W_]*+",
    re.IGNORECASE,
)
READ_MORE = re.compile(rf"[\W_]*(?:{_READ_MORE})\s*[:：؛–—|]\s*(?P<rest>.{{1,200}})", re.IGNORECASE)
"""A line that leads to another story: a label, a colon and what it is called."""
AROUND = re.compile(
    r"(?:^|\s)(?:toc|table-of-contents|toc[-_]container|ez-toc-container|lwptoc|wp-block-\S*table-of-contents|MsoToc\w+|MsoHeader|MsoFooter)(?:\s|$)",
    re.IGNORECASE,
)
"""A table of contents, whose links lead nowhere in a mail, and what Word prints above and below each sheet."""
SUBSCRIBE_BUTTON = re.compile(
    r"(?:^|\s)(?:button-wrapper|captioned-button-wrap|kg-button-card|wp-block-button)(?:\s|$)", re.IGNORECASE
)
ASKS = re.compile(
    r"[\W_]*(?:subscribe(?:\s+now)?|upgrade\s+to\s+paid|share(?:\s+.{1,40})?|leave\s+a\s+comment|give\s+a\s+gift.{0,30}|get\s+.{1,30}off.{0,30}"
    r"|sign\s+up(?:\s+.{1,30})?|donate(?:\s+.{1,30})?|refer\s+a\s+friend|start\s+writing.{0,20}|join\s+.{1,40}|become\s+a\s+(?:paid\s+)?(?:member|subscriber)"
    r"|abonnieren|jetzt\s+abonnieren|s['’]abonner|suscribirse|assinar|مشترک\s+شوید|اشترك(?:\s+الآن)?)[\W_]*",
    re.IGNORECASE,
)
SIGNATURE = re.compile(
    r"(?:^|\s)(?:gmail_signature(?:_prefix)?|moz-signature|protonmail_signature_block\S*|(?:x_)*ms-outlook-mobile-signature|AppleMailSignature"
    r"|ymail_\w*signature|(?:x_)*Signature)(?:\s|$)"
)
QUOTED_MAIL = re.compile(
    r"(?:^|\s)(?:gmail_quote\S*|moz-cite-prefix|yahoo_quoted\S*|protonmail_quote|(?:x_)*ms-outlook-mobile-reference-message|zmail_extra\S*)(?:\s|$)"
)
ANSWERED = re.compile(
    r"(?:^|\s)(?:x_)*(?:divRplyFwdMsg|appendonsend|OutlookMessageHeader|mail-editor-reference-message-container)(?:\s|$)"
)
"""Outlook's marks: all that follows is the mail that is answered or forwarded."""
PAGE = re.compile(r"<(?:article|main|nav|header|footer|aside)\b", re.IGNORECASE)
"""A site's page; a mail and a document have none of these."""
HIDDEN = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all)\b", re.IGNORECASE)
BOLD = re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)", re.IGNORECASE)
ITALIC = re.compile(r"font-style\s*:\s*italic", re.IGNORECASE)
POINTS = re.compile(r"font-size\s*:\s*(\d+(?:\.\d+)?)pt", re.IGNORECASE)
TITLE_POINTS, SUBTITLE_POINTS = 26, 15
"""What Google's styles “Title” and “Subtitle” are in a clipboard: sizes without a name; its headings are `<h1>`…"""
GREY = re.compile(r"(?:^|;)color\s*:\s*#(?:666666|666)\b", re.IGNORECASE)
CSS_RULE = re.compile(r"\.([\w-]++)\s*+\{([^{}]*+)\}")
TITLE_CLASSES = frozenset({"title", "msotitle", "p-title", "page-title"})
SUBTITLE_CLASSES = frozenset({"subtitle", "msosubtitle", "page-description"})
LIST_CLASS = re.compile(r"MsoListParagraph|MsoListBullet|MsoListNumber", re.IGNORECASE)
NUMBERED = re.compile(r"\s*(?:\d+|[a-z]|[ivx]+)[.)]", re.IGNORECASE)
PARAGRAPHS = frozenset(
    {"p", "li", "div", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "section", "td", "aside", "figure"}
)
FURNITURE = ("nav", "header", "footer", "aside", "form", "button")
STOPS = frozenset({"article", "main", "body", "html"})
_AROUND_SIGNS = re.compile(r"(?<=[:;])\s++|(?<!\s)\s++(?=[:;])")
_COMMENT = re.compile(r"#cmnt_ref\d+")
HEAD = 6
"""Paragraphs of a document among which title, byline and date are looked for."""


def gated_by_data(root: Element) -> Iterator[Element]:
    """Elements of which the page's structured data says that they are not accessible for free."""
    wanted = {selector for script in root.iter("script") for selector in _selectors(script)}
    if not wanted:
        return
    for node in root.iter():
        if isinstance(node.tag, str) and node.tag not in {"html", "head", "body", "script"}:
            own = {f".{name}" for name in node.get("class", "").split()} | {f"#{node.get('id', '')}", node.tag}
            if any(own.issuperset(_SIMPLE.findall(selector)) for selector in wanted):
                yield node


_SIMPLE = re.compile(r"[.#]?[\w-]+")


def _selectors(script: Element) -> set[str]:
    """The last parts of the CSS selectors: `.post .members` is read as `.members`."""
    if "ld+json" not in script.get("type", "") or "isAccessibleForFree" not in (script.text or ""):
        return set()
    try:
        data = json.loads(script.text)
    except (ValueError, RecursionError):
        return set()
    found: set[str] = set()
    waiting = [data]
    while waiting:
        data = waiting.pop()
        if isinstance(data, list):
            waiting += data
        elif isinstance(data, dict):
            waiting += data.values()
            selector, free = data.get("cssSelector"), str(data.get("isAccessibleForFree", "")).casefold()
            if free.rpartition("/")[2] in {"false", "no", "0"}:
                parts = selector if isinstance(selector, list) else [selector]
                found.update(
                    last
                    for part in parts if isinstance(part, str)
                    for one_of_them in part.split(",")
                    if (last := (re.split(r"[\s>+~]+", one_of_them.strip()) or [""])[-1])
                    and re.fullmatch(rf"(?:{_SIMPLE.pattern})+", last)
                )  # fmt: skip
    return found


def before(node: Element) -> Iterator[Element]:
    """Elements that begin before this element, the nearest first."""
    while node is not None:
        for sibling in node.itersiblings(preceding=True):
            yield from _backwards(sibling)
        node = node.getparent()
        if node is not None and node.tag in {"html", "body"}:
            return


def _backwards(node: Element) -> Iterator[Element]:
    """The element and all in it, the last first; who stops early has not walked over the rest."""
    walk = [(node, node.iterchildren(reversed=True))]
    while walk:
        above, children = walk[-1]
        child = next(children, None)
        if child is not None:
            walk.append((child, child.iterchildren(reversed=True)))
        else:
            walk.pop()
            yield above


def outermost(node: Element) -> Element:
    """The block that holds nothing but this comment: a Google document's last `<div>`s."""
    block = node
    for parent in node.iterancestors():
        if (
            parent.tag in STOPS
            or len(list(islice((link for link in parent.iter("a") if _COMMENT.fullmatch(link.get("href", ""))), 2))) > 1
        ):
            break
        if (
            parent.tag == "div"
            and parent.getparent() is not None
            and parent.getparent().tag == "body"
            and len(parent) > 4
        ):
            break
        block = parent
    return block


def leads_away(line: str) -> bool:
    """“Read more: Storm sinks boats”: a label and no sentence behind it."""
    label = READ_MORE.fullmatch(line)
    return label is not None and not label["rest"].rstrip().endswith((".", "!", "…", "۔"))


def is_wall(classes: str) -> bool:
    """One of the classes is of what stands behind or before a wall; `no-paywall` and `paywall-free` say the reverse."""
    return any(_WALL.fullmatch(class_) and not _NO_WALL.search(class_) for class_ in classes.split())


def classes_of(node: Element) -> str:
    return f"{node.get('class', '')} {node.get('id', '')}" if node.get("class") or node.get("id") else ""


def style_of(node: Element) -> str:
    return _AROUND_SIGNS.sub("", node.get("style", "")).lower()


def words_of(node: Element) -> str:
    return " ".join(str(node.text_content()).split()) if isinstance(node.tag, str) else ""


def few_words_of(node: Element, *, most: int) -> str | None:
    """The words of an element; None where there are more than ``most`` characters, of which the rest is not read."""
    parts: list[str] = []
    read = 0
    for part in node.itertext(tag=None, with_tail=False) if isinstance(node.tag, str) else ():
        parts.append(part)
        read += len(part)
        if read > 20 * most:  # blanks are not counted in the end
            return None
    words = " ".join("".join(parts).split())
    return words if len(words) <= most else None


class Weights:
    """How many words stand in each element of a tree, as it is now: told from one walk over it."""

    def __init__(self, root: Element) -> None:
        from lxml import etree

        self._spans: dict[Element, tuple[int, int]] = {}
        began: dict[Element, int] = {}
        parts: list[str] = []
        at = 0
        for event, node in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
            if event == "start":
                began[node] = at
                said = node.text or ""
            else:
                if event == "end":
                    self._spans[node] = (began[node], at)
                said = (node.tail or "") if node is not root else ""
            parts.append(said)
            at += len(said)
        self._starts = [word.start() for word in re.finditer(r"\S+", "".join(parts))]

    def of(self, node: Element) -> int:
        start, end = self._spans[node]
        return bisect_left(self._starts, end) - bisect_left(self._starts, start)


def source_of(node: Element, *, tail: bool = False) -> str:
    """The element as HTML; with ``tail`` also the words behind it."""
    import lxml.html

    if not isinstance(node.tag, str):
        return (node.tail or "") if tail else ""
    return str(lxml.html.tostring(node, encoding="unicode", with_tail=tail))


def is_leaf(node: Element) -> bool:
    """A paragraph that holds no other."""
    return node.tag in PARAGRAPHS and next(node.iterdescendants(*PARAGRAPHS), None) is None


def is_comment(node: Element) -> bool:
    """An HTML comment, not an element."""
    return (
        not isinstance(node.tag, str)
        and isinstance(node.text, str)
        and "comment" in getattr(node.tag, "__name__", "").lower()
    )
