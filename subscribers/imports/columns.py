"""Decides what each column of a file of people is: by its title, its values, and what an admin answered. Pure.

What speaks of leaving and is not understood is never passed over: it becomes a question (trust threat 24).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from subscribers.imports import caps, exporters, vocabulary
from subscribers.imports.exporters import Word, folded, spoken

MOST_VALUES = 200
"""Different values that are remembered of a column; a standing has a handful, a name has thousands."""


class Role(StrEnum):
    """What a column is taken for."""

    ADDRESS = "address"
    OTHER_ADDRESS = "other-address"
    NAME = "name"
    FIRST = "first-name"
    LAST = "last-name"
    LANGUAGE = "language"
    STANDING = "standing"
    """Its words say who may be mailed."""
    LEFT = "left"
    """Filled, or yes: this person has left."""
    STAYS = "stays"
    """No, or empty: this person must not be mailed."""
    IGNORED = "ignore"
    UNCLEAR = "unclear"
    """It may say who has left: somebody has to answer."""


CHOICES = tuple(role for role in Role if role not in {Role.UNCLEAR, Role.OTHER_ADDRESS})
_PEOPLE = frozenset({Role.ADDRESS, Role.OTHER_ADDRESS, Role.NAME, Role.FIRST, Role.LAST, Role.LANGUAGE})
_MOST_EXAMPLES = 40


@dataclass(slots=True)
class Seen:
    """One column as a first look at the whole file shows it."""

    title: str
    values: dict[str, int]
    """Trimmed cell to how often, the empty one included; at most `MOST_VALUES`."""
    more: bool = False
    """There are more different values than are kept."""
    at_signs: int = 0
    """Cells with an @ among the first rows."""
    smells: bool = False
    """One of the values that are not kept speaks of leaving."""

    def pass_over(self, value: str) -> None:
        """Take note of a value that is not kept: among thousands one may say that somebody left."""
        if not self.smells and len(value) <= caps.LONGEST_VALUE and "@" not in value and not value.isdecimal():
            self.smells = exporters.speaks_of_leaving(folded(value))

    @property
    def filled(self) -> dict[str, str]:
        """Cell to its folded form, of those that hold something."""
        pairs = ((value, spoken(value)) for value in self.values)
        return {value: word for value, word in pairs if not exporters.is_nothing(word)}

    @property
    def words(self) -> set[str]:
        """Its values folded, those that only look filled among them."""
        return {spoken(value) for value in self.values}

    @property
    def rows(self) -> int:
        """How many rows its values were counted in: all, unless there are `more`."""
        return sum(self.values.values())

    @property
    def has_blanks(self) -> bool:
        return any(exporters.is_nothing(spoken(value)) for value in self.values)

    @property
    def says_one_thing(self) -> bool:
        """Whether all who have anything in it have the same."""
        return not self.more and len(set(self.filled.values())) == 1


@dataclass(frozen=True, slots=True)
class Column:
    """One column and what it is taken for."""

    title: str
    role: Role
    examples: tuple[str, ...] = ()
    """Some of its values, in the order of the file."""
    all_shown: bool = False
    """Those are all the values that it has."""
    left_values: frozenset[str] | None = None
    """Where an admin named the values that mean “left”: those, as `spoken`. What is known of others still counts."""
    stays_values: frozenset[str] = frozenset()
    """The values of which an admin said that they do not, whatever else is known of them."""
    answered: bool = False
    """An admin said so; else it was found."""

    def keeps_out(self, value: str) -> bool:
        """Whether nobody with this value is added: an admin named it, or it is known of other programs."""
        if self.left_values is not None:
            return verdict(self, value) != Word.STAYS
        return self.knows(value)

    def knows(self, value: str) -> bool:
        """Whether this value is known, without anybody's answer, to keep people out."""
        word = spoken(value)
        return (_known(self.title, word) or Word.STAYS) != Word.STAYS or _is_plainly_left(word)

    @property
    def answer(self) -> str:
        """What was said of it, as in `--column`; where its values were not named, what it was taken for."""
        if self.left_values is None:
            return self.role.value
        return answer_of(sorted(self.left_values), sorted(self.stays_values))

    @property
    def says_one_thing(self) -> bool:
        """Whether all who have anything in it have the same."""
        return self.all_shown and len({spoken(value) for value in self.examples}) == 1

    @property
    def tells(self) -> bool:
        """Whether it says anything of who may be mailed."""
        return self.role in {Role.STANDING, Role.LEFT, Role.STAYS}


@dataclass(frozen=True, slots=True)
class Plan:
    """How a file is read."""

    columns: tuple[Column, ...]
    header: bool
    """Whether the first row holds titles."""
    mailboxes: bool = False
    """No table: lines of addresses as a mail program shows them."""

    @property
    def asks(self) -> tuple[Column, ...]:
        """The columns that somebody must answer for before anything is imported."""
        return tuple(column for column in self.columns if column.role == Role.UNCLEAR)

    def at(self, role: Role) -> tuple[int, ...]:
        """Where the columns of this role stand."""
        return tuple(at for at, column in enumerate(self.columns) if column.role == role)


class NoSuchColumn(LookupError):
    """An answer names a column that the file has not; ``args[0]`` is its title."""


class NoAddresses(LookupError):
    """No column holds addresses."""


def decide(seen: Sequence[Seen], answers: Mapping[str, str], *, header: bool) -> Plan:
    """The plan for a file. Raises NoAddresses and NoSuchColumn."""
    known = {folded(column.title) for column in seen}
    for title in answers:
        if folded(title) not in known:
            raise NoSuchColumn(title)
    given = {folded(title): answer for title, answer in answers.items()}
    taken = [_answered(column, given.get(folded(column.title))) for column in seen]
    titles = [folded(column.title) if header else "" for column in seen]
    roles = _people(titles, seen, [column.role if column else None for column in taken])
    standings = [
        _standing(title, column) if role is None else role
        for title, column, role in zip(titles, seen, roles, strict=True)
    ]
    found = [
        answer or _column(column, role)
        for answer, column, role in zip(taken, seen, _second_thoughts(titles, seen, standings), strict=True)
    ]
    return Plan(columns=tuple(found), header=header)


def parse(text: str) -> tuple[str, str]:
    """The title and the answer in `NAME=left`. The title may hold a `=` itself. Raises ValueError."""
    title, sign, answer = text.rpartition("=")
    role, _, values = answer.strip().partition(":")
    if not sign or not title.strip() or role not in set(CHOICES) or (values and role != Role.LEFT):
        raise ValueError(text)
    return title.strip(), answer.strip()


_BUT = f"{Role.STAYS}:"


def answer_of(left: Iterable[str], stays: Iterable[str]) -> str:
    """The answer that these values mean “left”, and those do not: `left:one|other|stays:third`."""
    but = [f"{_BUT}{value}" if not at else value for at, value in enumerate(stays)]
    return f"{Role.LEFT}:{'|'.join([*left, *but])}"


def named(answer: str) -> tuple[list[str], list[str]] | None:
    """The values that mean “left”, and those that do not, in an answer that names some."""
    _role, colon, text = answer.partition(":")
    if not colon:
        return None
    left, stays = list[str](), list[str]()
    into = left
    for value in text.split("|"):
        if value.strip().startswith(_BUT):
            into = stays
        into.append(value.strip().removeprefix(_BUT).strip())
    return left, stays


# People --------------------------------------------------------------------------------------------------------------


def _answered(column: Seen, answer: str | None) -> Column | None:
    if answer is None:
        return None
    role = Role(answer.partition(":")[0])
    values = named(answer)
    if values is None:
        return replace(_column(column, role), answered=True)
    left, stays = (frozenset(map(spoken, some)) for some in values)
    return replace(_column(column, role), left_values=left, stays_values=stays, answered=True)


def _people(titles: Sequence[str], seen: Sequence[Seen], answered: Sequence[Role | None]) -> list[Role | None]:
    """The columns that say who it is; None for the others."""
    roles: list[Role | None] = list(answered)
    free = [at for at, role in enumerate(roles) if role is None]
    if Role.ADDRESS not in roles:
        address = _address(titles, seen, free)
        if address is None:
            raise NoAddresses
        roles[address] = Role.ADDRESS
    tables = {Role.NAME: exporters.NAME, Role.FIRST: exporters.FIRST, Role.LAST: exporters.LAST}
    for role, table in {**tables, Role.LANGUAGE: exporters.LANGUAGE}.items():
        at = next((at for at in free if roles[at] is None and titles[at] in table), None)
        if at is not None and role not in roles:
            roles[at] = role
    for at in free:
        if roles[at] is None and (_is_other_address(titles[at], seen[at]) or (not titles[at] and seen[at].at_signs)):
            roles[at] = Role.OTHER_ADDRESS
    _part_names(titles, roles)
    return roles


def _address(titles: Sequence[str], seen: Sequence[Seen], free: Sequence[int]) -> int | None:
    named = [at for at in free if is_address_title(titles[at])]
    named += [at for at in free if titles[at] in exporters.MAYBE_ADDRESS]
    holding = [at for at in free if seen[at].at_signs]
    best = [at for at in named if at in holding] or sorted(holding, key=lambda at: -seen[at].at_signs) or named
    return best[0] if best else None


def is_address_title(title: str) -> bool:
    """Whether a folded title is one for e-mail addresses."""
    return bool(exporters.ADDRESS.fullmatch(title)) or title in exporters.ADDRESSES


def _is_other_address(title: str, column: Seen) -> bool:
    named = exporters.OTHER_ADDRESS.fullmatch(title) or is_address_title(title)
    return bool(named) and (column.at_signs > 0 or not column.filled)


def _part_names(titles: Sequence[str], roles: list[Role | None]) -> None:
    """A whole name, or its parts: where all three stand there, the whole wins, unless it is itself a part."""
    name, first, last = (roles.index(role) if role in roles else None for role in (Role.NAME, Role.FIRST, Role.LAST))
    if name is None:
        return
    if first is not None and last is None and titles[first] in exporters.LAST_BESIDE_FIRST.get(titles[name], ()):
        roles[name] = Role.LAST
    elif last is not None and first is None and titles[name] in exporters.FIRST_BESIDE_LAST:
        roles[name] = Role.FIRST
    else:
        for part in (first, last):
            if part is not None:
                roles[part] = Role.IGNORED


# Who left ------------------------------------------------------------------------------------------------------------


def _standing(title: str, column: Seen) -> Role | None:
    """What a column that says nothing of who it is says of who may be mailed; None where it is not understood."""
    if not column.filled and not column.more:
        if _wishes_for_nothing(title, column):
            return None
        return Role.UNCLEAR if _tells_by_dashes(title, column) else Role.IGNORED
    words = title.split()
    rest = exporters.bare(title)
    if _is_of_another_channel(title) or _only_links(column):
        return Role.IGNORED
    if title in exporters.HARMLESS:
        undated = exporters.CONSENT_DATE.fullmatch(title) and _lacks_dates(column)
        return Role.UNCLEAR if undated or _says_left(column) else Role.IGNORED
    if _is_standing(title, rest, words):
        return _by_words(title, column, weak=title in exporters.WEAK or "state" in words, of_people=True)
    if _is_of_leaving(title):
        return _by_leaving(title, column)
    if title in exporters.STAYS_CORES or rest in exporters.STAYS_CORES:
        return _by_consent(title, column)
    if title in exporters.JUST_THE_LETTER and all(_seems_plain(word) for word in column.filled.values()):
        return _by_consent(title, column)
    if exporters.title_speaks_of_leaving(title):
        return Role.UNCLEAR if set(column.filled.values()) - exporters.NO else Role.IGNORED
    if exporters.STATUS_TOKENS & set(words):
        role = _by_words(title, column, weak=True, of_people=False)
        return Role.UNCLEAR if vocabulary.OF_TRADE.within(title) and _says_left(column) else role
    if exporters.CONSENT_SMELL.search(title) and _says_no(column):
        return Role.UNCLEAR
    if vocabulary.PROPER.within(title):
        return Role.UNCLEAR if _says_left(column) else Role.IGNORED
    return Role.UNCLEAR if _smells(column) else None


def _is_of_another_channel(title: str) -> bool:
    return bool(exporters.OTHER_CHANNEL.search(title)) and not {"email", "mail", "emails"} & set(title.split())


def _is_of_leaving(title: str) -> bool:
    cores = exporters.LEFT_CORES
    named = title in exporters.LEFT or title in cores or exporters.bare(title) in cores
    return named or bool(exporters.OF_LETTERS.fullmatch(title))


def _tells_by_dashes(title: str, column: Seen) -> bool:
    """Whether dashes may be a no where nothing else stands below a title that tells who may be mailed."""
    if title in exporters.HARMLESS or _is_of_another_channel(title):
        return False
    if not any(exporters.DASH.fullmatch(word) for word in column.words):
        return False
    if _is_of_leaving(title) or exporters.title_speaks_of_leaving(title):
        return len(column.words) > 1  # The same for all marks nobody.
    rest = exporters.bare(title)
    consents = title in exporters.STAYS_CORES or rest in exporters.STAYS_CORES or title in exporters.JUST_THE_LETTER
    if consents or _is_standing(title, rest, title.split()):
        return True
    of_mail = exporters.CONSENT_SMELL.search(title) or vocabulary.OF_MAIL.within(title)
    return bool(of_mail) and len(column.words) > 1 and not vocabulary.is_ordinary(title)


def _is_standing(title: str, rest: str, words: Sequence[str]) -> bool:
    if title in exporters.STANDING or title in exporters.STATUS_CORES or (not rest and _is_status(words)):
        return True
    return title in vocabulary.STATUSES or (vocabulary.STATUS.within(title) and vocabulary.OF_PEOPLE.within(title))


def _second_thoughts(titles: Sequence[str], seen: Sequence[Seen], roles: Sequence[Role | None]) -> Iterable[Role]:
    """What one column makes plain of the others."""
    told = any(role == Role.STANDING and not _only_soft(column) for role, column in zip(roles, seen, strict=True))
    marked = told or any(_marks_somebody(column, role) for role, column in zip(roles, seen, strict=True))
    # A status that is asked about itself says it once it is answered.
    said = any(role in {Role.STANDING, Role.STAYS} for role in roles)
    said = said or any(title in exporters.STATUS_CORES for title in titles) or any(map(_confirms_all, titles, seen))
    for title, column, role in zip(titles, seen, roles, strict=True):
        if exporters.BESIDE.get(title) in titles:
            yield Role.IGNORED
            continue
        if role is None:
            # Beside another that tells, only what speaks of mail may tell something else: consent that was withheld.
            asks = (not marked or _is_of_mail(title)) and _may_tell(title, column)
            yield Role.UNCLEAR if asks else Role.IGNORED
            continue
        of_something_else = exporters.STATUS_TOKENS & set(title.split()) and title not in exporters.STANDING
        of_something_else = of_something_else and not _is_of_mail(title)
        waits = role == Role.UNCLEAR and told
        known = told or (said and not exporters.CONFIRMING.search(title))
        if role == Role.UNCLEAR and known and _is_of_consent(title) and _lacks_dates(column):
            yield Role.IGNORED  # Another column already says who never agreed or confirmed.
        elif waits and of_something_else and title not in exporters.STATUS_CORES and not _says_unsubscribed(column):
            yield Role.IGNORED  # An order may be cancelled: this file says elsewhere who may be mailed.
        else:
            yield role


def _is_of_consent(title: str) -> bool:
    """Whether a date below this title is that of a yes."""
    cores = exporters.STAYS_CORES
    named = exporters.CONSENT_DATE.fullmatch(title) or exporters.CONFIRMING.search(title)
    return bool(named) or title in cores or exporters.bare(title) in cores


def _confirms_all(title: str, column: Seen) -> bool:
    """Whether everybody has the date of a confirmation, as in Mailchimp's CONFIRM_TIME."""
    whole = bool(column.values) and not column.has_blanks and _only_dates(column)
    return whole and bool(exporters.CONFIRMING.search(title))


def _is_of_mail(title: str) -> bool:
    """Whether a title speaks of mail, of wanting it, or of having agreed to it."""
    return bool(exporters.OF_MAIL.search(title)) or vocabulary.OF_MAIL.within(title) or vocabulary.WISHES.within(title)


def _is_status(words: Sequence[str]) -> bool:
    return bool((exporters.STATUS_TOKENS | {"state"}) & set(words))


def _by_words(title: str, column: Seen, *, weak: bool, of_people: bool) -> Role | None:
    """A column of words such as subscribed and unsubscribed; a weak one only if that is what its words are.

    ``of_people``: its title is one of those under which other programs write who may be mailed.
    """
    filled = set(column.filled.values())
    known = {word for word in filled if word in exporters.WORDS}
    unknown = filled - known if weak else {word for word in filled - known if not _is_plain(word, alone=False)}
    if not weak:
        if not known and column.has_blanks:
            return Role.UNCLEAR  # Nothing beside a yes may be a no.
        return Role.UNCLEAR if unknown or column.more or _wishes_for_never(column) else Role.STANDING
    gone = {word for word in known if exporters.WORDS[word] != Word.STAYS}
    if not gone and not _smells(column) and not _wishes_for_never(column):
        if of_people and known and unknown:
            return Role.UNCLEAR  # Some words are standings: the others may be, too.
        postal = title in exporters.POSTAL
        flag = _is_flag(column) and not (postal and filled == exporters.CODES_OF_STATES)
        if of_people and (flag or (not postal and _says_no_to_some(title, column))):
            return Role.UNCLEAR  # A yes or no to the letter.
        return Role.STANDING if known and not unknown else Role.IGNORED if of_people else None
    return Role.STANDING if gone and not unknown and not column.more else Role.UNCLEAR


def _by_leaving(title: str, column: Seen) -> Role:
    """A column of those who left: filled, or yes; a question where one of its words is neither a yes nor a no."""
    if title not in exporters.LEFT and _counts(column):
        return Role.UNCLEAR
    alone = column.says_one_thing
    known = all(_of_leaving(title, word, alone=alone) for word in column.filled.values())
    return Role.LEFT if known and not _repeats_a_date(column) else Role.UNCLEAR


def _repeats_a_date(column: Seen) -> bool:
    """Whether everybody has a date, and most the same one: it may be how a program writes that there is none."""
    if any(_is_without(word) for word in column.words) or column.rows < _FEWEST_REPEATED:
        return False
    value, number = max(column.values.items(), key=lambda pair: pair[1])
    word = spoken(value)
    return 2 * number > column.rows and (_is_date(word) or bool(_DATE.fullmatch(word)))


def _of_leaving(title: str, word: str, *, alone: bool) -> Word | None:
    """What a word says below a title of leaving; None where it may be a yes as well as a no."""
    if exporters.is_nothing(word) or word in exporters.NO:
        return Word.STAYS
    if _is_unsure(word, alone=alone) or _DENIAL.match(word):
        return None
    if word in exporters.CODES.get(title, ()) or word in exporters.OF_THIS_CHANNEL:
        return Word.LEFT
    free = title in exporters.LEFT or bool(exporters.REASONS & set(title.split()))
    if word in exporters.YES or _is_date(word) or _DATE.fullmatch(word) or word.isdecimal():
        return Word.LEFT
    if word in exporters.WORDS and not (free and word == exporters.NORMAL):
        said = exporters.WORDS[word]
        if said == Word.STAYS:
            plain = exporters.OF_JOINING.search(word) or (
                word in exporters.FINE and exporters.OF_DELIVERY.search(title)
            )
            return said if plain else None
        # “Opt-out: active”, “inactive” or “denied” may speak of the opt-out.
        of_anything = (word in exporters.SOFT or _REFUSING.search(word)) and word not in title
        return said if said == Word.LEFT and not of_anything else None
    repeats_title = word.startswith(f"{title} ") and exporters.NO.isdisjoint(word.split())  # On hold: on hold bounce.
    return Word.LEFT if free or repeats_title or exporters.speaks_of_leaving(word) else None


def _by_consent(title: str, column: Seen) -> Role:
    """A column of yes and no, or of the dates of a yes."""
    if _only_dates(column):
        return Role.UNCLEAR if column.has_blanks else Role.IGNORED
    alone, words = column.says_one_thing, column.filled.values()
    understood = all(_is_plain(word, alone=alone) or word in exporters.WORDS or _is_date(word) for word in words)
    return Role.STAYS if understood and not column.has_blanks and not column.more else Role.UNCLEAR


def _lacks_dates(column: Seen) -> bool:
    """Whether some have a date, and others nothing."""
    return column.has_blanks and _only_dates(column)


def _says_left(column: Seen) -> bool:
    """Whether a whole value is a word for having left: a company may be called “Unsubscribed Ltd”."""
    return any(exporters.WORDS.get(word, Word.STAYS) == Word.LEFT for word in column.filled.values())


def _says_no(column: Seen) -> bool:
    """Whether yes and no are all that it says, and somebody has what is, or may be, a no."""
    words = set(column.filled.values())
    alone = column.says_one_thing
    some = any(word in exporters.NO or _is_unsure(word, alone=alone) for word in words)
    return some and all(_seems_plain(word) for word in words)


def _is_plain(word: str, *, alone: bool) -> bool:
    """Whether it is a yes or a no, and none can take it for the other."""
    return (word in exporters.YES or word in exporters.NO) and not _is_unsure(word, alone=alone)


def _is_unsure(word: str, *, alone: bool) -> bool:
    """``alone``: no other word stands in its column."""
    return exporters.is_unsure(word) or (word == exporters.TICK and not alone)


def _seems_plain(word: str) -> bool:
    """Whether it is a yes or a no, though it may not be plain which."""
    return word in exporters.YES or word in exporters.NO or exporters.is_unsure(word)


def _only_soft(column: Seen) -> bool:
    return set(column.filled.values()) <= exporters.SOFT


def _smells(column: Seen) -> bool:
    return column.smells or any(exporters.speaks_of_leaving(word) for word in column.filled.values())


def _says_unsubscribed(column: Seen) -> bool:
    """`_smells` in words that are used of nothing but mail."""
    return column.smells or any(exporters.VALUE_SMELL.search(word) for word in column.filled.values())


def _only_links(column: Seen) -> bool:
    return all(re.match(r"\s*(?:https?://|www\.)", value, re.IGNORECASE) for value in column.filled)


def _only_dates(column: Seen) -> bool:
    return all(_is_date(word) for word in column.filled.values())


def _is_date(word: str) -> bool:
    return sum(character.isdecimal() for character in word) >= 5 and not re.fullmatch(r"\d{5,8}", word)


def _counts(column: Seen) -> bool:
    """How often a mail came back, instead of whether: 0, 2, 7."""
    numbers = [word for word in column.filled.values() if re.fullmatch(r"\d{1,7}", word)]
    return any(int(number) > 1 for number in numbers)


# The shape of what is not understood ---------------------------------------------------------------------------------

_MOST_STANDINGS = 6
_LONGEST_WORD = 25
_LONGEST_MARK = 3
"""Letters of a lone word that may be the yes of a language whose words are not known."""
_TINY = 3
"""Rows of a file in which nothing is repeated because there are so few."""
_FEWEST_REPEATED = 3
"""Rows of a file in which a date that most have is no chance."""
_FEWEST_BLANKS = 0.2
"""Of the rows: who was never given a date of leaving is still there."""
_REFUSING = re.compile("allow|denied|revoked|withdrawn|widerrufen")
_DENIAL = re.compile(r"(?:not|never|non?|nicht|nie|noch|kein\w*|pas|ne|niet|inte|ikke|ei|не|нет)\b ?\w")
"""“Not opted out” below “Opt-out”."""
_STILL = re.compile(rf"(?:{_DENIAL.pattern}|(?:still|noch|immer noch|encore|toujours|nog|ancora|todavía|ainda)\b)")
"""The same, and “still subscribed”."""
_MONTH = r"[^\W\d]{3,12}"
_YEAR = r"(?:1[34]\d\d|19\d\d|20\d\d|25[5-9]\d)"
_KNOWN_LETTER = re.compile(
    r"[\u0000-\u024f\u0370-\u052f\u0590-\u06ff\u0750-\u077f\u0900-\u097f\u0e00-\u0e7f\u1e00-\u1fff"
    r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]"
)
"""Latin, Greek, Cyrillic, Hebrew, Arabic, Devanagari, Thai, Chinese, Japanese, Korean: `tongues` has their words."""
_DATE = re.compile(
    rf"{_YEAR}(?:[ 年년/]+\d{{1,2}}[ 月월/]*(?:\d{{1,2}}(?!\d).*)?)?|\d{{1,2}} \d{{1,2}} (?:{_YEAR}|\d\d)\b.*"
    rf"|\d{{1,2}} {_YEAR}|(?:19|20)\d\d[01]\d[0-3]\d|1\d{{9}}|1\d{{12}}"
    rf"|(?:{_MONTH},? )?\d{{1,2}}(?:st|nd|rd|th)? (?:de )?{_MONTH},? (?:de )?{_YEAR}.*"
    rf"|(?:{_MONTH},? )?{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? {_YEAR}.*"
)


def _may_tell(title: str, column: Seen) -> bool:
    """Whether a column of an unknown title looks like one that tells who left: a flag, a date, or a standing."""
    if any(part.strip() in vocabulary.FLAT for word in column.filled.values() for part in re.split("[,;]", word)):
        return True
    if vocabulary.is_ordinary(title):
        return False
    if _is_flag(column) or _dates_some(column) or _wishes_for_nothing(title, column) or _says_no_to_some(title, column):
        return True
    if column.more or len(column.filled) > _MOST_STANDINGS:
        return False
    if _says_left(column) or _denies(column):
        return True
    of_mail = vocabulary.OF_MAIL.within(title)
    if of_mail and column.has_blanks:
        return True
    words = column.filled.values()
    strange = _is_strange(title) or (bool(words) and all(_is_strange(word) for word in words))
    return (strange or of_mail or vocabulary.STATUS.within(title)) and _sorts_people(column)


def _is_flag(column: Seen) -> bool:
    """Whether it marks some, and not others."""
    words = set(column.filled.values())
    if len(words) == 1 and column.has_blanks and all(word.isalpha() and len(word) <= _LONGEST_MARK for word in words):
        return True
    if column.more or not words or not all(_seems_plain(word) for word in words) or words == {"0"}:
        return False
    if column.has_blanks or (words & exporters.YES and words & exporters.NO):
        return True
    return len(words) == 2 and any(_is_unsure(word, alone=False) for word in words)


def _dates_some(column: Seen) -> bool:
    """Whether some have a date, and not others."""
    without = sum(number for value, number in column.values.items() if _is_without(spoken(value)))
    dated = [word for word in column.filled.values() if not _is_without(word)]
    whole = bool(dated) and all(_DATE.fullmatch(word) or word in exporters.YES for word in dated)
    return whole and without >= _FEWEST_BLANKS * column.rows


def _is_without(word: str) -> bool:
    return exporters.is_nothing(word) or word in exporters.NO


def _wishes_for_never(column: Seen) -> bool:
    """Whether somebody wants it “never”; below dates and numbers that only means that it did not happen."""
    others = {word for word in column.words - vocabulary.NEVER if not exporters.is_nothing(word)}
    measured = bool(others) and all(_DATE.fullmatch(word) or _is_date(word) or word.isdecimal() for word in others)
    return bool(column.words & vocabulary.NEVER) and not measured


def _wishes_for_nothing(title: str, column: Seen) -> bool:
    if column.more or len(column.values) > 2 * _MOST_STANDINGS:
        return False
    nothing = bool(column.words & vocabulary.NONE) and vocabulary.WISHES.within(title)
    return nothing or _wishes_for_never(column)


def _says_no_to_some(title: str, column: Seen) -> bool:
    """Whether what is, or may be, a no stands among words that are no yes: weekly, monthly, off."""
    words = set(column.filled.values())
    others = [word for word in words if not _seems_plain(word)]
    no = {word for word in words if word in exporters.NO or _is_unsure(word, alone=False)}
    of_mail = (
        vocabulary.OF_MAIL.within(title) or exporters.CONSENT_SMELL.search(title) or vocabulary.WISHES.within(title)
    )
    if not of_mail and not all(word in exporters.WORDS for word in others):
        # A single letter may be a code, and a sign anything.
        told = exporters.NO | exporters.UNSURE | exporters.CROSSES
        no = {word for word in no & told if len(word) > 1 or not word.isascii()}
    few = not column.more and len(words) <= _MOST_STANDINGS
    # Two or three letters may be codes of countries: NO is Norway.
    spoken = any(len(word) > 3 or not word.isascii() or word in exporters.WORDS for word in others)
    return few and bool(no) and spoken and not any(word.isdecimal() for word in others)


def _denies(column: Seen) -> bool:
    """Whether one value is another with something before it: aktibo, ez aktibo; subscribed, nonsubscribed."""
    words = set(column.filled.values())
    return any(long != short and len(short) > 3 and long.endswith(short) for long in words for short in words)


def _sorts_people(column: Seen) -> bool:
    """Whether a few short words part the people into a few kinds."""
    words = column.filled.values()
    if not words or any(len(word) > _LONGEST_WORD or re.search(r"\d", word) for word in words):
        return False
    if len(words) == 1:
        return column.has_blanks
    filled = sum(column.values[value] for value in column.filled)
    return column.rows <= _TINY or filled >= 2 * len(words)


def _is_strange(text: str) -> bool:
    """Whether it is written in letters of which no word is known here."""
    letters = [letter for letter in text if letter.isalpha()]
    return bool(letters) and not any(_KNOWN_LETTER.match(letter) for letter in letters)


def _marks_somebody(column: Seen, role: Role | None) -> bool:
    """Whether it is understood, and names somebody who left: then it is the one that does."""
    if role not in {Role.LEFT, Role.STAYS, Role.STANDING} or _only_soft(column):
        return False
    as_column = _column(column, role)
    return any(verdict(as_column, value) == Word.LEFT for value in column.values)


def _column(column: Seen, role: Role) -> Column:
    filled = list(column.filled) or [value for value in column.values if value]
    if role == Role.UNCLEAR:
        # What is asked about stands where it is seen first.
        filled.sort(key=lambda value: not _is_unsure(spoken(value), alone=column.says_one_thing))
    most = 3 if role in _PEOPLE else _MOST_EXAMPLES
    complete = len(filled) <= most and not column.more
    return Column(column.title, role, tuple(filled[:most]), all_shown=complete)


# One person ----------------------------------------------------------------------------------------------------------


def verdict(column: Column, cell: str) -> Word | None:
    """What a cell says of its person; None when it says something that is not understood."""
    word = spoken(cell)
    if column.left_values is not None:
        return _as_named(column, column.left_values, word)
    alone = column.says_one_thing and column.role != Role.STANDING
    if column.role == Role.LEFT:
        said = _of_leaving(folded(column.title), word, alone=alone)
        # Told that all but a no means it, what may itself be a no is not understood yet, unless it stands alone.
        maybe_no = _is_unsure(word, alone=alone) or word in exporters.WORDS or _STILL.match(word)
        told = column.answered and (alone or not maybe_no)
        return said or (Word.LEFT if told else None)
    if exporters.is_nothing(word):
        return Word.ASKED if column.role == Role.STAYS else Word.STAYS
    if word in exporters.WORDS:
        return exporters.WORDS[word]
    told = column.role == Role.STAYS and column.answered
    if _is_unsure(word, alone=alone) and not (told and alone):
        return None
    if word in exporters.NO:
        return _no_below(column.title)
    if word in exporters.YES or (column.role == Role.STAYS and _is_date(word)):
        return Word.STAYS
    return Word.STAYS if told and not _is_plainly_left(word) else None


def _no_below(title: str) -> Word:
    """What a no says below a title of consent."""
    return Word.ASKED if exporters.CONFIRMING.search(folded(title)) else Word.LEFT


def _is_plainly_left(word: str) -> bool:
    """Whether a word speaks of leaving, and does not deny it: unsubscribed from all."""
    return exporters.speaks_of_leaving(word) and not _DENIAL.match(word)


def _as_named(column: Column, left: frozenset[str], word: str) -> Word | None:
    """Where an admin named some values: what they said of this one, else what is known of it."""
    if word in column.stays_values:
        return Word.STAYS
    known = _known(column.title, word)
    if word in left:
        return Word.ASKED if known == Word.ASKED else Word.LEFT
    if word.isdecimal() and any(value.isdecimal() for value in left):
        return Word.STAYS  # Codes and counts have no meaning of their own.
    if known in {Word.LEFT, Word.ASKED}:
        return known
    return None if known is None and _is_plainly_left(word) else Word.STAYS


def _known(title: str, word: str) -> Word | None:
    """What is known of a value without anybody's answer; None where nothing is."""
    title = folded(title)
    consents = title in exporters.STAYS_CORES or exporters.bare(title) in exporters.STAYS_CORES
    if exporters.is_nothing(word):
        return Word.ASKED if consents and exporters.CONFIRMING.search(title) else Word.STAYS
    if _is_of_leaving(title):
        return _of_leaving(title, word, alone=False)
    if word in exporters.WORDS:
        return exporters.WORDS[word]
    consents = consents or title in exporters.JUST_THE_LETTER
    return _no_below(title) if consents and word in exporters.NO and not exporters.is_unsure(word) else None
