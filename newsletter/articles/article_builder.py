"""A draft → all that an article needs: clean body, language, keys, pictures. Fetches pictures; writes nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from newsletter import conf
from newsletter.articles import drafts, keys, picture_collector, picture_store, urls
from newsletter.articles.drafts import LeftOut
from newsletter.articles.parser_process import parser
from newsletter.articles.pictures import media_keys, recode
from newsletter.articles.reading import draft_cleaning
from newsletter.articles.text import language
from newsletter.articles.text.lines import line
from newsletter.translatable import Plural
from newsletter.translatable import Translatable as _


@dataclass(frozen=True, kw_only=True)
class BuiltArticle:
    """An article about to be written. Field names are the model's."""

    title: str
    standfirst: str
    body: str
    byline: str
    kicker: str
    language: str
    direction: str
    topics: list[str]
    url: str
    url_key: str | None
    text_key: str
    picture_alt: str
    picture_credit: str
    published_at: datetime | None
    lead: recode.Encoded | None
    within: tuple[recode.Encoded, ...]
    """Pictures in the body."""
    left_out: tuple[LeftOut, ...]
    kept_back: drafts.KeptBack
    lost: tuple[str, ...]
    """What to say of what did not become part of it."""
    notes: tuple[str, ...]
    """All that a person should know, what was lost included."""

    @property
    def pictures(self) -> list[recode.Encoded]:
        return [*([self.lead] if self.lead else []), *self.within]


def build(
    draft: drafts.Draft,
    *,
    config: conf.Config,
    given_language: str = "",
    beside: Path | None = None,
    lead: recode.Encoded | None = None,
    if_too_long: draft_cleaning.IfTooLong = draft_cleaning.IfTooLong.REFUSED,
) -> BuiltArticle:
    """Everything for the article; ``beside`` is the folder of its file, for pictures that lie there."""
    draft = parser.run(draft_cleaning.without_remarks, draft)
    title = line(draft.title, 500)
    if not title:
        raise drafts.UnusableArticle(_("The article has no headline. Write one."), field="title")
    images_base = picture_collector.BESIDE if beside else draft.base_url
    found = parser.run(draft_cleaning.cleaned, draft, images_base_url=images_base, if_too_long=if_too_long)
    camera = picture_collector.PictureCollector(config=config, beside=beside, inside=found.inside)
    lead = lead or camera.take(_lead_url(draft, beside))
    ours, within, alt_within = _our_images(found, lead=lead, camera=camera)
    text = parser.run(
        draft_cleaning.finished,
        found.body,
        ours,
        title=title,
        standfirst=found.standfirst,
        url=draft.url,
        given_language=tag(given_language) or tag(draft.language),
        language_hint=draft.language_hint,
        if_too_long=if_too_long,
    )
    alt = line(draft.image_alt or alt_within, 500)
    lost = tuple(dict.fromkeys((*found.notes, *text.notes, *camera.notes, *found.unplaced)))
    notes = [*_warnings(draft), *draft.notes, *lost]
    notes += _asking(text.body, lead=lead is not None, alt=alt)
    return BuiltArticle(
        title=title,
        standfirst=found.standfirst,
        body=text.body,
        byline=line(draft.byline, 300),
        kicker=line(draft.kicker, 120),
        language=text.language,
        direction=text.direction,
        topics=topics(draft.topics),
        url=draft.url,
        url_key=keys.url_key(draft.url),
        text_key=text.text_key,
        picture_alt=alt,
        picture_credit=line(draft.image_credit, 200),
        published_at=draft.published_at,
        lead=lead,
        within=within,
        left_out=found.left_out,
        kept_back=draft.kept_back,
        lost=lost,
        notes=tuple(notes),
    )


def _warnings(draft: drafts.Draft) -> list[str]:
    """What a person has to decide about an article that is not for every reader yet."""
    until = _("It cannot go into an issue until you say on its page that every reader may see it.")
    unknown: list[str] = [
        _("“%(line)s” in its front matter was not understood, so it was not kept back for it.", line=line)
        for line in draft.unknown_state
    ]
    if draft.not_before:
        day = f"{draft.not_before:%Y-%m-%d}"
        return [
            _("It is dated %(date)s, a day that is still to come, so it counts as a draft.", date=day),
            until,
            *unknown,
        ]
    match draft.kept_back:
        case drafts.KeptBack.DRAFT:
            return [_("It is marked as a draft."), until, *unknown]
        case drafts.KeptBack.MEMBERS:
            return [_("It is marked for members only."), until, *unknown]
    return unknown


def tag(given: str) -> str:
    """A language that a person gave, as a tag. Raises UnknownLanguage."""
    return language.tag(given)


def topics(given: Iterable[str]) -> list[str]:
    """Topics as they are kept: one line each, each once, at most 30."""
    cleaned = (line(topic, 60) for topic in given)
    return list({topic.casefold(): topic for topic in cleaned if topic}.values())[:30]


def _lead_url(draft: drafts.Draft, beside: Path | None) -> str:
    if not draft.image or draft.image.lower().startswith(("http://", "https://")):
        return draft.image
    return picture_collector.BESIDE + draft.image if beside else urls.link(draft.image, base_url=draft.base_url) or ""


def _asking(body: str, *, lead: bool, alt: str) -> list[str]:
    """What is asked for, though nothing waits for it: words for those who cannot see the pictures."""
    notes: list[str] = []
    if lead and not alt:
        notes.append(_("Its picture has no description (alt text). Write one for people who cannot see it."))
    if bare := sum(not picture.alt.strip() for picture in media_keys.pictures_in(body)):
        notes.append(
            Plural(
                "%(n)s picture in the text has no description (alt text). Write one for people who cannot see it.",
                "%(n)s pictures in the text have no description (alt text). Write them for people who cannot see them.",
                n=bare,
            )
        )
    return notes


def _our_images(
    text: draft_cleaning.Cleaned, *, lead: recode.Encoded | None, camera: picture_collector.PictureCollector
) -> tuple[dict[str, media_keys.Within], tuple[recode.Encoded, ...], str]:
    """What each picture of a text is with us, those that are new, and what it says that the lead picture shows.

    The lead picture is not shown a second time.
    """
    ours: dict[str, media_keys.Within] = {}
    taken: list[recode.Encoded] = []
    alt = ""
    for url in text.pictures:
        if kept := _kept(url):
            ours[url] = kept
            continue
        encoded = camera.take(url)
        if encoded is None:
            continue
        if lead is not None and encoded.digest == lead.digest:
            alt = alt or media_keys.alt_of(text.body, url)
            continue
        ours[url] = media_keys.Within(file=encoded.file, width=encoded.width, height=encoded.height)
        taken.append(encoded)
    return ours, tuple(taken), alt


def _kept(url: str) -> media_keys.Within | None:
    """A picture that we keep already, as in a body that is edited again, wherever our own address was then."""
    file = media_keys.file_of(url)
    known = picture_store.kept(file) if file else None
    return media_keys.Within(file=known.file, width=known.width, height=known.height) if known else None
