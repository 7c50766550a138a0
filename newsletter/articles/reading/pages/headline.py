"""Which line of a saved page is its headline, and which are the site's own name and tagline. Pure."""

import dataclasses
import difflib
import functools
import itertools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.articles.reading.pages import page_furniture, paragraphs

_SEPARATOR = re.compile(r"(?<!\s)\s++(?:[|–—:·•»«›/\\~]|-{1,3}|::|<|>)\s++|(?:(?<!\s)\s++)?\|\s*+")
BULLET = re.compile(r"(?:[•·▪◦‣]|[*-](?= ))\s*(?=\S)")
"""The sign that begins a point of a list."""
_NUMBERED = re.compile(r"(?:\d{1,2}|[ivx]{1,4})[.)]\s+", re.IGNORECASE)
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
_SITE_WORDS = frozenset(_SITE.split())
_COMMON = """
that this with from have been were will would could should their they them there than then what when which while about
after before into over under more most some such only also other your says said told does make made many much very just
nicht eine einen einem einer sich auch wird wurde sind oder aber nach über beim noch mehr haben werden dass
dans pour avec plus cette mais sont leur tout aussi comme para como pero este esta desde sobre entre más della nella
است این برای شده های شود خود هذا التي الذي على
"""
_COMMON_WORDS = frozenset(_COMMON.split())
"""Words that come back in every story and vouch for nothing."""
_LABEL_WORDS = 3
_SAID_TWICE, _SAID_LONGER = 3.5, 2.5
"""What a repetition weighs beside the score of a line: about 3 for a good headline, below 1 for a tagline."""
_FUZZY = 0.9
_FUZZY_LENGTH = 20
_FULL_STOP = re.compile(r"[^.][.。۔][\"'”’»)]*$")
_LONGEST_SENTENCE = 90
"""A headline may be a sentence with a full stop; a longer one is a paragraph."""
_TELLS = 60
"""A sentence of so many letters tells something by itself."""
_LONGEST = 300
"""No headline is longer; comparing paragraphs letter by letter would take forever."""
_QUOTES = str.maketrans(dict.fromkeys("‘’‚‛′`´", "'") | dict.fromkeys("“”„‟«»″", '"') | dict.fromkeys("–—‐‑‒―", "-"))
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True, kw_only=True)
class Found:
    """The headline, and where it stands among the lines."""

    title: str
    first: int
    last: int
    """The story begins below this one."""
    places: frozenset[int]
    site_names: frozenset[str]
    """Cores of lines that are the site's name."""


@functools.lru_cache(maxsize=4096)
def core(line: str) -> str:
    """What two spellings of one line have in common: case, quotes, dashes and closing marks make no difference."""
    plain = unicodedata.normalize("NFKC", line).translate(_QUOTES).casefold()
    return " ".join(re.sub(r"[\"“”']", "", plain).split()).strip(" .…|-:·•")


def same(one: str, other: str) -> bool:
    """One line said twice, small differences of an editor's hand included."""
    if max(len(one), len(other)) > _LONGEST:
        return one == other
    a, b = core(one), core(other)
    if a == b:
        return bool(a)
    if min(len(a), len(b)) < _FUZZY_LENGTH or abs(len(a) - len(b)) > 0.2 * max(len(a), len(b)):
        return False
    matcher = difflib.SequenceMatcher(None, a, b, autojunk=False)
    return matcher.real_quick_ratio() >= _FUZZY and matcher.quick_ratio() >= _FUZZY and matcher.ratio() >= _FUZZY


def is_label(line: str) -> bool:
    """A kicker or a section's name: one to three words that are no sentence."""
    words = line.split()
    return 0 < len(words) <= _LABEL_WORDS and len(line) <= 40 and not paragraphs.ends_sentence(line)


def ends_with_stop(line: str) -> bool:
    """A full stop ends it; a question or an exclamation may be a headline."""
    return bool(_FULL_STOP.search(line))


def is_tagline(line: str, *, items: Sequence[str], title: str = "") -> bool:
    """A line near the headline that speaks of the site. Only when plain: its own words are not the story's."""
    if same(line, title) or len(line) > 150:
        return False
    story = _story_words(items, without=(line, title))
    site = sum(word in _SITE_WORDS for word in _words(line))
    parts = [part for part in _SEPARATOR.split(line) if part]
    separated = len(parts) > 1 and (site > 0 or _is_name(parts[0]) or _is_name(parts[-1]))
    return _echo(line, story) <= 0.34 and (separated or site >= 2) and not line.rstrip().endswith((".", "?"))


@dataclass(frozen=True, kw_only=True)
class _Candidate:
    title: str
    first: int
    last: int
    bonus: float = 0.0


def is_motto(line: str, *, items: Sequence[str]) -> bool:
    """A masthead's sentence (“The Harbour Courier. Independent since 1898.”): two words of the closed list say so."""
    site = sum(word in _SITE_WORDS for word in _words(line))
    return site >= 2 and len(line.split()) <= 16 and _echo(line, _story_words(items, without=(line,))) <= 0.34


def is_cut_short(line: str, *, title: str) -> bool:
    """The headline's beginning with an ellipsis, as page titles have it."""
    stem = next((line.removesuffix(dots).rstrip() for dots in ("…", "...") if line.endswith(dots)), line)
    return stem != line and len(stem) >= _FUZZY_LENGTH and core(title).startswith(core(stem))


def find(items: Sequence[str], *, head: int) -> Found | None:
    """The headline among the first ``head`` items; None when the text has none."""
    listed = _contents(items, head)
    singles = [
        _Candidate(title=_without_site(items[i], items), first=i, last=i)
        for i in range(_first_paragraph(items, head))
        if i not in listed and _could_be(items[i]) and not is_tagline(items[i], items=items)
    ]
    singles = [one for one in singles if not _is_below_the_beginning(one, singles, items)]
    free = [i for i in range(head) if i not in listed and not BULLET.match(items[i])]
    pairs = (_repeated(items, i, j) for at, i in enumerate(free) for j in free[at + 1 :])
    candidates = [*(_weighed(pair, singles, items) for pair in pairs if pair), *singles]
    if not candidates:
        return None
    return _found(max(candidates, key=lambda one: _score(one.title, items, one.last) + one.bonus), items, head)


def _is_below_the_beginning(one: _Candidate, singles: Sequence[_Candidate], items: Sequence[str]) -> bool:
    """A subheading, however well it sums the story up: above it stand a plain headline and a sentence of the story."""
    if any(page_furniture.byline_of(line) for line in items[one.last + 1 : one.last + 4]):
        return False
    return any(
        upper.first < one.first and _is_plain(upper.title) and _begins_story(line, upper.title, items)
        for upper in singles
        for line in items[upper.last + 1 : one.first]
    )


def _is_plain(line: str) -> bool:
    """A headline and nothing of a site: several words, none from the closed list, no separator, no sentence."""
    several = len(line.split()) > _LABEL_WORDS or _CJK.search(line)
    return bool(several) and not (set(_words(line)) & _SITE_WORDS or _SEPARATOR.search(line) or ends_with_stop(line))


def _begins_story(line: str, title: str, items: Sequence[str]) -> bool:
    """A sentence that is long enough to tell something, or that speaks of what the headline speaks of."""
    if not ends_with_stop(line) or page_furniture.is_footer(line) or is_motto(line, items=items):
        return False
    return len(line) >= _TELLS or bool(set(_stems(line)) & set(_stems(title)))


def _weighed(pair: _Candidate, singles: Sequence[_Candidate], items: Sequence[str]) -> _Candidate:
    """A subheading that is said twice in the story is no headline: one stands above it, and it is told in between."""
    above = any(one.first < pair.first and len(one.title.split()) > _LABEL_WORDS for one in singles)
    is_subheading = above and _tells_between(items, pair.first, pair.last)
    return dataclasses.replace(pair, bonus=0.0) if is_subheading else pair


def _contents(items: Sequence[str], head: int) -> frozenset[int]:
    """Lines of a table of contents: two or more in a row that come again, in their order, as headings in the story."""
    cores = [_entry(line) for line in items]
    found: set[int] = set()
    first = next((i for i in range(head) if _could_be(items[i]) and not is_tagline(items[i], items=items)), 0)
    at = first + 1
    while at < head:
        run = at
        again: list[int] = []
        while run < len(items) and (place := _again(cores, run, after=max(run, again[-1] if again else 0))) is not None:
            again.append(place)
            run += 1
        # A page's title and its heading are said twice too, but nothing is told between one place and the next.
        told = sum(_tells_between(items, one, other) for one, other in itertools.pairwise(again))
        if len(again) >= 2 and told == len(again) - 1 and run <= again[0]:
            found |= {*range(at, run), *again}
        at = max(run, at + 1)
    return frozenset(found)


def _entry(line: str) -> str:
    return core(_NUMBERED.sub("", BULLET.sub("", line, count=1), count=1))


def _again(cores: Sequence[str], at: int, *, after: int) -> int | None:
    return next((j for j in range(after + 1, len(cores)) if cores[j] and cores[j] == cores[at]), None)


def _tells_between(items: Sequence[str], one: int, other: int) -> bool:
    return any(len(line) >= 60 or paragraphs.ends_sentence(line) for line in items[one + 1 : other])


def _repeated(items: Sequence[str], i: int, j: int) -> _Candidate | None:
    """Items ``i`` and ``j`` as one headline said twice, or None."""
    one, other = items[i], items[j]
    if same(one, other):
        # A section's name (“Sport”) is often said twice too, and so is a masthead.
        bonus = _SAID_TWICE - (2.0 if len(one.split()) <= 2 and not _CJK.search(one) else 0.0)
        tagline = is_tagline(one, items=items)
        return _Candidate(title=_better(one, other), first=i, last=j, bonus=0.0 if tagline else bonus)
    for longer, shorter in ((one, other), (other, one)):
        if len(core(shorter)) >= 4 and extends(longer, shorter):
            # “The Harbour Courier — News that stays afloat” extends the site's name, not a headline.
            masthead = _is_name(shorter) and len(shorter.split()) <= 4
            return _Candidate(title=shorter, first=i, last=j, bonus=0.0 if masthead else _SAID_LONGER)
        if is_cut_short(shorter, title=longer):
            return _Candidate(title=longer, first=i, last=j, bonus=_SAID_LONGER)
    return None


def extends(longer: str, shorter: str) -> bool:
    """“Headline | Site” extends “Headline”; so does “Site: Headline”."""
    if len(longer) > _LONGEST:
        return False
    longer, shorter = core(longer), core(shorter)
    if len(longer) <= len(shorter) + 2:
        return False
    if longer.startswith(shorter):
        return bool(re.match(r"\s*[|·•»>/]|\s+-+\s|\s+::?\s|\s*::|\s+\(", longer[len(shorter) :]))
    if longer.endswith(shorter):
        return bool(re.search(r"[|·•»>/]\s*$|\s-+\s+$|:\s+$", longer[: -len(shorter)]))
    return False


def beside(title: str, longer: str) -> str:
    """The core of what a page's title says beside the headline: the site's name, perhaps with a section."""
    return core(core(longer).replace(core(title), " ", 1).strip(" |-:·•»/>"))


def _better(one: str, other: str) -> str:
    """Of two spellings the one with typographic quotes, in mixed case; else the second, which is the page's heading."""

    def quality(line: str) -> tuple[bool, bool]:
        return (not (line.isupper() and len(line.split()) > 1), bool(re.search("[“”‘’„«»]", line)))

    return one if quality(one) > quality(other) else other


def _found(pair: _Candidate, items: Sequence[str], head: int) -> Found:
    title = core(pair.title)
    places = frozenset(i for i in range(head) if same(items[i], pair.title) or extends(items[i], pair.title))
    names: set[str] = set()
    for place in places:
        longer = core(items[place])
        if longer != title and title in longer:
            names.add(beside(title, longer))
    mastheads = [line for line in items[: pair.first] if _SEPARATOR.search(line) or set(_words(line)) & _SITE_WORDS]
    above = [part for line in mastheads for part in _SEPARATOR.split(line) if part]
    names |= {core(part) for part in above if _is_name(part)}
    return Found(
        title=_once(pair.title),
        first=min(places | {pair.first}),
        last=pair.last,
        places=places,
        site_names=frozenset(names),
    )


def _once(title: str) -> str:
    """A heading that was copied twice into one line is said once."""
    words = title.split()
    half = len(words) // 2
    if len(words) >= 6 and len(words) % 2 == 0 and core(" ".join(words[:half])) == core(" ".join(words[half:])):
        return " ".join(words[half:])
    return title


def _first_paragraph(items: Sequence[str], head: int) -> int:
    """Where the story begins at the latest: a headline that is said once stands above its paragraphs."""
    for index, line in enumerate(items[:head]):
        if len(line) > 220 or (len(line) > _LONGEST_SENTENCE and _FULL_STOP.search(line)):
            return index
    return head


def _could_be(line: str) -> bool:
    if BULLET.match(line):
        return False
    if len(line) > 220 or not any(character.isalpha() for character in line) or re.fullmatch(r"\S+://\S+", line):
        return False
    if page_furniture.byline_of(line) or page_furniture.date_of(line) or page_furniture.is_footer(line):
        return False
    # Several full stops: a paragraph. A question or an exclamation may be a headline.
    return len(re.findall(r"[.。۔][\"'”’»]*(?:\s|$)", line)) <= 1


def _score(line: str, items: Sequence[str], place: int) -> float:
    """How much a line looks like the headline of this story; above 0 it can be."""
    words = line.split()
    story = _story_words(items, without=(line,))
    score = 3.0 * _echo(line, story)
    site = sum(word in _SITE_WORDS for word in _words(line))
    score -= 0.8 * site * (site / max(1, len(words)) > 0.15)
    many = len(words) if not _CJK.search(line) else len(line) // 2
    score += 0.6 if 4 <= many <= 22 else -0.8 if many <= 2 else 0.0
    if _FULL_STOP.search(line):
        score -= 0.8 if len(line) < 140 else 1.6
    if len(line) > 160:
        score -= 0.8
    if page_furniture.starts_related(line):
        score -= 3.0
    parts = [part for part in _SEPARATOR.split(line) if part]
    if len(parts) > 2 or (len(parts) == 2 and _is_name(parts[0]) and _echo(parts[1], story) < 0.3):
        score -= 0.9
    if place + 1 >= len(items):
        score -= 1.0
    elif any(page_furniture.byline_of(line) for line in items[place + 1 : place + 4]):
        # The writer is named below the headline, with at most a standfirst and a date between.
        score += 1.2
    # Of lines that are equally good the upper one is the headline: what follows it explains it.
    return score - 0.15 * min(place, 6)


def _without_site(line: str, items: Sequence[str]) -> str:
    """“Headline | The Harbour Courier” that is said only once: the site's name goes when it plainly is one."""
    cuts = list(_SEPARATOR.finditer(line))
    if not cuts:
        return line
    cut = cuts[-1]
    title, rest = line[: cut.start()].strip(), line[cut.end() :].strip()
    if len(title.split()) < 3 or len(rest.split()) > 6 or not rest:
        return line
    named = any(same(rest, other) for other in items if other != line)
    sitelike = any(word in _SITE_WORDS for word in _words(rest)) or re.search(r"\.\w{2,6}$", rest)
    story = _story_words(items, without=(line,))
    sure = named or "|" in cut[0] or "::" in cut[0]
    if sure or (sitelike and _is_name(rest) and _echo(title, story) >= _echo(rest, story)):
        return _without_site(title, items)
    return line


def without_site(title: str, *, names: Sequence[str] = ()) -> str:
    """A page's title without the site's name behind it: a known name, or what plainly is one."""
    return _without_site(title, [title, *names])


def _is_name(part: str) -> bool:
    """Reads as a name: few words, each capitalised where the script knows capitals."""
    words = [word for word in re.findall(r"[^\W\d_]+", part) if len(word) > 3]
    return (
        0 < len(part.split()) <= 5
        and all(not word[0].islower() for word in words)
        and not paragraphs.ends_sentence(part)
    )


def echo(line: str, paragraphs_of_story: Sequence[str]) -> float:
    """The share of a line's words that come back in the paragraphs of a story, from 0 to 1."""
    return _echo(line, frozenset(stem for paragraph in paragraphs_of_story for stem in _stems(paragraph)))


def _echo(line: str, story: frozenset[str]) -> float:
    """The share of a line's words that come back in the story, from 0 to 1."""
    words = _stems(line)
    return sum(word in story for word in words) / len(words) if words else 0.0


def _story_words(items: Sequence[str], *, without: Sequence[str]) -> frozenset[str]:
    """Stems of the longer lines: there the story is told. The lines in question do not vouch for themselves."""
    lines = [line[:2000] for line in items[:100] if len(line) >= 60 and not any(same(line, other) for other in without)]
    return frozenset(stem for line in lines if not page_furniture.is_footer(line) for stem in _stems(line))


@functools.lru_cache(maxsize=4096)
def _stems(line: str) -> tuple[str, ...]:
    """Words by their beginnings, as plurals and cases differ at the end; pairs of signs where there are no words."""
    if _CJK.search(line):
        signs = "".join(_CJK.findall(line))
        return tuple(signs[i : i + 2] for i in range(len(signs) - 1))
    return tuple(word[:5] for word in _words(line) if word not in _COMMON_WORDS and _tells(word))


def _words(line: str) -> list[str]:
    return re.findall(
        r"[\w\u200c]+", unicodedata.normalize("NFKC", line).casefold().replace("’", "'").replace("'s", "")
    )


def _tells(word: str) -> bool:
    return word.isdigit() or len(word) > (3 if word.isascii() else 2)
