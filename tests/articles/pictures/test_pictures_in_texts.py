"""Pictures inside a story's text: ours, as large as they are, without the host of the day, and described when asked."""

import base64
import dataclasses
import importlib
import io
import json
import os
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from PIL import Image

from newsletter import conf
from newsletter.articles import adding, editing, models
from newsletter.articles.pictures import media_keys, recode
from newsletter.articles.reading import editable
from newsletter.articles.reading.not_for_readers import left_out
from newsletter.management.cli import articles as commands
from tests.articles.conftest import Site, image_bytes
from tests.articles.test_commands import run

pytestmark = pytest.mark.django_db
MIGRATION = importlib.import_module("newsletter.migrations.0009_pictures")
SIZED = r'<img src="media:[0-9a-f]{2}/[0-9a-f]{64}\.(?:jpg|png)" alt="%s" width="%d" height="%d">'


@pytest.fixture(autouse=True)
def own_data(settings: Any, tmp_path: Path, site: Site) -> None:
    settings.NEWSLETTER = dataclasses.replace(
        settings.NEWSLETTER, data_dir=tmp_path / "data", fetch_allow=(site.place,)
    )


def holds(body: str, *, alt: str = "", width: int, height: int) -> bool:
    return re.search(SIZED % (re.escape(alt), width, height), body) is not None


def markdown(folder: Path, text: str) -> str:
    (folder / "a.md").write_text(f"---\ntitle: The pier in one picture\nsummary: A picture in the text.\n---\n{text}\n")
    return str(folder / "a.md")


def test_a_picture_beside_a_file_is_kept_with_the_size_of_the_stored_file(now: datetime, tmp_path: Path) -> None:
    (tmp_path / "pier.jpg").write_bytes(image_bytes(size=(800, 600)))
    (tmp_path / "wide.png").write_bytes(image_bytes("PNG", size=(2400, 900), color="red"))
    text = "The council closed it.\n\n![The pier at dusk](pier.jpg)\n\nIt opens ![](wide.png) in spring."
    [added] = adding.add(markdown(tmp_path, text), now=now)
    assert holds(added.article.body, alt="The pier at dusk", width=800, height=600)
    assert holds(added.article.body, width=1200, height=450)
    assert [note for note in added.notes if "no description" in note]


@pytest.mark.parametrize(
    "declared",
    [
        "",
        " width='100' height='900'",
        " width='5000'",
        " style='width:100%'",
        f" width='{'9' * 5000}' height='²'",  # no number that Python reads
    ],
)
def test_what_a_page_says_of_a_picture_does_not_change_its_shape(site: Site, now: datetime, declared: str) -> None:
    site.put("/pier.jpg", image_bytes(size=(800, 600)), "image/jpeg")
    body = f"<p>Closed.</p><p><img src='{site.url}/pier.jpg'{declared}></p><p>It opens in spring.</p>"
    made = editing.create(title="The pier", body_markdown=body, now=now)
    assert holds(made.body, width=800, height=600)


def test_icons_stay_small_and_counters_go_without_being_asked(site: Site, now: datetime) -> None:
    site.put("/icon.png", image_bytes("PNG", size=(512, 512)), "image/png")
    site.put("/dot.png", image_bytes("PNG", size=(8, 8)), "image/png")
    site.put("/count.gif", image_bytes("GIF", size=(40, 40)), "image/gif")
    body = (
        f'<p>Read <img src="{site.url}/icon.png" width="24" height="24" alt="PDF"> on'
        f'<img src="{site.url}/dot.png"><img src="{site.url}/count.gif" width="1" height="1"></p>'
    )
    made = editing.create(title="The pier", body_markdown=body, now=now)
    assert holds(made.body, alt="PDF", width=24, height=24)
    assert made.body.count("<img") == 1
    assert "/count.gif" not in [path for path, _headers in site.asked]


def test_a_picture_pasted_into_the_text_itself_is_kept_as_a_file(now: datetime) -> None:
    data = base64.b64encode(image_bytes("PNG", size=(300, 200))).decode()
    made = editing.create(title="T", body_markdown=f'<p>A <img src="data:image/png;base64,{data}"></p>', now=now)
    assert holds(made.body, width=300, height=200)
    assert models.Picture.objects.count() == 1


def test_a_picture_of_which_only_the_name_is_known_is_told(now: datetime, tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("<h1>The pier</h1><p>Closed. <img src='cid:part1.pier' alt='The pier'></p>")
    [added] = adding.add(str(tmp_path / "a.html"), now=now)
    assert any("cid:part1.pier" in note for note in added.notes)


def test_a_stored_text_given_back_keeps_its_pictures_from_whatever_host(now: datetime, tmp_path: Path) -> None:
    (tmp_path / "pier.jpg").write_bytes(image_bytes(size=(800, 600)))
    [added] = adding.add(markdown(tmp_path, "![The pier](pier.jpg) is closed."), now=now)
    stored = added.article.body
    for base in ("media:", "https://old.example/media/", f"{conf.config().base_url}/media/"):
        body = stored.replace("media:", base) + "<p>More.</p>"
        again = editing.update(added.article, body_markdown=body, url="https://harbour.example/pier", now=now)
        assert holds(again.body, alt="The pier", width=800, height=600)
    assert models.Picture.objects.count() == 1


def test_an_article_is_shown_with_the_address_of_today(settings: Any, now: datetime, tmp_path: Path) -> None:
    (tmp_path / "pier.jpg").write_bytes(image_bytes(size=(800, 600)))
    [added] = adding.add(markdown(tmp_path, "![](pier.jpg) closed."), now=now)
    settings.NEWSLETTER = dataclasses.replace(settings.NEWSLETTER, base_url="https://moved.example")
    code, out, _err = run(commands.app, "show", str(added.article.pk), "--json")
    assert code == 0
    assert '<img src="https://moved.example/media/' in json.loads(out)["body"]


def test_what_the_pictures_show_is_written_on_the_text(now: datetime, tmp_path: Path) -> None:
    (tmp_path / "pier.jpg").write_bytes(image_bytes(size=(800, 600)))
    [added] = adding.add(markdown(tmp_path, "![](pier.jpg) closed."), now=now)
    [within] = media_keys.pictures_in(added.article.body)
    editing.describe(added.article, alts={within.file: "The pier\nat “dusk”", "ff/other.jpg": "x"})
    added.article.refresh_from_db()
    assert holds(added.article.body, alt="The pier at “dusk”", width=800, height=600)


def test_what_is_stored_already_loses_its_host_and_gets_its_size(settings: Any, now: datetime) -> None:
    """The migration: pictures of ours only, words untouched; and back."""
    file, other = f"ab/{'ab' * 32}.jpg", f"cd/{'cd' * 32}.png"
    models.Picture.objects.create(digest="ab" * 32, file=file, width=800, height=600, size=1, created_at=now)
    models.Picture.objects.create(digest="cd" * 32, file=other, width=512, height=512, size=1, created_at=now)
    old = (
        f'<p>A &lt;img src="x"&gt;<img src="http://127.0.0.1:8000/media/{file}"></p>'
        f'<p><img width="24" height="24" src="https://news.example/media/{other}" alt="a &amp; b" lang="en"></p>'
        f'<p><img src="https://news.example/media/ef/{"ef" * 32}.jpg" alt="gone"></p>'
    )
    article = models.Article.objects.create(title="T", body=old, text_key="1", added_at=now)
    MIGRATION.without_host(apps, None)
    article.refresh_from_db()
    assert article.body == (
        f'<p>A &lt;img src="x"&gt;<img src="media:{file}" alt="" width="800" height="600"></p>'
        f'<p><img src="media:{other}" alt="a &amp; b" width="24" height="24" lang="en"></p>'
        f'<p><img src="https://news.example/media/ef/{"ef" * 32}.jpg" alt="gone"></p>'
    )
    MIGRATION.with_host(apps, None)
    article.refresh_from_db()
    assert f'src="{conf.config().base_url}/media/{file}"' in article.body


def test_a_file_added_again_with_its_pictures_fills_in_those_that_were_missing(now: datetime, tmp_path: Path) -> None:
    """Also after an editor has written a description; words are left alone."""
    file = markdown(tmp_path, "Before.\n\n![A cat](cat.png)\n\nBetween.\n\n![](dog.png)\n\nAfter.")
    (tmp_path / "dog.png").write_bytes(image_bytes("PNG", (300, 200)))
    [first] = adding.add(file, now=now)
    assert any("cat.png was not found" in str(note) for note in first.notes)
    [dog] = media_keys.pictures_in(first.article.body)
    editing.describe(first.article, alts={dog.file: "A dog"})

    assert [(one.created, one.gained) for one in adding.add(file, now=now)] == [(False, 0)]
    (tmp_path / "cat.png").write_bytes(image_bytes("PNG", (200, 100), color="red"))
    code, out, _err = run(commands.app, "add", file, "--json")
    [added] = json.loads(out)["added"]
    assert (code, added["created"], added["pictures_filled_in"]) == (0, False, 1)
    first.article.refresh_from_db()
    assert [one.alt for one in media_keys.pictures_in(first.article.body)] == ["A cat", "A dog"]
    assert adding.add(file, now=now)[0].gained == 0
    assert models.Article.objects.count() == 1


def test_the_chosen_picture_of_a_file_is_filled_in_and_an_edited_text_is_left_alone(
    now: datetime, tmp_path: Path
) -> None:
    (tmp_path / "b.md").write_text(
        "---\ntitle: Pier\nurl: https://harbour.example/pier\nimage: a.png\nimage_alt: A pier\n---\n"
        "Words.\n\n![](b.png)\n"
    )
    [first] = adding.add(str(tmp_path / "b.md"), now=now)
    editing.update(first.article, body_markdown="Better words.", now=now)
    (tmp_path / "a.png").write_bytes(image_bytes("PNG", (300, 200)))
    (tmp_path / "b.png").write_bytes(image_bytes("PNG", (300, 200), color="red"))
    [again] = adding.add(str(tmp_path / "b.md"), now=now)
    assert (again.created, again.gained, again.article.picture_alt) == (False, 1, "A pier")
    assert again.article.body == "<p>Better words.</p>"
    assert any("missing pictures in it were not added" in str(note) for note in again.notes)


def test_what_an_editor_took_out_is_not_brought_back_by_the_file(now: datetime, tmp_path: Path) -> None:
    """Neither the picture above the text nor one in it, while what was missing still comes."""
    pictures = {"lead.png": "blue", "cat.png": "red", "dog.png": "green"}
    for name, color in pictures.items():
        (tmp_path / name).write_bytes(image_bytes("PNG", (300, 200), color=color))
    (tmp_path / "c.md").write_text(
        "---\ntitle: Pier\nimage: lead.png\n---\nWords.\n\n![A cat](cat.png)\n\n![A dog](dog.png)\n\n![](owl.png)\n"
    )
    file = str(tmp_path / "c.md")
    [first] = adding.add(file, now=now)
    text = editable.text_of(first.article.body)
    cat = next(block for block in text.split("\n\n") if "A cat" in block)
    editing.update(first.article, body_markdown=text.replace(cat, ""), remove_image=True, now=now)

    [again] = adding.add(file, now=now)
    assert (again.gained, again.article.picture) == (0, None)
    (tmp_path / "owl.png").write_bytes(image_bytes("PNG", (320, 200), color="white"))
    [again] = adding.add(file, now=now)
    assert (again.gained, again.article.picture) == (1, None)
    assert [one.alt for one in media_keys.pictures_in(again.article.body)] == ["A dog", ""]

    # The note is no piece of the text, and goes when a person brings the picture back.
    assert left_out.from_json(again.article.left_out) == []
    changed = editing.update(again.article, image=(tmp_path / "lead.png").read_bytes(), body_markdown=text, now=now)
    assert left_out.pictures_taken_out(changed.left_out) != []
    assert changed.picture.file not in left_out.pictures_taken_out(changed.left_out)
    assert "A cat" in changed.body


def test_a_second_article_with_one_headline_is_told(now: datetime, tmp_path: Path) -> None:
    file = markdown(tmp_path, "The pier is shut to everybody.")
    [first] = adding.add(file, now=now)
    markdown(tmp_path, "The pier is open to everybody.")
    code, out, _err = run(commands.app, "add", file, "--json")
    [added] = json.loads(out)["added"]
    assert (code, added["created"], added["same_headline"]) == (0, True, first.article.pk)


def test_a_small_file_that_unpacks_to_a_gigabyte_is_refused_with_its_size() -> None:
    out = io.BytesIO()
    Image.new("RGB", (4000, 4000)).save(out, "WEBP", lossless=True)
    assert len(out.getvalue()) < 20_000
    with pytest.raises(
        recode.UnusablePicture, match=r"4,000 × 4,000 pixels.*at most 50 million pixels.*at most 12 million"
    ):
        recode.encode(out.getvalue(), name="bomb.webp")
    poster = io.BytesIO()
    Image.new("1", (9000, 9000)).save(poster, "PNG")
    with pytest.raises(recode.UnusablePicture, match=r"9,000 × 9,000 pixels.*a JPEG may have at most 50 million"):
        recode.encode(poster.getvalue(), name="poster.png")
    out = io.BytesIO()
    Image.new("RGB", (4000, 4000)).save(out, "JPEG")
    assert recode.encode(out.getvalue(), name="photo.jpg").width == recode.MAX_WIDTH


def test_a_picture_that_would_take_megabytes_in_each_mail_is_refused_with_its_size() -> None:
    noise = Image.frombytes("RGBA", (1_200, 1_100), os.urandom(1_200 * 1_100 * 4))
    out = io.BytesIO()
    noise.save(out, "PNG", compress_level=1)
    with pytest.raises(recode.UnusablePicture, match=r"would take 6 MB.*at most 5 MB.*without transparent parts"):
        recode.encode(out.getvalue(), name="noise.png")
