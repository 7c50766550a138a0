"""What must not be sent, and what could be better: pure checks on a rendered issue."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from newsletter.issues.edition import Edition, Story
from newsletter.rendering import anatomy, lines, personalise
from newsletter.rendering.results import Finding, Preflight, Rendered

# Gmail cuts a mail off at about 102 KB, and with it the link to unsubscribe.
MAX_BYTES = 100_000
GOOD_BYTES = 80_000
PREHEADER = range(40, 111)
MAX_SUBJECT = 78
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# What looks like a merge field, ours or another program's: {{x}}, {% x %}, *|X|*, %%x%%, ${x}.
_PLACEHOLDER = re.compile(r"\{\{[^{}\n]{0,80}\}\}|\{%[^\n]{0,80}?%\}|\*\|[^|\n]{1,80}\|\*|%%[A-Za-z_]+%%|\$\{\w+\}")
_NAME_ALONE = re.compile(r"\{\{\s*name\s*\|?\s*\}\}")


def check(edition: Edition, rendered: Rendered, *, loopback: bool) -> Preflight:
    """Everything noticed, what blocks first; ``loopback`` says that our own address is this machine's (a try-out)."""
    html = anatomy.of(rendered.html)
    findings = [
        *_content(edition, rendered),
        *_subject_and_preheader(edition),
        *lines.taken_out(edition),
        *_placeholders(edition),
        *_size(rendered),
        *_links(edition, html, loopback=loopback),
        *_pictures(edition, html, loopback=loopback),
        *_footer(edition, rendered, html),
    ]
    return Preflight(findings=tuple(sorted(dict.fromkeys(findings), key=lambda finding: not finding.blocks)))


def _blocks(code: str, text: str) -> Finding:
    return Finding(code=code, blocks=True, text=text)


def _warns(code: str, text: str) -> Finding:
    return Finding(code=code, blocks=False, text=text)


def _content(edition: Edition, rendered: Rendered) -> Iterator[Finding]:
    if not edition.stories:
        yield _blocks("stories", "There is no story in this issue yet. Add at least one.")
    for at, story in enumerate(edition.stories, 1):
        if not story.title.strip():
            yield _blocks("stories", f"Story {at} has no headline. Write one, or take the story out.")
        elif not story.url and not story.body.strip():
            yield _warns("stories", f"{_named(story)} has neither a text nor a link, so there is nothing to read on.")
    if not rendered.text.strip():
        yield _blocks("F7", "The plain-text part is empty. Some readers would get nothing; render the issue anew.")


def _subject_and_preheader(edition: Edition) -> Iterator[Finding]:
    subject, preheader = edition.subject.strip(), edition.preheader.strip()
    if not subject:
        yield _blocks("subject", "The subject is empty. Write one: it is what people decide by.")
    elif _CONTROLS.search(edition.subject):
        yield _blocks("subject", "The subject contains a line break or another hidden character. Write it on one line.")
    elif len(subject) > MAX_SUBJECT:
        yield _warns(
            "subject",
            f"The subject has {len(subject)} characters; inboxes cut it off, telephones after about 40. "
            f"Try to stay within {MAX_SUBJECT}.",
        )
    if not preheader:
        yield _warns(
            "H7",
            "There is no preheader, so inboxes show the first story's summary after the subject. "
            "A sentence of your own works better.",
        )
    elif len(preheader) not in PREHEADER:
        yield _warns(
            "H7",
            f"The preheader has {len(preheader)} characters. Between {PREHEADER.start} and {PREHEADER.stop - 1} "
            "fill the line in an inbox without being cut off.",
        )


def _placeholders(edition: Edition) -> Iterator[Finding]:
    fields = {"subject": edition.subject, "preheader": edition.preheader, "introduction": edition.introduction}
    for field, text in fields.items():
        left = personalise.merge_fields(text, browser_url=edition.browser_url)
        for found in _PLACEHOLDER.findall(left):
            yield _blocks(
                "placeholder",
                f"The {field} contains “{found}”, which readers would see as it is. "
                "Only {{name}}, {{name|friend}}, {{unsubscribe_url}} and {{browser_url}} are filled in.",
            )
        if _NAME_ALONE.search(text):
            yield _warns(
                "placeholder",
                f"The {field} uses {{{{name}}}}; for readers without a name it stays empty. "
                "{{name|friend}} says “friend” to them.",
            )
        if field != "introduction" and str(personalise.UNSUBSCRIBE_URL) in left:
            yield _blocks("placeholder", f"The {field} contains {{{{unsubscribe_url}}}}. Links belong into the text.")
    for story in edition.stories:
        for found in _PLACEHOLDER.findall("\n".join((story.title, story.standfirst, story.kicker, story.byline))):
            yield _blocks(
                "placeholder", f"{_named(story)} contains “{found}”, which readers would see as it is. Take it out."
            )
        if found_in_body := _PLACEHOLDER.search(story.body if story.full else ""):
            yield _warns(
                "placeholder",
                f"The text of {_named(story)} contains “{found_in_body[0]}”; readers see it as it is.",
            )


def _size(rendered: Rendered) -> Iterator[Finding]:
    size = len(rendered.html.encode())
    advice = "Leave a story out, or show fewer of them in full."
    if size > MAX_BYTES:
        yield _blocks(
            "H1",
            f"The mail has {size:,} bytes of HTML; Gmail cuts off what is over {MAX_BYTES:,}, "
            f"and with it the link to unsubscribe. {advice}",
        )
    elif size > GOOD_BYTES:
        yield _warns("H1", f"The mail has {size:,} bytes of HTML, near the {MAX_BYTES:,} that Gmail shows. {advice}")


def _links(edition: Edition, html: anatomy.Anatomy, *, loopback: bool) -> Iterator[Finding]:
    for what in html.forbidden:
        yield _blocks("H9", f"The mail contains {what}, which mail programs remove or distrust. Take it out.")
    for link in html.links:
        where = _where(edition, link.story)
        if link.url == personalise.UNSUBSCRIBE_URL:
            continue
        if len(personalise.split(link.url)) > 1:
            yield _blocks(
                "placeholder", f"A link {where} would tell others a reader's own data. Take the merge field out."
            )
        elif _insecure(link.url):
            yield _plain_http("link", link.url, where, loopback=loopback)
        elif not _may_link(link.url):
            yield _blocks(
                "H9", f"The link “{link.url[:120]}” {where} leads nowhere from a mail. Write it in full, with https://."
            )


def _pictures(edition: Edition, html: anatomy.Anatomy, *, loopback: bool) -> Iterator[Finding]:
    for picture in html.pictures:
        where, named = _where(edition, picture.story), picture.url[:120]
        alt = picture.attributes.get("alt")
        if picture.url.lower().startswith("data:"):
            yield _blocks("H1", f"A picture {where} is part of the mail itself. Gmail hides those; upload it instead.")
        elif urlsplit(picture.url)[:2] != urlsplit(edition.base_url)[:2]:
            yield _blocks(
                "H9",
                f"The picture “{named}” {where} is not on our own server: its owner would learn who reads. "
                "Upload it to the article.",
            )
        elif _insecure(picture.url):
            yield _plain_http("picture", named, where, loopback=loopback)
        if "alt" not in picture.attributes:
            yield _blocks("H3", f"The picture “{named}” {where} has no description field (alt). Add one.")
        elif not (alt or "").strip():
            yield _warns(
                "H3",
                f"The picture {where} has no description. Say in a few words what it shows, "
                "for people who cannot see it and for inboxes that hide pictures.",
            )
        if not all((picture.attributes.get(side) or "").isdigit() for side in ("width", "height")):
            yield _blocks("H3", f"The picture “{named}” {where} has no width and height. Upload it again.")


def _footer(edition: Edition, rendered: Rendered, html: anatomy.Anatomy) -> Iterator[Finding]:
    # Without any white space, since wrapping may put a line break between any two Chinese characters.
    shown, text = _bare(html.words), _bare(rendered.text)
    parts = {
        "sender's name": edition.sender_name,
        "postal address": edition.postal_address,
        "reason why people get this mail": edition.reason,
    }
    for name, value in parts.items():
        wanted = _bare(value)
        if not wanted:
            yield _blocks("L3", f"The {name} is missing; the law asks for it. Fill it in on the newsletter's page.")
        elif wanted not in shown or wanted not in text:
            yield _blocks("L3", f"The {name} does not stand in both the HTML and the text part. Mend the theme.")
    in_html = any(link.url == personalise.UNSUBSCRIBE_URL for link in html.links)
    if not in_html or personalise.UNSUBSCRIBE_URL not in rendered.text:
        yield _blocks("L3", "The link to unsubscribe is missing in the HTML or the text part. Mend the theme.")


def _plain_http(what: str, url: str, where: str, *, loopback: bool) -> Finding:
    if loopback:
        return _warns("H9", f"The {what} “{url[:120]}” {where} is plain http, good for a try-out on this machine only.")
    return _blocks("H9", f"The {what} “{url[:120]}” {where} is plain http, which others can read. Use https://.")


def _insecure(url: str) -> bool:
    return url.lower().startswith("http://") and bool(urlsplit(url).hostname)


def _may_link(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if parts.scheme == "https":
        return bool(parts.hostname)
    return parts.scheme in {"mailto", "tel"} and bool(parts.path)


def _where(edition: Edition, story: int | None) -> str:
    found = next((one for one in edition.stories if one.id == story), None)
    return f"in {_named(found)}" if found else "outside the stories"


def _bare(text: str) -> str:
    return "".join(text.split())


def _named(story: Story) -> str:
    title = anatomy.squeezed(story.title)
    return f"“{title[:60]}{'…' if len(title) > 60 else ''}”"
