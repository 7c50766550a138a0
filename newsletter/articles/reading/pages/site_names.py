"""The site’s name in the lines of its page: alone, as a tagline, or beside the headline in the title. Pure."""

import re
from collections.abc import Sequence

from newsletter.articles.reading.pages import paragraphs, story_words
from newsletter.articles.text import comparing

SEPARATOR = re.compile(r"(?<!\s)\s++(?:[|–—:·•»«›/\\~]|-{1,3}|::|<|>)\s++|(?:(?<!\s)\s++)?\|\s*+")
_SITE = """
news newspaper times post courier herald daily gazette tribune journal press chronicle observer guardian mail
telegraph radio tv television online magazine weekly monthly today breaking latest headlines headline videos video
homepage website com org net www edition live media broadcasting standard mirror star globe record examiner
inquirer sentinel dispatch bulletin review register independent argus echo mercury advertiser wire agency updates
official nachrichten zeitung zeitschrift aktuell aktuelle tageszeitung rundschau anzeiger blatt kurier bote
actualité actualités infos info quotidien presse noticias diario periódico última últimas actualidad
notizie giornale ultime nieuws krant nyheter tidning notícias jornal новости газета haber haberler gazete gazetesi
خبر اخبار خبرگزاری روزنامه سایت پایگاه خبری تازه‌ترین آخرین هفته‌نامه أخبار الأخبار صحيفة جريدة وكالة عاجل موقع
חדשות עיתון
"""
SITE_WORDS = frozenset(_SITE.split())


def is_tagline(line: str, *, items: Sequence[str], title: str = "") -> bool:
    """A line near the headline that speaks of the site. Only when plain: its own words are not the story's."""
    if comparing.same(line, title) or len(line) > 150:
        return False
    story = story_words.of(items, without=(line, title))
    site = sum(word in SITE_WORDS for word in story_words.words(line))
    parts = [part for part in SEPARATOR.split(line) if part]
    separated = len(parts) > 1 and (site > 0 or is_name(parts[0]) or is_name(parts[-1]))
    return (
        story_words.share(line, story) <= 0.34 and (separated or site >= 2) and not line.rstrip().endswith((".", "?"))
    )


def is_motto(line: str, *, items: Sequence[str]) -> bool:
    """A masthead's sentence (“The Harbour Courier. Independent since 1898.”): two words of the closed list say so."""
    site = sum(word in SITE_WORDS for word in story_words.words(line))
    return (
        site >= 2
        and len(line.split()) <= 16
        and story_words.share(line, story_words.of(items, without=(line,))) <= 0.34
    )


def extends(longer: str, shorter: str) -> bool:
    """“Headline | Site” extends “Headline”; so does “Site: Headline”."""
    if len(longer) > comparing.LONGEST:
        return False
    longer, shorter = comparing.core(longer), comparing.core(shorter)
    if len(longer) <= len(shorter) + 2:
        return False
    if longer.startswith(shorter):
        return bool(re.match(r"\s*[|·•»>/]|\s+-+\s|\s+::?\s|\s*::|\s+\(", longer[len(shorter) :]))
    if longer.endswith(shorter):
        return bool(re.search(r"[|·•»>/]\s*$|\s-+\s+$|:\s+$", longer[: -len(shorter)]))
    return False


def beside(title: str, longer: str) -> str:
    """The core of what a page's title says beside the headline: the site's name, perhaps with a section."""
    return comparing.core(comparing.core(longer).replace(comparing.core(title), " ", 1).strip(" |-:·•»/>"))


def without_name(line: str, items: Sequence[str]) -> str:
    """“Headline | The Harbour Courier” that is said only once: the site's name goes when it plainly is a name."""
    cuts = list(SEPARATOR.finditer(line))
    if not cuts:
        return line
    cut = cuts[-1]
    title, rest = line[: cut.start()].strip(), line[cut.end() :].strip()
    if len(title.split()) < 3 or len(rest.split()) > 6 or not rest:
        return line
    named = any(comparing.same(rest, other) for other in items if other != line)
    sitelike = any(word in SITE_WORDS for word in story_words.words(rest)) or re.search(r"\.\w{2,6}$", rest)
    story = story_words.of(items, without=(line,))
    sure = named or "|" in cut[0] or "::" in cut[0]
    if sure or (sitelike and is_name(rest) and story_words.share(title, story) >= story_words.share(rest, story)):
        return without_name(title, items)
    return line


def without_site(title: str, *, names: Sequence[str] = ()) -> str:
    """A page's title without the site's name behind it: a known name, or what plainly is a site's name."""
    return without_name(title, [title, *names])


def is_name(part: str) -> bool:
    """Reads as a name: few words, each capitalised where the script knows capitals."""
    words = [word for word in re.findall(r"[^\W\d_]+", part) if len(word) > 3]
    return (
        0 < len(part.split()) <= 5
        and all(not word[0].islower() for word in words)
        and not paragraphs.ends_sentence(part)
    )
