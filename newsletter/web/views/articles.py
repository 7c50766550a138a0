"""The articles: finding, adding and mending them."""

import functools
import tempfile
from pathlib import Path

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
from newsletter.web import framed, posts
from newsletter.web.forms.articles import LARGEST_UPLOAD, ArticleForm, NewArticleForm
from newsletter.web.posts import clock

PAGE = 30
_NAMED = 5
"""Of many articles added at once, so many are compared by their headlines."""
_LONGEST_TEXT = pasting.MOST_BYTES - 100_000
"""Bytes of a text that goes into a form with its title and all the rest."""
PROSE = (
    "body{font:17px/1.6 Georgia,serif;max-width:38rem;margin:1rem auto;padding:0 1rem;color:#1a1f24;background:#fff}"
    "img{max-width:100%;height:auto}"
)


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
    form = NewArticleForm(request.POST, request.FILES) if request.method == "POST" else NewArticleForm()
    way = request.POST.get("way", "")
    add = {"url": _from_url, "file": _from_file, "text": _from_text}.get(way, _from_text)
    found: list[Article] = []
    if form.is_valid() and form.accepts(lambda: found.extend(add(request, form)), beside=way):
        return redirect("article", found[0].pk) if len(found) == 1 else redirect("articles")
    return render(request, "articles/new.html", {"form": form}, status=form.status)


def _from_url(request: HttpRequest, form: NewArticleForm) -> list[Article]:
    url = form.cleaned_data["url"]
    if not url.lower().startswith(("http://", "https://")):
        # Else a path of this server could be read.
        raise InvalidInput(_("Write the whole address of a page or feed, with https:// in front."), field="url")
    return _told(request, adding.add(url, now=clock(), language=form.cleaned_data["language"]))


def _from_file(request: HttpRequest, form: NewArticleForm) -> list[Article]:
    uploads = [upload for upload in form.cleaned_data["file"] if upload.name]
    with tempfile.TemporaryDirectory(prefix="newsletter-upload-") as folder:
        # Under their own names, so that a text finds the pictures that were chosen with it.
        paths = [_laid_down(upload, Path(folder)) for upload in uploads]
        texts = [path for path in paths if path.suffix.lower() not in recode.SUFFIXES]
        if not texts:
            raise InvalidInput(_("Choose a file: Markdown, HTML or plain text."), field="file")
        language = form.cleaned_data["language"]
        added = [article for path in texts for article in adding.add(str(path), now=clock(), language=language)]
    return _told(request, added)


def _laid_down(upload: UploadedFile, folder: Path) -> Path:
    name = Path(str(upload.name)).name[-100:]
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
    room = posts.number(request, "room")
    return pasting.MOST_BYTES if room is None else min(room, pasting.MOST_BYTES)


def _from_text(request: HttpRequest, form: NewArticleForm) -> list[Article]:
    notes: list[str] = []
    typed = form.cleaned_data
    made = editing.create(
        body_markdown=typed["body"],
        kept_out=left_out.from_page(typed["kept_out"]),
        now=clock(),
        tell=notes.append,
        **form.written,
        image=typed["picture"],
        image_alt=typed["picture_alt"],
    )
    return _told(request, [article_store.Added(article=made, created=True, notes=tuple(notes))])


def _told(request: HttpRequest, added: list[article_store.Added]) -> list[Article]:
    """Say what became of each; and, apart from it, what the extractor noticed and a person should look at."""
    new = [made for made in added if made.created]
    known, gained = len(added) - len(new), sum(made.gained for made in added)
    said = [ngettext("%(n)s article added.", "%(n)s articles added.", len(new)) % {"n": number(len(new))}]
    if known:
        said.append(ngettext("%(n)s was here already.", "%(n)s were here already.", known) % {"n": number(known)})
    if gained:
        filled = ngettext(
            "%(n)s picture that was missing is there now.", "%(n)s pictures that were missing are there now.", gained
        )
        said.append(filled % {"n": number(gained)})
    messages.success(request, " ".join(said))
    if notes := dict.fromkeys(note for made in added for note in made.notes):
        messages.warning(request, " ".join(str(translated(note)) for note in notes))
    for other in [same for made in new[:_NAMED] if (same := queries.same_headline(made.article))]:
        link = format_html('<a href="{}">{}</a>', reverse("article", args=[other.pk]), other.title)
        messages.warning(request, format_html("{} {}", _("There is an article with this headline already:"), link))
    return [made.article for made in added]


@access.require(EDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
@parser.one_request()
def article(request: HttpRequest, article_id: int) -> HttpResponse:
    """Reading and mending an article; its issues keep what was approved."""
    try:
        found = queries.get(article_id)
    except NotFound as error:
        raise Http404 from error
    within = {_alt_field(picture.file): picture for picture in media_keys.pictures_in(found.body)}
    text_now = functools.cache(lambda: _field_text(found))
    data, files = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = ArticleForm(
        data,
        files,
        article=found,
        pictures={name: picture.alt for name, picture in within.items()},
        text_now=text_now,
    )
    # What was typed is saved before any other button of the page does its work.
    if form.is_valid() and form.accepts(lambda: _save(request, found, form)):
        posts.done(request, lambda: _decide(request, found), _said(request))
        return redirect("article", article_id)
    context = {
        "article": found,
        "form": form,
        "left_out": _left_out(found),
        "within": within,
        "too_long": bool(found.body) and not text_now(),
    }
    return render(request, "articles/article.html", context, status=form.status)


def _editable(found: Article) -> str:
    """The text for its field; of a text that takes long as the HTML that it is, which can be mended as well."""
    try:
        return parser.run(editable.text_of, found.body)
    except (parser.TooCostly, parser.ParserBusy):
        return editable.as_html(found.body)


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


def _save(request: HttpRequest, found: Article, form: ArticleForm) -> None:
    typed = form.cleaned_data
    values = {**form.written, "image": typed["picture"]}
    if found.picture_id or typed["picture"]:
        values |= {"image_alt": typed["picture_alt"], "image_credit": typed["picture_credit"]}
    if typed["body"] is not None:
        values |= {"body_markdown": typed["body"], "kept_out": left_out.from_page(typed["kept_out"])}
    before = len(left_out.from_json(found.left_out))
    notes: list[str] = []
    changed = editing.update(found, now=clock(), tell=notes.append, **values)
    for note in (*left_out.notes(left_out.from_json(changed.left_out)[before:]), *notes):
        messages.warning(request, str(translated(note)))
    within = media_keys.pictures_in(changed.body)
    editing.describe(
        changed, alts={picture.file: typed[name] for picture in within if (name := _alt_field(picture.file)) in typed}
    )
