"""The articles: finding, adding and mending them."""

import hashlib
import tempfile
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from newsletter.articles import adding, article_store, decisions, editing, queries
from newsletter.articles.drafts import LeftOut, Why
from newsletter.articles.models import Article
from newsletter.articles.parser_process import parser
from newsletter.articles.pictures import media_keys, recode
from newsletter.articles.reading import editable, pasting
from newsletter.articles.reading.not_for_readers import left_out
from newsletter.conf import config
from newsletter.errors import InvalidInput, NotFound
from newsletter.staff import access
from newsletter.staff.models import EDITOR
from newsletter.translation import number, translated
from newsletter.web import forms, framed, merging
from newsletter.web.forms import Form, clock

PAGE = 30
_NAMED = 5
"""Of many articles added at once, so many are compared by their headlines."""
_LONGEST_TEXT = pasting.MOST_BYTES - 100_000
"""Bytes of a text that goes into a form with its title and all the rest."""
LARGEST_UPLOAD = 5_000_000
"""Bytes; the longest report is a tenth of it."""
PROSE = (
    "body{font:17px/1.6 Georgia,serif;max-width:38rem;margin:1rem auto;padding:0 1rem;color:#1a1f24;background:#fff}"
    "img{max-width:100%;height:auto}"
)
WRITTEN = ("title", "standfirst", "byline", "kicker", "language", "url", "topics")


@access.require(EDITOR)
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The newest first; the search looks into titles, names and texts."""
    search = request.GET.get("search", "").strip()[: queries.LONGEST_SEARCH].replace("\x00", "")
    raw = request.GET.get("page", "1")
    page = max(int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 6 else 1, 1)
    found = queries.newest(limit=PAGE + 1, offset=PAGE * (page - 1), search=search)
    context = {"articles": found[:PAGE], "search": search, "page": page, "more": len(found) > PAGE}
    return render(request, "articles/index.html", context)


@access.require(EDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
@parser.one_request()
def new(request: HttpRequest) -> HttpResponse:
    """By its address, from a file, or written here."""
    form = Form(values={"url": "", "file": "", "picture": "", "title": "", "body": "", "language": "", "kept_out": ""})
    if request.method == "POST":
        form = form.posted(request)
        ways = {"url": _from_url, "file": _from_file, "text": _from_text}
        way = ways.get(request.POST.get("way", ""), _from_text)
        found: list[Article] = []
        if form.accepted(lambda: found.extend(way(request, form)), beside=request.POST.get("way", "")):
            return redirect("article", found[0].pk) if len(found) == 1 else redirect("articles")
    return render(request, "articles/new.html", {"form": form}, status=form.status)


def _from_url(request: HttpRequest, form: Form) -> list[Article]:
    url = form.text("url").strip()
    if not url.lower().startswith(("http://", "https://")):
        # Else a path of this server could be read.
        raise InvalidInput(_("Write the whole address of a page or feed, with https:// in front."), field="url")
    return _told(request, adding.add(url, now=clock(), language=form.text("language")))


def _from_file(request: HttpRequest, form: Form) -> list[Article]:
    uploads = [one for one in request.FILES.getlist("file") if isinstance(one, UploadedFile) and one.name]
    with tempfile.TemporaryDirectory(prefix="newsletter-upload-") as folder:
        # Under their own names, so that a text finds the pictures that were chosen with it.
        paths = [_laid_down(upload, Path(folder)) for upload in uploads]
        texts = [path for path in paths if path.suffix.lower() not in recode.SUFFIXES]
        if not texts:
            raise InvalidInput(_("Choose a file: Markdown, HTML or plain text."), field="file")
        added = [one for path in texts for one in adding.add(str(path), now=clock(), language=form.text("language"))]
    return _told(request, added)


def _laid_down(upload: UploadedFile, folder: Path) -> Path:
    name = Path(str(upload.name)).name[-100:]
    if (upload.size or 0) > LARGEST_UPLOAD:
        raise InvalidInput(_("“%(name)s” is larger than 5 MB.") % {"name": name}, field="file")
    path = folder / name
    path.write_bytes(upload.read())
    return path


@access.require(EDITOR)
@require_POST
@parser.one_request()
def pasted(request: HttpRequest) -> HttpResponse:
    """Formatted text from a clipboard, as text for the field into which it is pasted; nothing is stored."""
    upload = request.FILES.get("html")
    if not isinstance(upload, UploadedFile) or (upload.size or 0) > LARGEST_UPLOAD:
        return JsonResponse({}, status=422)
    try:
        found = parser.run(pasting.read, upload.read().decode(errors="replace"), room=_room(request))
    except (InvalidInput, parser.ParserBusy):
        return JsonResponse({}, status=422)
    notes: list[str] = [*left_out.notes(found.left_out), *found.notes]
    if found.without_pictures:
        notes.append(
            _(
                "The pictures were left out: with them this form would be too large to be saved. Save the article "
                "without them and paste them then, one by one; or add the text as a file, together with its pictures."
            )
        )
    if found.too_large:
        notes.append(
            _(
                "Nothing was pasted: with this text the form would be too large to be saved. Paste a part of it and "
                "save, then the next; or add the text as a file."
            )
        )
    return JsonResponse(
        {
            "text": found.text,
            "fields": {"title": found.title, "standfirst": found.standfirst, "byline": found.byline},
            "kept_out": [piece.to_json() for piece in found.left_out],
            "notes": [str(translated(note)) for note in notes],
        }
    )


def _room(request: HttpRequest) -> int:
    """How many bytes the form still takes, as the page counts them."""
    room = forms.number(request, "room")
    return pasting.MOST_BYTES if room is None else min(room, pasting.MOST_BYTES)


def _from_text(request: HttpRequest, form: Form) -> list[Article]:
    picture: dict[str, Any] = {"image": _picture(request), "image_alt": form.text("picture_alt")}
    notes: list[str] = []
    kept_out = left_out.from_page(form.text("kept_out"))
    made = editing.create(
        body_markdown=form.text("body"),
        kept_out=kept_out,
        now=clock(),
        tell=notes.append,
        **_written(form),
        **picture,
    )
    return _told(request, [article_store.Added(article=made, created=True, notes=tuple(notes))])


def _picture(request: HttpRequest) -> bytes:
    upload = request.FILES.get("picture")
    if not isinstance(upload, UploadedFile):
        return b""
    if (upload.size or 0) > LARGEST_UPLOAD:
        raise InvalidInput(_("This picture is larger than 5 MB. Save a smaller one."), field="picture")
    return bytes(upload.read())


def _told(request: HttpRequest, added: list[article_store.Added]) -> list[Article]:
    """Say what became of each; and, apart from it, what the extractor noticed and a person should look at."""
    new = [one for one in added if one.created]
    known, gained = len(added) - len(new), sum(one.gained for one in added)
    said = [ngettext("%(n)s article added.", "%(n)s articles added.", len(new)) % {"n": number(len(new))}]
    if known:
        said.append(ngettext("%(n)s was here already.", "%(n)s were here already.", known) % {"n": number(known)})
    if gained:
        filled = ngettext(
            "%(n)s picture that was missing is there now.", "%(n)s pictures that were missing are there now.", gained
        )
        said.append(filled % {"n": number(gained)})
    messages.success(request, " ".join(said))
    if notes := dict.fromkeys(note for one in added for note in one.notes):
        messages.warning(request, " ".join(str(translated(note)) for note in notes))
    for other in [same for one in new[:_NAMED] if (same := queries.same_headline(one.article))]:
        link = format_html('<a href="{}">{}</a>', reverse("article", args=[other.pk]), other.title)
        messages.warning(request, format_html("{} {}", _("There is an article with this headline already:"), link))
    return [one.article for one in added]


def _written(form: Form) -> dict[str, Any]:
    values: dict[str, Any] = {name: form.text(name) for name in WRITTEN}
    values["topics"] = [topic.strip() for topic in values["topics"].replace("،", ",").split(",") if topic.strip()]
    return values


@access.require(EDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
@parser.one_request()
def article(request: HttpRequest, article_id: int) -> HttpResponse:
    """Reading and mending one article; its issues keep what was approved."""
    try:
        found = queries.get(article_id)
    except NotFound as error:
        raise Http404 from error
    within = {_alt_field(picture.file): picture for picture in media_keys.pictures_in(found.body)}
    text = _field_text(found)
    values = {
        **_fields(found),
        "picture": "",
        "free": "",
        "body": text,
        "shown": _mark(text),
        "kept_out": "",
    }
    form = Form(values={**values, forms.SEEN: merging.note(_fields(found))})
    if request.method == "POST":
        form = form.posted(request)
        # What was typed is saved before any other button of the page does its work.
        if form.accepted(lambda: _save(request, found, form)):
            forms.done(request, lambda: _decide(request, found), _said(request))
            return redirect("article", article_id)
    context = {
        "article": found,
        "form": form,
        "left_out": _left_out(found),
        "within": within,
        "too_long": bool(found.body) and not text,
    }
    return render(request, "articles/article.html", context, status=form.status)


def _editable(found: Article) -> str:
    """The text for its field; of a text that takes long as the HTML that it is, which can be mended as well."""
    try:
        return parser.run(editable.text_of, found.body)
    except (parser.TooCostly, parser.ParserBusy):
        return editable.as_html(found.body)


def _fields(found: Article) -> dict[str, object]:
    """The fields of an article's page but for its text, which is watched over by itself."""
    values: dict[str, object] = {name: getattr(found, name) for name in (*WRITTEN, "picture_alt", "picture_credit")}
    alts = {_alt_field(picture.file): picture.alt for picture in media_keys.pictures_in(found.body)}
    return {**values, **alts, "topics": ", ".join(found.topics)}


def _field_text(found: Article) -> str:
    """The text for its field; empty where it is too long for a form, which then leaves it as it is."""
    text = _editable(found)
    return text if len(text.encode()) + 2 * text.count("\n") <= _LONGEST_TEXT else ""


def _left_out(found: Article) -> list[tuple[str, list[tuple[int, LeftOut]]]]:
    """What was kept out of the text, by reason, each piece with the number its button sends."""
    pieces = list(enumerate(left_out.from_json(found.left_out)))
    groups = ((why, [(number, piece) for number, piece in pieces if piece.why is why]) for why in Why)
    return [(left_out.HEADINGS[why], group) for why, group in groups if group]


def _decide(request: HttpRequest, found: Article) -> None:
    if request.POST.get("free"):
        decisions.free(found)
    if "put_back" in request.POST:
        decisions.put_back(found, number=_number(request, "put_back"))
    elif "take_out" in request.POST:
        decisions.take_out(found, number=_number(request, "take_out"))


def _said(request: HttpRequest) -> str:
    if "put_back" in request.POST:
        return _("Put back into the text.")
    return _("Taken out of the text again.") if "take_out" in request.POST else _("Saved.")


def _number(request: HttpRequest, name: str) -> int:
    raw = request.POST.get(name, "")
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 6 else -1


def _alt_field(file: str) -> str:
    """The field that says what a picture in the text shows."""
    return f"alt-{Path(file).stem[:16]}"


@access.require(EDITOR)
@require_GET
def frame(request: HttpRequest, article_id: int) -> HttpResponse:
    """The article's text alone, for a frame."""
    try:
        found = queries.get(article_id)
    except NotFound as error:
        raise Http404 from error
    head = f'<!DOCTYPE html><html lang="{escape(found.language)}" dir="{escape(found.direction)}"><title>-</title>'
    return framed.answer(
        f"{head}<style>{PROSE}</style><body>{media_keys.with_addresses(found.body, base_url=config().base_url)}"
    )


def _save(request: HttpRequest, found: Article, form: Form) -> None:
    forms.keep_theirs(form, _fields(found))
    values = {**_written(form), "image": _picture(request)}
    if found.picture_id or values["image"]:
        values |= {"image_alt": form.text("picture_alt"), "image_credit": form.text("picture_credit")}
    if _is_new_text(found, form):
        values |= {"body_markdown": form.text("body"), "kept_out": left_out.from_page(form.text("kept_out"))}
    before = len(left_out.from_json(found.left_out))
    notes: list[str] = []
    changed = editing.update(found, now=clock(), tell=notes.append, **values)
    for note in (*left_out.notes(left_out.from_json(changed.left_out)[before:]), *notes):
        messages.warning(request, str(translated(note)))
    within = media_keys.pictures_in(changed.body)
    editing.describe(
        changed, alts={one.file: form.text(name) for one in within if (name := _alt_field(one.file)) in form.values}
    )


def _is_new_text(found: Article, form: Form) -> bool:
    """Whether the text was edited. One that comes back as the page showed it stays as it is stored, to the last sign.

    Raises InvalidInput when somebody else changed it in the meantime.
    """
    shown, given = form.text("shown"), form.text("body")
    if not given.strip() or _mark(given) == shown:
        return False
    if shown and _mark(_field_text(found)) not in {shown, _mark(given)}:
        raise InvalidInput(
            _("The text was changed in another window meanwhile, so nothing was saved. Copy your text, and reload."),
            field="body",
        )
    return True


def _mark(text: str) -> str:
    """Tells one text from another, however a browser ends its lines."""
    return hashlib.sha256("\n".join(text.split("\r\n")).strip().encode()).hexdigest()[:16]
