"""The forms of an article: added by its address, from files or written here, and mending it."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.urls import reverse_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from newsletter.articles.models import Article
from newsletter.forms import Form, TextAreaField, TextField
from newsletter.translation import number
from newsletter.web.forms.merging import MergingForm

LARGEST_UPLOAD = 5_000_000
"""Bytes; the longest report is a tenth of it."""
PICTURES = "image/jpeg,image/png,image/webp,image/gif"
WRITTEN = ("title", "standfirst", "byline", "kicker", "language", "url", "topics")


class FilesInput(forms.FileInput):
    """An input for several files at once."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files at once, each cleaned as a file."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = data if isinstance(data, list) else [data]
        return [file for file in (super(FilesField, self).clean(each, initial) for each in files) if file]


class ArticleFields(Form):
    """What both forms have: the words around a text, and its picture."""

    title = TextField(label=_("Headline"), longest=500, attrs={"dir": "auto"})
    kicker = TextField(
        label=_("Label"), help_text=_("The short word above the headline."), longest=120, attrs={"dir": "auto"}
    )
    standfirst = TextAreaField(label=_("Summary"), rows=3)
    byline = TextField(label=_("Byline"), longest=300, attrs={"dir": "auto"})
    language = TextField(
        label=_("Language"),
        help_text=_("A code such as en or fa. Leave it empty to have it detected."),
        longest=20,
        attrs={"dir": "ltr"},
    )
    topics = TextField(label=_("Topics"), help_text=_("Separated by commas."), longest=300, attrs={"dir": "auto"})
    body = TextAreaField(
        label=_("Text"),
        strip=False,
        attrs={
            "class": "tall",
            "data-rich": reverse_lazy("article_pasted"),
            "data-most": settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
        },
    )
    kept_out = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)
    """What pasting left out of the text, as JSON; the script of the page writes it."""
    picture = forms.FileField(
        label=_("A picture"),
        help_text=_("JPEG, PNG or WebP, at most 5 MB. It is scaled down for mails."),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": PICTURES}),
    )
    picture_alt = TextField(
        label=_("What the picture shows"),
        help_text=_("For people who do not see it. One sentence."),
        longest=500,
        attrs={"dir": "auto"},
    )

    def clean_topics(self) -> list[str]:
        topics = self.cleaned_data["topics"].replace("،", ",").split(",")
        return [topic.strip() for topic in topics if topic.strip()]

    def clean_picture(self) -> bytes:
        upload = self.cleaned_data["picture"]
        if not upload:
            return b""
        if upload.size > LARGEST_UPLOAD:
            raise forms.ValidationError(gettext("This picture is larger than 5 MB. Save a smaller one."))
        return bytes(upload.read())

    @property
    def written(self) -> dict[str, Any]:
        """The words around the text, by the names that services know."""
        return {name: self.cleaned_data[name] for name in WRITTEN}


class NewArticleForm(ArticleFields):
    """By its address, from files, or written here: the page has a form of each, which send only their own fields."""

    url = TextField(
        label=_("Address of a page or feed"),
        help_text=_("We read the page and take its headline, text and picture."),
        kind="url",
        attrs={"dir": "ltr", "inputmode": "url"},
    )
    file = FilesField(
        label=_("Markdown, HTML or plain text, and the pictures in it"),
        help_text=_("Each at most 5 MB. Choose the text and its pictures together."),
        required=False,
        allow_empty_file=True,
        widget=FilesInput(
            attrs={"accept": f".md,.markdown,.html,.htm,.txt,text/plain,text/html,text/markdown,{PICTURES}"}
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["body"].widget.attrs["rows"] = 14
        self.fields["body"].help_text = gettext(
            "Markdown: an empty line between paragraphs, # before a heading, [words](address) for a link. Formatted "
            "text that you paste keeps its links, emphasis and pictures."
        )

    def clean_file(self) -> list[UploadedFile]:
        uploads: list[UploadedFile] = self.cleaned_data["file"]
        for upload in uploads:
            if (upload.size or 0) > LARGEST_UPLOAD:
                raise forms.ValidationError(gettext("“%(name)s” is larger than 5 MB.") % {"name": upload.name})
        return uploads


class ArticleForm(ArticleFields, MergingForm):
    """Mending an article. Its text is watched over by itself: what nobody touched stays as stored, to the last sign."""

    url = TextField(
        label=_("Address"),
        help_text=_(
            "Where readers find the whole article. If empty, “Read on” leads to the story on the issue’s page."
        ),
        kind="url",
        longest=2000,
        attrs={"dir": "ltr"},
    )
    picture_credit = TextField(label=_("Picture credit"), longest=200, attrs={"dir": "auto"})
    free = forms.BooleanField(label=_("Every reader may see this article"), required=False)
    shown = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)
    """The `mark` of the text that the page showed."""

    def __init__(
        self,
        *args: Any,
        article: Article,
        pictures: Mapping[str, str],
        text_now: Callable[[], str],
        **kwargs: Any,
    ) -> None:
        """``pictures``: what each picture in the text shows, by its field; ``text_now``: the stored text."""
        self.text_now = text_now
        self.alts = tuple(pictures)
        names = (*(name for name in WRITTEN if name != "topics"), "picture_alt", "picture_credit")
        stored: dict[str, object] = {name: getattr(article, name) for name in names}
        stored |= {**pictures, "topics": ", ".join(article.topics)}
        super().__init__(*args, stored=stored, **kwargs)
        for place, name in enumerate(self.alts, start=1):
            label = gettext("What picture %(n)s shows") % {"n": number(place)}
            self.fields[name] = TextField(label=label, longest=500, attrs={"dir": "auto"})
        self.fields["body"].widget.attrs["rows"] = 24
        self.fields["body"].help_text = gettext(
            "Markdown; parts that it has no signs for are HTML. If you leave it empty, the text stays as it is."
        )
        if not self.is_bound:
            text = text_now()
            self.initial.update(body=text, shown=mark(text))

    def clean_body(self) -> str | None:
        """The text, None when it was not edited. Refused when somebody else changed it in the meantime."""
        given, shown = self.cleaned_data["body"], self.data.get("shown", "")
        if not given.strip() or mark(given) == shown:
            return None
        if shown and mark(self.text_now()) not in {shown, mark(given)}:
            raise forms.ValidationError(
                gettext(
                    "The text was changed in another window meanwhile, so nothing was saved. Copy your text, and "
                    "reload."
                )
            )
        return str(given)


def mark(text: str) -> str:
    """Tells one text from another, however a browser ends its lines."""
    return hashlib.sha256("\n".join(text.split("\r\n")).strip().encode()).hexdigest()[:16]
