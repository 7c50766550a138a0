"""What must not be sent, and what could be better: pure checks on a rendered issue.

What repeats is said once, with how often; the worst stands first. A missing description of a picture asks and never
blocks, since a picture is sometimes there for the eye alone.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from newsletter.articles.reading import sanitise
from newsletter.articles.text import lengths
from newsletter.issues.edition import Edition, Story, in_browser
from newsletter.rendering import html_parts, length_check, personalise, placeholders, removed_stories
from newsletter.rendering.findings import blocks, listed, named, quoted, stories_of, warns, where
from newsletter.rendering.results import Finding, Preflight, Rendered
from newsletter.translatable import Plural, Quantity
from newsletter.translatable import Translatable as _

# Gmail cuts a mail off at about 102 KB, and with it the link to unsubscribe.
MAX_BYTES = 100_000
GOOD_BYTES = 80_000
PREHEADER = range(40, 111)
MAX_SUBJECT = 78
MAX_WORDS = 250
"""Of a story that stands in full in the mail: above it, the mail is no digest any more."""
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def check(edition: Edition, rendered: Rendered, *, loopback: bool) -> Preflight:
    """Everything noticed, what blocks first and the rest by its weight.

    ``loopback`` says that our own address is this machine's (a try-out).
    """
    html = html_parts.of(rendered.html)
    findings = [
        *_content(edition, rendered),
        *placeholders.check(edition),
        *removed_stories.taken_out(edition),
        *_stories(edition),
        *_twins(edition),
        *_links(edition, html, tokens=rendered.tokens),
        *_pictures(edition, html),
        *_footer(edition, rendered, html),
        *_size(rendered),
        *_whole_texts(edition),
        *_page_in_browser(edition),
        *_subject(edition),
        *_preheader(edition),
        *_plain_http(edition, html, tokens=rendered.tokens, loopback=loopback),
    ]
    return Preflight(findings=tuple(sorted(dict.fromkeys(findings), key=lambda finding: not finding.blocks)))


def _content(edition: Edition, rendered: Rendered) -> Iterator[Finding]:
    if not edition.stories:
        yield blocks("stories", _("There is no story in this issue yet. Add at least one."))
    for at, story in enumerate(edition.stories, 1):
        if not story.title.strip():
            yield blocks("stories", _("Story %(n)s has no headline. Write one, or take the story out.", n=at), [story])
    if not rendered.text.strip():
        yield blocks("F7", _("The plain-text part is empty, so some readers would get nothing. Fix the theme."))


def _subject(edition: Edition) -> Iterator[Finding]:
    subject = edition.subject.strip()
    if not subject:
        yield blocks("subject", _("The subject is empty. Write one: it is what makes readers open the mail."))
    elif _CONTROLS.search(edition.subject):
        yield blocks(
            "subject", _("The subject contains a line break or another hidden character. Write it on one line.")
        )
    elif len(subject) > MAX_SUBJECT:
        text = _(
            "The subject has %(n)s characters. Inboxes cut it off, phones after about 40. Try to stay within %(most)s.",
            n=Quantity(len(subject)),
            most=Quantity(MAX_SUBJECT),
        )
        yield warns("subject", text)


def _preheader(edition: Edition) -> Iterator[Finding]:
    preheader = edition.preheader.strip()
    if not preheader and not edition.stories:
        return  # That there is no story is said already.
    if not preheader:
        text = _(
            "There is no preview line, so inboxes show the first story's summary after the subject. "
            "A sentence of your own works better."
        )
        yield warns("H7", text)
    elif len(preheader) not in PREHEADER:
        text = _(
            "The preview line has %(n)s characters. Between %(least)s and %(most)s fill the line in an inbox "
            "without being cut off.",
            n=Quantity(len(preheader)),
            least=Quantity(PREHEADER.start),
            most=Quantity(PREHEADER.stop - 1),
        )
        yield warns("H7", text)


def _stories(edition: Edition) -> Iterator[Finding]:
    bare = [story for story in edition.stories if story.title.strip() and not story.url and not story.body.strip()]
    if bare:
        text = Plural(
            "%(names)s has neither text nor a link, so there is nothing more to read.",
            "%(n)s stories have neither text nor links, so there is nothing more to read: %(names)s.",
            n=len(bare),
            names=listed(named(story) for story in bare),
        )
        yield warns("stories", text, bare)


def _twins(edition: Edition) -> Iterator[Finding]:
    by_headline: dict[str, list[Story]] = {}
    for story in edition.stories:
        by_headline.setdefault(" ".join(story.title.casefold().split()), []).append(story)
    for headline, twins in by_headline.items():
        if headline and len(twins) > 1:
            text = Plural(
                "%(n)s story has the headline %(name)s.",
                "%(n)s stories have the headline %(name)s. Take one out, or write another headline.",
                n=len(twins),
                name=named(twins[0]),
            )
            yield warns("stories", text, twins)


def _whole_texts(edition: Edition) -> Iterator[Finding]:
    long = [
        (story, count)
        for story in edition.stories
        if story.full and (count := lengths.words(sanitise.text_of(story.body))) > MAX_WORDS
    ]
    if long:
        text = Plural(
            "%(names)s is shown in full: %(words)s words. Readers skim a newsletter; show its summary with a link "
            "instead, or keep it to about %(most)s words.",
            "%(n)s stories are shown in full, %(words)s words in all: %(names)s. Readers skim a newsletter; "
            "show their summaries with a link instead, or keep each to about %(most)s words.",
            n=len(long),
            names=listed(named(story) for story, _count in long),
            words=Quantity(sum(count for _story, count in long)),
            most=Quantity(MAX_WORDS),
        )
        yield warns("length", text, [story for story, _count in long])


def _page_in_browser(edition: Edition) -> Iterator[Finding]:
    if too_long := length_check.page_too_long(edition):
        yield blocks("length", too_long, [length_check.longest(in_browser(edition))])


def _size(rendered: Rendered) -> Iterator[Finding]:
    size = len(rendered.html.encode())
    values = {"size": Quantity(size), "most": Quantity(MAX_BYTES)}
    if size > MAX_BYTES:
        text = _(
            "The mail has %(size)s bytes of HTML. Gmail cuts off anything over %(most)s, including the link to "
            "unsubscribe. Take a story out, or show fewer in full.",
            **values,
        )
        yield blocks("H1", text)
    elif size > GOOD_BYTES:
        text = _(
            "The mail has %(size)s bytes of HTML, close to the %(most)s that Gmail shows. Take a story out, or show "
            "fewer in full.",
            **values,
        )
        yield warns("H1", text)


def _links(edition: Edition, html: html_parts.HtmlParts, *, tokens: personalise.Tokens) -> Iterator[Finding]:
    for what in html.forbidden:
        text = _("The mail contains %(what)s, which mail programs remove or distrust. Take it out.", what=what)
        yield blocks("H9", text)
    links = [link for link in html.links if link.url != tokens.unsubscribe_url]
    telling = [link for link in links if tokens.count(link.url)]
    if telling:
        text = Plural(
            "A link %(where)s would give a reader's personal data to others. Take the merge field out.",
            "%(n)s links would give a reader's personal data to others (%(where)s). Take the merge fields out.",
            n=len(telling),
            where=where(edition, telling),
        )
        yield blocks("placeholder", text, stories_of(edition, telling))
    astray = [link for link in links if link not in telling and not _insecure(link.url) and not _may_link(link.url)]
    if astray:
        text = Plural(
            "The link %(links)s %(where)s does not work in a mail. Write it in full, with https://.",
            "%(n)s links do not work in a mail (%(where)s): %(links)s. Write them in full, with https://.",
            n=len(astray),
            where=where(edition, astray),
            links=listed(quoted(link.url[:120]) for link in astray),
        )
        yield blocks("H9", text, stories_of(edition, astray))


def _pictures(edition: Edition, html: html_parts.HtmlParts) -> Iterator[Finding]:
    inside = [picture for picture in html.pictures if picture.url.lower().startswith("data:")]
    foreign = [picture for picture in html.pictures if picture not in inside and not _is_ours(picture.url, edition)]
    if inside:
        text = Plural(
            "A picture %(where)s is embedded in the mail, and Gmail hides those. Add it to the article as a file.",
            "%(n)s pictures are embedded in the mail (%(where)s), and Gmail hides those. "
            "Add them to the articles as files.",
            n=len(inside),
            where=where(edition, inside),
        )
        yield blocks("H1", text, stories_of(edition, inside))
    if foreign:
        text = Plural(
            "The picture %(names)s %(where)s is not on our own server: its owner could see who reads the mail. "
            "Take it out, or add it to the article as a file.",
            "%(n)s pictures are not on our own server (%(where)s): their owners could see who reads the mail. "
            "Take them out, or add them to the articles as files: %(names)s.",
            n=len(foreign),
            where=where(edition, foreign),
            names=listed(quoted(picture.url[:120]) for picture in foreign),
        )
        yield blocks("H9", text, stories_of(edition, foreign))
    yield from _descriptions(edition, html)


def _descriptions(edition: Edition, html: html_parts.HtmlParts) -> Iterator[Finding]:
    bare = [picture for picture in html.pictures if not (picture.attributes.get("alt") or "").strip()]
    if bare:
        text = Plural(
            "A picture %(where)s has no description. Say in a few words what it shows, for people who cannot see it "
            "and for inboxes that hide pictures.",
            "%(n)s pictures have no description (%(where)s). Say in a few words what each shows, for people who "
            "cannot see it and for inboxes that hide pictures.",
            n=len(bare),
            where=where(edition, bare),
        )
        yield warns("H3", text, stories_of(edition, bare))
    sides = ("width", "height")
    shapeless = [
        picture
        for picture in html.pictures
        if not all((picture.attributes.get(side) or "").isdigit() for side in sides)
    ]
    if shapeless:
        text = Plural(
            "A picture %(where)s has no width and height, so some mail programs show it too large.",
            "%(n)s pictures have no width and height (%(where)s), so some mail programs show them too large.",
            n=len(shapeless),
            where=where(edition, shapeless),
        )
        yield warns("H3", text, stories_of(edition, shapeless))


def _footer(edition: Edition, rendered: Rendered, html: html_parts.HtmlParts) -> Iterator[Finding]:
    # Without any white space, since wrapping may put a line break between any two Chinese characters.
    shown, text = _bare(html.words), _bare(rendered.text)
    parts = {
        _("sender's name"): edition.sender_name,
        _("postal address"): edition.postal_address,
        _("reason why people get this mail"): edition.reason,
    }
    for name, value in parts.items():
        wanted = _bare(value)
        if not wanted:
            said = _("The %(part)s is missing; the law requires it. Fill it in on the newsletter's page.", part=name)
            yield blocks("L3", said, of_newsletter=True)
        elif wanted not in shown or wanted not in text:
            said = _("The %(part)s is not in both the HTML and the text part. Fix the theme.", part=name)
            yield blocks("L3", said)
    way_out = rendered.tokens.unsubscribe_url
    if not any(link.url == way_out for link in html.links) or way_out not in rendered.text:
        said = _("The link to unsubscribe is missing from the HTML or the text part. Fix the theme.")
        yield blocks("L3", said)


def _plain_http(
    edition: Edition, html: html_parts.HtmlParts, *, tokens: personalise.Tokens, loopback: bool
) -> Iterator[Finding]:
    links = [link for link in html.links if _insecure(link.url) and not tokens.count(link.url)]
    pictures = [picture for picture in html.pictures if _insecure(picture.url) and _is_ours(picture.url, edition)]
    for count in (
        Plural("%(n)s link", "%(n)s links", n=len(links)),
        Plural("%(n)s picture", "%(n)s pictures", n=len(pictures)),
    ):
        parts = links if count.one.endswith("link") else pictures
        if parts and not loopback:
            text = _(
                "%(count)s with plain http, which is not secure (%(where)s): %(urls)s. Use https://.",
                count=count,
                where=where(edition, parts),
                urls=listed(quoted(part.url[:120]) for part in parts),
            )
            yield blocks("H9", text)
        elif parts:
            yield warns("H9", _("%(count)s with plain http: fine only for testing on this machine.", count=count))


def _is_ours(url: str, edition: Edition) -> bool:
    return urlsplit(url)[:2] == urlsplit(edition.base_url)[:2]


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


def _bare(text: str) -> str:
    return "".join(text.split())
