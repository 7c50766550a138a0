"""A draft → all that an article needs: clean body, language, keys, pictures. Fetches pictures; writes nothing."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote

from newsletter import conf, errors
from newsletter.articles import drafts, keys, parser, picture_store, prepare, urls
from newsletter.articles.drafts import LeftOut
from newsletter.articles.pictures import embedded, media_keys, recode
from newsletter.articles.text import language
from newsletter.articles.text.lines import line
from newsletter.translatable import Plural, Quantity
from newsletter.translatable import Translatable as _

MAX_PICTURES = 20
MAX_PICTURE_SECONDS = 40.0
"""For all pictures of one article together; those that would come later are left out, and named."""
MAX_PICTURE_BYTES = 20_000_000
"""Of a file beside the article; fetched ones have the fetcher's limit."""
_BESIDE = "https://beside.invalid/"
"""Stands before the names of picture files that lie beside an article's file, until they are taken in."""


@dataclass(frozen=True, kw_only=True)
class Piece:
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


class _Camera:
    """Takes the pictures of one article, within limits, and remembers those it could not take."""

    def __init__(self, *, config: conf.Config, beside: Path | None, inside: tuple[bytes, ...] = ()) -> None:
        self.config = config
        self.notes: list[str] = []
        self._beside = beside.resolve() if beside else None
        self._inside = inside
        self._taken: dict[str, recode.Encoded | None] = {}
        self._until = time.monotonic() + MAX_PICTURE_SECONDS

    def take(self, url: str) -> recode.Encoded | None:
        """The picture at ``url``, or None with a note."""
        if not url:
            return None
        if url not in self._taken:
            self._taken[url] = self._take(url)
        return self._taken[url]

    def _take(self, url: str) -> recode.Encoded | None:
        if len(self._taken) >= MAX_PICTURES or time.monotonic() > self._until:
            self.notes.append(
                _("A picture was left out because there are too many or they load too slowly: %(url)s", url=_shown(url))
            )
            return None
        try:
            if url.startswith(_BESIDE):
                return self._from_file(unquote(url.removeprefix(_BESIDE)))
            if url.startswith(embedded.INSIDE):
                return self._from_inside(url.removeprefix(embedded.INSIDE))
            return picture_store.fetched(url, config=self.config)
        except recode.TooSmall:
            return None  # an icon or a counter: nobody misses it
        except parser.ParserBusy:
            raise  # in a minute the article can be added with its pictures
        except errors.UserError as error:
            self.notes.append(_("A picture was left out. %(reason)s", reason=error.args[0] if error.args else ""))
            return None

    def _from_inside(self, number: str) -> recode.Encoded:
        """A picture that the text carried itself."""
        data = (
            self._inside[int(number)]
            if len(number) < 6 and number.isdecimal() and int(number) < len(self._inside)
            else b""
        )
        return picture_store.encode(data, name=_("inside the text"))

    def _from_file(self, name: str) -> recode.Encoded:
        """A file in the article's own folder or below; nothing else on this machine can be named."""
        folder = self._beside
        path = (folder / name).resolve() if folder and "\x00" not in name else None
        if folder and path and not path.is_file() and (folder / path.name).is_file():
            path = (folder / path.name).resolve()  # a browser sends the file without its folder
        if path is None or folder is None or not path.is_relative_to(folder) or not path.is_file():
            raise recode.UnusablePicture(
                _("The picture %(name)s was not found next to the article.", name=name[:200]), field=name
            )
        if path.stat().st_size > MAX_PICTURE_BYTES:
            raise recode.UnusablePicture(
                _(
                    "The picture %(name)s is larger than %(most)s MB.",
                    name=name[:200],
                    most=Quantity(MAX_PICTURE_BYTES // 1_000_000),
                ),
                field=name,
            )
        return picture_store.encode(path.read_bytes(), name=name)


def piece(
    draft: drafts.Draft,
    *,
    config: conf.Config,
    given_language: str = "",
    beside: Path | None = None,
    lead: recode.Encoded | None = None,
    long: prepare.Long = prepare.Long.REFUSED,
) -> Piece:
    """Everything for the article; ``beside`` is the folder of its file, for pictures that lie there."""
    draft = parser.run(prepare.without_remarks, draft)
    title = line(draft.title, 500)
    if not title:
        raise drafts.UnusableArticle(_("The article has no headline. Write one."), field="title")
    images_base = _BESIDE if beside else draft.base_url
    found = parser.run(prepare.cleaned, draft, images_base_url=images_base, long=long)
    camera = _Camera(config=config, beside=beside, inside=found.inside)
    lead = lead or camera.take(_lead_url(draft, beside))
    ours, within, alt_within = _our_images(found, lead=lead, camera=camera)
    text = parser.run(
        prepare.finished,
        found.body,
        ours,
        title=title,
        standfirst=found.standfirst,
        url=draft.url,
        given_language=tag(given_language) or tag(draft.language),
        language_hint=draft.language_hint,
        long=long,
    )
    alt = line(draft.image_alt or alt_within, 500)
    lost = tuple(dict.fromkeys((*found.notes, *text.notes, *camera.notes, *found.unplaced)))
    notes = [*_warnings(draft), *draft.notes, *lost]
    notes += _asking(text.body, lead=lead is not None, alt=alt)
    return Piece(
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
    return _BESIDE + draft.image if beside else urls.link(draft.image, base_url=draft.base_url) or ""


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
    text: prepare.Cleaned, *, lead: recode.Encoded | None, camera: _Camera
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


def _shown(url: str) -> str:
    """The picture's name as a person gave it."""
    return unquote(url.removeprefix(_BESIDE))[:200]
