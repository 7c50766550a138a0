"""Which line of a saved page is its headline, and which are the site's own name and tagline. Pure."""

import dataclasses
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.articles.reading.pages import page_furniture, paragraphs, site_names, story_words
from newsletter.articles.text import comparing

BULLET = re.compile(r"(?:[•·▪◦‣]|[*-](?= ))\s*(?=\S)")
"""The sign that begins a point of a list."""
_NUMBERED = re.compile(r"(?:\d{1,2}|[ivx]{1,4})[.)]\s+", re.IGNORECASE)
_LABEL_WORDS = 3
_SAID_TWICE, _SAID_LONGER = 3.5, 2.5
"""What a repetition weighs beside the score of a line: about 3 for a good headline, below 1 for a tagline."""
_FULL_STOP = re.compile(r"[^.][.。۔][\"'”’»)]*$")
_LONGEST_SENTENCE = 90
"""A headline may be a sentence with a full stop; a longer sentence is a paragraph."""
_TELLS = 60
"""A sentence of so many letters tells something by itself."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """The headline, and where it stands among the lines."""

    title: str
    first: int
    last: int
    """The index of the line below which the story begins."""
    places: frozenset[int]
    site_names: frozenset[str]
    """Cores of lines that are the site's name."""


def is_label(line: str) -> bool:
    """A kicker or a section's name: one to three words that are no sentence."""
    words = line.split()
    return 0 < len(words) <= _LABEL_WORDS and len(line) <= 40 and not paragraphs.ends_sentence(line)


def ends_with_stop(line: str) -> bool:
    """A full stop ends it; a question or an exclamation may be a headline."""
    return bool(_FULL_STOP.search(line))


@dataclass(frozen=True, kw_only=True)
class _Candidate:
    title: str
    first: int
    last: int
    bonus: float = 0.0


def is_cut_short(line: str, *, title: str) -> bool:
    """The headline's beginning with an ellipsis, as page titles have it."""
    stem = next((line.removesuffix(dots).rstrip() for dots in ("…", "...") if line.endswith(dots)), line)
    return (
        stem != line and len(stem) >= comparing.FUZZY_LENGTH and comparing.core(title).startswith(comparing.core(stem))
    )


def find(items: Sequence[str], *, head: int) -> Found | None:
    """The headline among the first ``head`` items; None when the text has none."""
    listed = _contents(items, head)
    singles = [
        _Candidate(title=site_names.without_name(items[i], items), first=i, last=i)
        for i in range(_first_paragraph(items, head))
        if i not in listed and _could_be(items[i]) and not site_names.is_tagline(items[i], items=items)
    ]
    singles = [single for single in singles if not _is_below_the_beginning(single, singles, items)]
    free = [i for i in range(head) if i not in listed and not BULLET.match(items[i])]
    pairs = (_repeated(items, i, j) for at, i in enumerate(free) for j in free[at + 1 :])
    candidates = [*(_weighed(pair, singles, items) for pair in pairs if pair), *singles]
    if not candidates:
        return None
    return _found(max(candidates, key=lambda found: _score(found.title, items, found.last) + found.bonus), items, head)


def _is_below_the_beginning(candidate: _Candidate, singles: Sequence[_Candidate], items: Sequence[str]) -> bool:
    """A subheading, however well it sums the story up: above it stand a plain headline and a sentence of the story."""
    if any(page_furniture.byline_of(line) for line in items[candidate.last + 1 : candidate.last + 4]):
        return False
    return any(
        upper.first < candidate.first and _is_plain(upper.title) and _begins_story(line, upper.title, items)
        for upper in singles
        for line in items[upper.last + 1 : candidate.first]
    )


def _is_plain(line: str) -> bool:
    """A headline and nothing of a site: several words, none from the closed list, no separator, no sentence."""
    several = len(line.split()) > _LABEL_WORDS or story_words.CJK.search(line)
    return bool(several) and not (
        set(story_words.words(line)) & site_names.SITE_WORDS
        or site_names.SEPARATOR.search(line)
        or ends_with_stop(line)
    )


def _begins_story(line: str, title: str, items: Sequence[str]) -> bool:
    """A sentence that is long enough to tell something, or that speaks of what the headline speaks of."""
    if not ends_with_stop(line) or page_furniture.is_footer(line) or site_names.is_motto(line, items=items):
        return False
    return len(line) >= _TELLS or bool(set(story_words.stems(line)) & set(story_words.stems(title)))


def _weighed(pair: _Candidate, singles: Sequence[_Candidate], items: Sequence[str]) -> _Candidate:
    """A subheading that is said twice in the story is no headline, which stands above, with story in between."""
    above = any(single.first < pair.first and len(single.title.split()) > _LABEL_WORDS for single in singles)
    is_subheading = above and _tells_between(items, pair.first, pair.last)
    return dataclasses.replace(pair, bonus=0.0) if is_subheading else pair


def _contents(items: Sequence[str], head: int) -> frozenset[int]:
    """Lines of a table of contents: two or more in a row that come again, in their order, as headings in the story."""
    cores = [_entry(line) for line in items]
    found: set[int] = set()
    first = next(
        (i for i in range(head) if _could_be(items[i]) and not site_names.is_tagline(items[i], items=items)), 0
    )
    at = first + 1
    while at < head:
        run = at
        again: list[int] = []
        while run < len(items) and (place := _again(cores, run, after=max(run, again[-1] if again else 0))) is not None:
            again.append(place)
            run += 1
        # A page's title and its heading are said twice too, but nothing is told between the two places.
        told = sum(_tells_between(items, upper, lower) for upper, lower in itertools.pairwise(again))
        if len(again) >= 2 and told == len(again) - 1 and run <= again[0]:
            found |= {*range(at, run), *again}
        at = max(run, at + 1)
    return frozenset(found)


def _entry(line: str) -> str:
    return comparing.core(_NUMBERED.sub("", BULLET.sub("", line, count=1), count=1))


def _again(cores: Sequence[str], at: int, *, after: int) -> int | None:
    return next((j for j in range(after + 1, len(cores)) if cores[j] and cores[j] == cores[at]), None)


def _tells_between(items: Sequence[str], upper: int, lower: int) -> bool:
    return any(len(line) >= 60 or paragraphs.ends_sentence(line) for line in items[upper + 1 : lower])


def _repeated(items: Sequence[str], i: int, j: int) -> _Candidate | None:
    """Items ``i`` and ``j`` as a headline said twice, or None."""
    first, second = items[i], items[j]
    if comparing.same(first, second):
        # A section's name (“Sport”) is often said twice too, and so is a masthead.
        bonus = _SAID_TWICE - (2.0 if len(first.split()) <= 2 and not story_words.CJK.search(first) else 0.0)
        tagline = site_names.is_tagline(first, items=items)
        return _Candidate(title=_better(first, second), first=i, last=j, bonus=0.0 if tagline else bonus)
    for longer, shorter in ((first, second), (second, first)):
        if len(comparing.core(shorter)) >= 4 and site_names.extends(longer, shorter):
            # “The Harbour Courier — News that stays afloat” extends the site's name, not a headline.
            masthead = site_names.is_name(shorter) and len(shorter.split()) <= 4
            return _Candidate(title=shorter, first=i, last=j, bonus=0.0 if masthead else _SAID_LONGER)
        if is_cut_short(shorter, title=longer):
            return _Candidate(title=longer, first=i, last=j, bonus=_SAID_LONGER)
    return None


def _better(first: str, second: str) -> str:
    """Of two spellings that with typographic quotes, in mixed case; else the second, which is the page's heading."""

    def quality(line: str) -> tuple[bool, bool]:
        return (not (line.isupper() and len(line.split()) > 1), bool(re.search("[“”‘’„«»]", line)))

    return first if quality(first) > quality(second) else second


def _found(pair: _Candidate, items: Sequence[str], head: int) -> Found:
    title = comparing.core(pair.title)
    places = frozenset(
        i for i in range(head) if comparing.same(items[i], pair.title) or site_names.extends(items[i], pair.title)
    )
    names: set[str] = set()
    for place in places:
        longer = comparing.core(items[place])
        if longer != title and title in longer:
            names.add(site_names.beside(title, longer))
    mastheads = [
        line
        for line in items[: pair.first]
        if site_names.SEPARATOR.search(line) or set(story_words.words(line)) & site_names.SITE_WORDS
    ]
    above = [part for line in mastheads for part in site_names.SEPARATOR.split(line) if part]
    names |= {comparing.core(part) for part in above if site_names.is_name(part)}
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
    if (
        len(words) >= 6
        and len(words) % 2 == 0
        and comparing.core(" ".join(words[:half])) == comparing.core(" ".join(words[half:]))
    ):
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
    story = story_words.of(items, without=(line,))
    score = 3.0 * story_words.share(line, story)
    site = sum(word in site_names.SITE_WORDS for word in story_words.words(line))
    score -= 0.8 * site * (site / max(1, len(words)) > 0.15)
    many = len(words) if not story_words.CJK.search(line) else len(line) // 2
    score += 0.6 if 4 <= many <= 22 else -0.8 if many <= 2 else 0.0
    if _FULL_STOP.search(line):
        score -= 0.8 if len(line) < 140 else 1.6
    if len(line) > 160:
        score -= 0.8
    if page_furniture.starts_related(line):
        score -= 3.0
    parts = [part for part in site_names.SEPARATOR.split(line) if part]
    if len(parts) > 2 or (
        len(parts) == 2 and site_names.is_name(parts[0]) and story_words.share(parts[1], story) < 0.3
    ):
        score -= 0.9
    if place + 1 >= len(items):
        score -= 1.0
    elif any(page_furniture.byline_of(line) for line in items[place + 1 : place + 4]):
        # The writer is named below the headline, with at most a standfirst and a date between.
        score += 1.2
    # Of lines that are equally good the upper is the headline: what follows it explains it.
    return score - 0.15 * min(place, 6)
