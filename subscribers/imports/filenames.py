"""Whether a file's own name says that its people left, or never confirmed: many programs write a file for each kind.

Pure. It only ever makes a question: a name proves nothing.
"""

import re
import unicodedata
from pathlib import Path

from subscribers.imports.exporters.cell_words import WORDS, Word
from subscribers.imports.exporters.folding import folded
from subscribers.imports.vocabulary import leaving


def smells_of_leaving(name: str) -> bool:
    """Whether a file's name speaks of people who left, were barred, or never subscribed or confirmed."""
    spelt = folded(Path(name).stem)
    stem = _WITHOUT.split(_bare(spelt))[0]
    if _DENIED.search(stem):
        return True
    stem = _NO.sub(" ", stem)
    whole = spelt if stem == _bare(spelt) else stem
    return leaving.IN_TITLES.within(whole) or bool(_SMELL.search(stem)) or _names_a_kind(stem)


def _bare(text: str) -> str:
    """Without accents, and umlauts as single letters: names of files are often written so."""
    apart = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(c for c in apart if not "\u0300" <= c <= "\u036f"))


def _names_a_kind(stem: str) -> bool:
    """Whether any of its words, or some beside each other, are a word for a standing of who is not mailed."""
    words = stem.split()
    runs = (words[at : at + length] for at in range(len(words)) for length in (1, 2, 3) if at + length <= len(words))
    return any(" ".join([*run[:-1], form]) in _KINDS for run in runs for form in _forms(run[-1]))


def _forms(word: str) -> tuple[str, ...]:
    """A word with and without the end of a plural: inaktive, gesperrten, désabonnés."""
    return (word, *(word.removesuffix(end) for end in ("s", "e", "es", "en", "n", "er") if word.endswith(end)))


_OFTEN_ELSE = {"clean", "held", "waiting", "invited", "left", "parti", "baja", "in", "ended", "unpaid", "set", "batal"}
"""Words for standings that names of files hold for other reasons: clean list, waiting list, Left Bank."""
_GONE = {word for word, said in WORDS.items() if said != Word.STAYS} - _OFTEN_ELSE
_KINDS = {_bare(word) for word in _GONE} | {
    word.translate({ord("ä"): "ae", ord("ö"): "oe", ord("ü"): "ue"}) for word in _GONE
}
_WITHOUT = re.compile(r"\b(?:without|ohne|sans|sin|senza|sem|zonder|bez|utan|uden|uten|excluding|except)\b")
"""What comes after any of these is not in the file."""
_NO = re.compile(r"\b(?:no|non|not|keine|nicht)(?: \w+){1,2}|\b(?:duplicat|dupe|doppelt|doublon)\w* \w+")
_DENIED = re.compile(
    r"\b(?:non|not|never|nicht|niet|pas|no|nao|ej|ikke) ?"
    r"(?:subscri|confirm|conferm|bestatigt|bevestigd|verif|opted in|abonn|inscri|iscri|activ|aktiv)|"
    r"\bdo ?not ?(?:e ?mail|mail|contact|send)|\bno (?:e ?mails?|mails?|contact|consent|permission)\b|\bdnc\b|"
    r"\bnon ?(?:members?|marketing)\b|\bunconfirm|\bunverif|\bunactivat|\bunbestatigt|\bunbestaetigt"
)
"""Without its no, each would say the contrary."""
_SMELL = re.compile(
    r"\bunsub|\bun subscr|\bcleaned\b|\bbounce|\bsuppress|\b(?:black|block|deny|stop|robinson) ?list|\bblocked\b|"
    r"\bopt(?:ed)? ?outs?\b|\bcomplain|\bspam|\bjunk\b|\bcancel|\bremovals?\b|\bdeletions?\b|\binvalid|\bchurn|"
    r"\bundeliver|\bwho (?:have )?left\b|\bleft (?:us|subscribers|members|readers)\b|\bex (?:subscr|member|reader)|"
    r"\babmeld|\babgemeld|\babbestell|\baustrag|\bausgetr|\baustritt|\bausgeschied|sperrliste|\bsperr|\bgesperr|"
    r"\bkundig|\bkuendig|\bunzustell|\bwiderruf|\bwiderspr|beschwerden|\bdesabonn|\bdesinscri|\bresili|\bbajas\b|"
    r"\bdesuscri|\bdisiscri|\bdisdett|\buitgeschr|\buitschr|\bafgemeld|\bafmeld|\bopgezeg|\bdescadastr|\bwypis|"
    r"\brezygn|\bavmeld|\bavregistr|\bavprenum"
)
