"""An edition prepared for showing: the flat, documented context of a theme and of the text part."""

import re
from dataclasses import dataclass

from markupsafe import Markup

from newsletter.issues.edition import Edition, Image, Story
from newsletter.rendering import colours, dates, mail_texts, personalise, prose

# CSS pixels: the column, the column less its margins, and the small picture beside a story.
COLUMN, MEASURE, THUMBNAIL = 600, prose.MEASURE, 168
_MAX_LEAD_HEIGHT = 560
_MAX_THUMBNAIL_HEIGHT = 224
_PREHEADER_LENGTH = 110
_LONG_WORD = 14
_ARABIC_SCRIPT = {"fa", "ar", "ur", "ps", "ckb", "sd", "ug"}
_HEBREW_SCRIPT = {"he", "yi"}
# Controls and half characters, which no XML library takes, and the private signs that the text part uses inside.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ue000-\ue0ff\ufffe\uffff]")


@dataclass(frozen=True, kw_only=True)
class Picture:
    """An image with the size it is shown in."""

    url: str
    width: int
    height: int
    alt: str
    credit: str
    fills: bool
    """True when it is as wide as the column: shown from edge to edge."""


@dataclass(frozen=True, kw_only=True)
class StoryView:
    id: int
    title: str
    standfirst: str
    kicker: str
    byline: str
    """With its “By”."""
    url: str
    """Where it is read on; for a text of our own, its place on the issue's page in the browser."""
    body: Markup
    """Empty unless the story is shown in full."""
    picture: Picture | None
    anchor: str
    """Names its place on the page."""
    lead: bool
    read_on: str
    """What the link below says; a story that is all there is not read on, but seen on the web."""
    language: str
    direction: str
    script: str


@dataclass(frozen=True, kw_only=True)
class Page:
    """Everything a theme may show; each text is plain unless it is Markup."""

    publication: str
    tagline: str
    number: str
    date: str
    subject: str
    preheader: str
    introduction: Markup
    stories: tuple[StoryView, ...]
    language: str
    direction: str
    script: str
    """``latn``, ``arab`` or ``hebr``: chooses the fonts."""
    accent: colours.Accent
    sender_name: str
    postal_address: tuple[str, ...]
    reason: str
    browser_url: str
    home_url: str
    unsubscribe_url: str
    """A token."""
    tokens: personalise.Tokens
    test: bool
    words: mail_texts.MailTexts

    @property
    def long_name(self) -> bool:
        """A word of the publication's name is too long for a telephone in the usual size."""
        return any(len(word) > _LONG_WORD for word in self.publication.split())


def of(edition: Edition) -> Page:
    """The edition as it will be read."""
    say, tokens = mail_texts.of(edition.language), personalise.Tokens(edition.token_key)
    subject = _merged(edition.subject, edition)
    stories = tuple(_story(story, edition, lead=at == 0) for at, story in enumerate(edition.stories))
    return Page(
        publication=_line(edition.publication),
        tagline=_line(edition.tagline),
        number=say.issue.replace("{number}", dates.number(edition.number, language=edition.language)),
        date=dates.day(edition.date, language=edition.language),
        subject=f"{say.test_mark} {subject}" if edition.test else subject,
        preheader=_merged(edition.preheader, edition) or _first_words(edition),
        introduction=prose.introduction(
            _clean(edition.introduction),
            direction=_direction(edition.direction),
            browser_url=edition.browser_url,
            tokens=tokens,
        ),
        stories=stories,
        language=edition.language,
        direction=_direction(edition.direction),
        script=_script(edition.language, edition.direction),
        accent=colours.accent(edition.accent),
        sender_name=_line(edition.sender_name),
        postal_address=tuple(line.strip() for line in _clean(edition.postal_address).splitlines() if line.strip()),
        reason=_line(edition.reason),
        browser_url=_clean(edition.browser_url),
        home_url=_clean(edition.home_url),
        unsubscribe_url=tokens.unsubscribe_url,
        tokens=tokens,
        test=edition.test,
        words=say,
    )


def _story(story: Story, edition: Edition, *, lead: bool) -> StoryView:
    direction, say = _direction(story.direction), mail_texts.of(story.language)
    in_full = bool(story.body) and story.full
    anchor = f"story-{story.id}"
    elsewhere = f"{edition.browser_url}#{anchor}" if story.body and not in_full else ""
    return StoryView(
        id=story.id,
        title=_line(story.title),
        standfirst=_line(story.standfirst or ("" if in_full else story.excerpt)),
        kicker=_line(story.kicker),
        byline=mail_texts.byline(_line(story.byline), language=story.language),
        url=_clean(story.url or elsewhere),
        anchor=anchor,
        body=prose.body(_clean(story.body), direction=direction) if in_full else Markup(""),
        picture=_picture(story, lead=lead, in_full=in_full),
        lead=lead,
        read_on=say.view_in_browser if in_full else say.read_on,
        language=story.language,
        direction=direction,
        script=_script(story.language, direction),
    )


def _picture(story: Story, *, lead: bool, in_full: bool) -> Picture | None:
    if story.image is None:
        return None
    image, credit = story.image, ""
    if image.credit:
        credit = mail_texts.photo(_line(image.credit), language=story.language)
    width, height = _fitted(image, wide=COLUMN, high=_MAX_LEAD_HEIGHT)
    fills = lead and width == COLUMN
    if not lead and not in_full:
        width, height = _fitted(image, wide=THUMBNAIL, high=_MAX_THUMBNAIL_HEIGHT)
    elif not fills:
        width, height = _fitted(image, wide=MEASURE, high=_MAX_LEAD_HEIGHT)
    return Picture(url=_clean(image.url), width=width, height=height, alt=_line(image.alt), credit=credit, fills=fills)


def _fitted(image: Image, *, wide: int, high: int) -> tuple[int, int]:
    """Never larger than it is, never taller than a screen, always in its own proportions."""
    width, height = max(image.width, 1), max(image.height, 1)
    scale = min(1.0, wide / width, high / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _merged(text: str, edition: Edition) -> str:
    tokens = personalise.Tokens(edition.token_key)
    return tokens.merge_fields(_line(text), browser_url=edition.browser_url)


def _first_words(edition: Edition) -> str:
    """Without a preheader the inbox would show our date and links; the first story says more."""
    if not edition.stories:
        return ""
    lead = edition.stories[0]
    text = _line(lead.standfirst or lead.excerpt or lead.title)
    return text if len(text) <= _PREHEADER_LENGTH else text[:_PREHEADER_LENGTH].rsplit(" ", 1)[0] + "…"


def _script(language: str, direction: str) -> str:
    primary = language.replace("_", "-").split("-")[0].lower()
    if primary in _HEBREW_SCRIPT:
        return "hebr"
    return "arab" if primary in _ARABIC_SCRIPT or direction == "rtl" else "latn"


def _direction(direction: str) -> str:
    return "rtl" if direction == "rtl" else "ltr"


def _line(text: str) -> str:
    return " ".join(_clean(text).split())


def _clean(text: str) -> str:
    return _CONTROLS.sub(" ", text)
