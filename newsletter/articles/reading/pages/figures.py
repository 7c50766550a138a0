"""The words that belong to a page's pictures, which extraction of its text loses: captions and credits. Pure."""

import html as escapes
import re
from collections.abc import Mapping

from newsletter.articles import urls
from newsletter.articles.reading import sanitise

_LONGEST = 600
_CREDIT = re.compile(
    r"(?:^|[\s(|/–—-])(?:photo(?:graph)?s?|pictures?|images?|credit|foto|bild|crédit(?:\s+photo)?|عکس|الصورة|צילום|©)"
    r"(?:\s+(?:by|credit|von|de|par))?\s*(?::|(?<=©))\s*(?P<who>[^|()]{2,120})",
    re.IGNORECASE,
)


def captions(html: str, *, url: str) -> dict[str, str]:
    """The plain words below each picture, by its absolute address."""
    if "<figcaption" not in html.lower():
        return {}
    # Imported here: processes that only send never need it.
    import lxml.html

    found: dict[str, str] = {}
    # As bytes it is read in our encoding, whatever a <meta> says, or none.
    parser = lxml.html.HTMLParser(encoding="utf-8")
    for figure in lxml.html.document_fromstring(html.encode("utf-8", "replace"), parser=parser).iter("figure"):
        caption = figure.find(".//figcaption")
        words = " ".join(str(caption.text_content()).split())[:_LONGEST] if caption is not None else ""
        for image in figure.iter("img") if words else ():
            for name in ("src", "data-src", "data-lazy-src", "data-original"):
                if source := urls.joined(url, image.get(name, "").strip()):
                    found.setdefault(source, words)
    return found


def with_captions(body: str, words: Mapping[str, str], *, url: str) -> str:
    """The extracted HTML with each picture in a figure with its caption, where the caption is not there already."""
    text = sanitise.text_of(body)

    def captioned(tag: re.Match[str]) -> str:
        source = re.search(r"\bsrc=\"([^\"]*)\"", tag[0])
        said = words.get(urls.joined(url, escapes.unescape(source[1]))) if source else None
        if not said or said in text:
            return tag[0]
        return f"<figure>{tag[0]}<figcaption>{escapes.escape(said, quote=False)}</figcaption></figure>"

    return re.sub(r"<img\b[^<>]*>", captioned, body) if words else body


def credit_of(caption: str) -> str:
    """Who took the picture, as a caption says it; empty when it does not."""
    found = _CREDIT.search(caption)
    return found["who"].strip().rstrip(".").rstrip() if found else ""
