"""HTML of a word processor, a note-taking program or a site → HTML of the story, and what was kept out of it. Pure.

Comments, suggested deletions, members-only parts, boxes and hidden text go; a Google or Word document's own title and
subtitle are found by their styles, and its styles become plain HTML. A page without any of these comes back unchanged.
"""

import html as html_escapes
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qs

from newsletter.articles import urls
from newsletter.articles.drafts import KeptBack, LeftOut, Why
from newsletter.articles.reading import document_marks as marks
from newsletter.articles.reading import sanitise
from newsletter.articles.reading.document_marks import Element
from newsletter.articles.reading.mails import letter_parts, mail_in_html
from newsletter.articles.reading.not_for_readers import members, shortcodes
from newsletter.articles.reading.not_for_readers.left_out import of_html
from newsletter.articles.reading.pages import page_furniture

# Signs that the parser reads, and then refuses to be given: no XML may hold them.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_ASIDE = re.compile(r"<aside\b", re.IGNORECASE)
_LEAST_BOX = 8
_CLOSING = " .!?…»”)"
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_LEAST_OWN_WORDS = 10
"""With fewer around it, the mail that is quoted is the story."""
_NEAR = 50
_LARGEST_BOX = 1_000
"""Signs; what says more is no box, no button and no wall, whatever its class says."""
_LONGEST_MARK = 199
_LONGEST_LINE = 300
_FEWEST_WORDS = 8
_STEP = 20
_MOST_LOOKED_AT = 20_000_000
"""Signs that are read to find places; later pieces of a document with so many have none, and would go to the top."""


@dataclass(frozen=True, kw_only=True)
class Document:
    html: str
    title: str = ""
    standfirst: str = ""
    byline: str = ""
    left_out: tuple[LeftOut, ...] = ()
    kept_back: KeptBack = KeptBack.NO


def read(html: str, *, fragment: bool = False, may_be_for_members: bool = True, is_page: bool = False) -> Document:
    """The story's HTML; a ``fragment`` is the inside of a page, as feeds carry it. The HTML must not be too deep.

    Of a page that is going to be extracted (``is_page``) boxes within the story are told apart, which would be lost.
    A story that is all for members is kept whole and marked so; unless it ``may`` not ``be``: then it is left out.
    """
    gated = members.GATED.search(html)
    # What is no site's page may be a mail, which only its words tell.
    worth_it = (marks.WORTH_IT, shortcodes.MAY_BE, *([_ASIDE] if is_page else []))
    is_plain = not any(mark.search(html) for mark in worth_it) and not members.opening(html)
    if not gated and marks.PAGE.search(html) and is_plain:
        return Document(html=html)
    reader = _Reader(html, fragment=fragment, may_be_for_members=may_be_for_members, is_page=is_page)
    return reader.read(html)


def for_readers(html: str) -> Document:
    """The inside of a page or of a Markdown text; one that is nested too deeply is left to the sanitiser."""
    return Document(html=html) if sanitise.is_too_deep(html) else read(html, fragment=True)


def _is_answered(*, own: int, quoted: int) -> bool:
    """A story stands beside the mail that is quoted; below a few words a long one was forwarded."""
    return own >= _LEAST_OWN_WORDS and not letter_parts.is_forward(own=own, quoted=quoted)


class _Reader:
    def __init__(self, html: str, *, fragment: bool, may_be_for_members: bool, is_page: bool) -> None:
        self.may_be_for_members, self.is_page = may_be_for_members, is_page
        self.root: Element = _parsed(html, fragment=fragment)
        self.fragment = fragment
        self.found: list[LeftOut] = []
        self.changed = False
        self._looked_at = 0
        style = " ".join(node.text or "" for node in self.root.iter("style"))
        self._styles = {match[1]: match[2] for match in marks.CSS_RULE.finditer(style)}
        self._is_google = marks.GOOGLE.search(html) is not None
        self._is_word = bool(re.search(r"class=[\"']?Mso|urn:schemas-microsoft-com:office|mso-", html))

    def read(self, html: str) -> Document:
        is_for_members = self._members_or_all(html)
        self._remarks()
        self._changes()
        self._shortcodes()
        self._boxes()
        if self.is_page:
            self._asides()
        self._mail()
        self._hidden()
        letter = None if marks.PAGE.search(html) else self._letter()
        kept_back = self._properties() or (KeptBack.MEMBERS if is_for_members else KeptBack.NO)
        title = standfirst = byline = ""
        if self._is_google or self._is_word:
            self._styled()
            self._lists()
            byline = self._byline()
        # A style named “title” speaks of the story in documents; on web pages it may be anything.
        if self._is_google or self._is_word or self._has("page-body"):
            title, standfirst = self._taken(_is_title), self._taken(_is_subtitle)
        if letter and letter.is_mail:
            title, byline = title or letter.subject, byline or letter.sender
        touched = self.changed or self.found or title or standfirst or byline or self._is_google or self._is_word
        return Document(
            html=self._written() if touched else html,
            title=title,
            standfirst=standfirst,
            byline=byline,
            left_out=tuple(self.found),
            kept_back=kept_back,
        )

    def _written(self) -> str:
        if self.fragment:
            body = self.root.find("body")
            inside = [body.text or "", *(marks.source_of(one, tail=True) for one in body)] if body is not None else []
            return "".join(inside)
        return f"<!DOCTYPE html>{marks.source_of(self.root)}"

    # What is for members

    def _members_or_all(self, html: str) -> bool:
        """Takes out what is for members; where that is the story itself it stays, and the answer is yes."""
        self._members()
        taken = sum(len(piece.text.split()) for piece in self.found)
        if not self.may_be_for_members or not members.is_nearly_all(taken, left=self._words_told()):
            return False
        self.root, self.found = _parsed(members.without_marks(html), fragment=self.fragment), []
        self.changed = True
        return True

    def _words_told(self) -> int:
        """How many words the page tells in paragraphs, beside its menus and headings."""
        return sum(
            len(marks.words_of(node).split())
            for node in self.root.iter("p", "li", "blockquote", "div")
            if marks.is_leaf(node) and next(node.iterancestors(*marks.FURNITURE), None) is None
        )

    def _members(self) -> None:
        self._within_paragraphs()
        for mark in self._marks():
            if self._stands(mark):
                self._cut_behind(mark)
        self._gated()
        self._gated_elements()
        for node in list(self.root.iter()):
            if not isinstance(node.tag, str) or node.tag in marks.STOPS or not self._stands(node):
                continue
            if (
                marks.is_wall(marks.classes_of(node))
                or node.get("data-testid") == "paywall"
                or (
                    node.tag in marks.PARAGRAPHS
                    and len(node) <= 3
                    and members.WALL.fullmatch(marks.few_words_of(node, most=_LARGEST_BOX) or "")
                )
            ):
                self._drop(node, Why.MEMBERS)

    def _marks(self) -> list[Element]:
        """The marks of the story; one outside of it, with the story still to come, is about the page's software."""
        nodes = list(self.root.iter())
        last = max((at for at, node in enumerate(nodes) if node.tag in {"article", "main"}), default=-1)
        return [
            node
            for at, node in enumerate(nodes)
            if self._is_mark(node)
            and (at > last or any(parent.tag in {"article", "main"} for parent in node.iterancestors()))
        ]

    def _gated_elements(self) -> None:
        """What structured data, AMP's attributes or an element's own name say is for members."""
        gated = [
            *marks.gated_by_data(self.root),
            *(
                node
                for node in self.root.iter()
                if isinstance(node.tag, str)
                and (node.get("amp-access") or node.get("subscriptions-section") or members.is_tag(node.tag))
            ),
        ]
        inside = set(gated)
        for node in [one for one in gated if not any(parent in inside for parent in one.iterancestors())]:
            if node.tag not in marks.STOPS and self._stands(node):
                self._drop(node, Why.MEMBERS)

    def _within_paragraphs(self) -> None:
        """A part that begins and ends in one paragraph: its other words stay."""
        for node in list(self.root.iter(*marks.PARAGRAPHS)):
            words = marks.words_of(node) if marks.is_leaf(node) else ""
            if not words:
                continue
            part = next(members.parts(words), None)
            if part is None or part.ends == part.end:
                continue
            self._note(f"<p>{html_escapes.escape(words[part.begins : part.ends])}</p>", Why.MEMBERS, self._above(node))
            for child in list(node):
                child.drop_tree()
            node.text = f"{words[: part.start]} {words[part.end :]}".strip()
            self.changed = True

    def _is_mark(self, node: Element) -> bool:
        if marks.is_comment(node):
            return bool(members.opening(f"<!--{node.text or ''}-->"))
        if not isinstance(node.tag, str):
            return False
        classes = marks.classes_of(node)
        if (
            marks.EMPTY_WALL.search(classes)
            and marks.few_words_of(node, most=_LARGEST_BOX) == ""
            and node.find(".//img") is None
        ):
            # Below a paragraph: elsewhere it may be anything that a page hides.
            near = itertools.islice(node.itersiblings(preceding=True), _NEAR)
            return any(one.tag in {"p", "h2", "h3", "ul", "ol"} for one in near)
        if marks.WALL_MARK.search(classes):
            said = marks.few_words_of(node, most=_LARGEST_BOX)
            if said is not None and len(said.split()) < _FEWEST_WORDS:
                return True
        own = (marks.few_words_of(node, most=_LONGEST_MARK) or "") if marks.is_leaf(node) else ""
        if not own:
            return False
        if members.is_line(own) and node.tag not in _HEADINGS and self._above(node):
            return True
        return (found := members.opening(own)) is not None and members.closing(own, found.end) is None

    def _cut_behind(self, mark: Element) -> None:
        """All that follows the mark, up to the mark that ends it or the end of the article."""
        above = self._above(mark)
        pieces: list[str] = []
        if isinstance(mark.tag, str) and (opened := members.opening(marks.words_of(mark))):
            # A shortcode in the first of the members' paragraphs: its words go too.
            pieces.append(
                f"<p>{html_escapes.escape(marks.words_of(mark)[opened.end :])}</p>"
                if marks.words_of(mark)[opened.end :].strip()
                else ""
            )
        node, innermost = mark, True
        while node.tag not in marks.STOPS and node.getparent() is not None:
            ended = self._cut_siblings(node, pieces if innermost or node.tag not in marks.STOPS else [])
            if ended:
                break
            node, innermost = node.getparent(), False
        self._note("".join(pieces), Why.MEMBERS, above)
        mark.drop_tree()
        self.changed = True

    def _cut_siblings(self, node: Element, pieces: list[str]) -> bool:
        if node.tail and node.tail.strip():
            pieces.append(f"<p>{html_escapes.escape(node.tail)}</p>")
        node.tail = None
        for sibling in list(node.itersiblings()):
            if marks.is_comment(sibling) and members.closing(f"<!--{sibling.text or ''}-->"):
                return True
            closes = isinstance(sibling.tag, str) and members.closing(marks.words_of(sibling))
            pieces.append(marks.source_of(sibling))
            sibling.drop_tree()
            if closes:
                return True
        return False

    def _gated(self) -> None:
        """Ghost's blocks between two comments, which say who sees them."""
        for node in [
            one for one in self.root.iter() if marks.is_comment(one) and "kg-gated-block:begin" in (one.text or "")
        ]:
            if not members.is_gated(node.text or ""):
                continue
            pieces: list[str] = []
            above = self._above(node)
            for sibling in list(node.itersiblings()):
                if marks.is_comment(sibling) and "kg-gated-block:end" in (sibling.text or ""):
                    break
                pieces.append(marks.source_of(sibling))
                sibling.drop_tree()
            self._note("".join(pieces), Why.MEMBERS, above)

    # What writers say to each other

    def _remarks(self) -> None:
        for node in list(self.root.iter()):
            if not isinstance(node.tag, str) or not self._stands(node):
                continue
            classes, href, style = marks.classes_of(node), node.get("href", ""), marks.style_of(node)
            if node.tag == "a" and re.fullmatch(r"#cmnt_ref\d+", href):
                self._drop(marks.outermost(node), Why.REMARK)
            elif node.tag == "a" and re.fullmatch(r"(?:[^#]*)#(?:cmnt\d+|_msocom_\d+)", href):
                self._drop_mark(node)
            elif "mso-element:comment" in style or re.search(r"(?i)\bmsocomtxt\b|\bmsocommenttext\b", classes):
                self._drop(node, Why.REMARK)
            elif (
                re.search(r"(?i)\bmsocomanchor\b|\bmsocommentreference\b|\bmsocomoff\b", classes)
                or "mso-special-character:comment" in style
            ):
                self._drop_mark(node)
            elif (
                re.search(r"(?:^|\s)(?:comment-start|docx-comment|comment-annotation)(?:\s|$)", classes)
                or node.tag in {"comment", "annotation"}
                or (node.tag == "aside" and node.get("role") == "doc-comment")
            ):
                self._drop(node, Why.REMARK)
        if self._is_word or self._is_google:
            for node in list(self.root.iter("hr")):
                if "msocomoff" in marks.classes_of(node):
                    self._drop_mark(node)

    def _changes(self) -> None:
        """Tracked changes: what is marked as inserted stays, what is marked as deleted goes."""
        for node in list(self.root.iter()):
            if not isinstance(node.tag, str) or not self._stands(node):
                continue
            classes = marks.classes_of(node).lower().split()
            tracked = (
                node.get("cite")
                or node.get("datetime")
                or node.get("data-author")
                or node.get("title", "").startswith(("Deleted", "Inserted"))
            )
            if (node.tag == "del" and (tracked or self._is_word)) or {"msodel", "deletion"} & set(classes):
                self._drop(node, Why.DELETED)
            elif (node.tag == "ins" and (tracked or self._is_word)) or {"msoins", "insertion"} & set(classes):
                node.drop_tag()
                self.changed = True

    # What belongs to the page

    def _boxes(self) -> None:
        for node in list(self.root.iter()):
            if not isinstance(node.tag, str) or node.tag in marks.STOPS or not self._stands(node):
                continue
            classes = marks.classes_of(node)
            if (marks.BOX.search(classes) and marks.few_words_of(node, most=_LARGEST_BOX) is not None) or (
                marks.SUBSCRIBE_BUTTON.search(classes)
                and marks.ASKS.fullmatch(marks.few_words_of(node, most=_LARGEST_BOX) or "")
            ):
                self._drop(node, Why.BOX)
            elif marks.AROUND.search(classes):
                self._drop(node, Why.PAGE)
            elif (
                marks.ADVERT.search(classes) and marks.few_words_of(node, most=_LARGEST_BOX) is not None
            ) or _leads_away(node):
                self._drop(node, Why.BOX)
            elif node.tag in {"p", "div", "span", "small"} and marks.ADVERT_LABEL.fullmatch(
                marks.few_words_of(node, most=_LONGEST_MARK) or ""
            ):
                self._drop(node, Why.PAGE)

    def _asides(self) -> None:
        """A box of facts within a story, which extraction of a page's text loses; a page's own sidebar is none."""
        for node in list(self.root.iter("aside")):
            beside = [one.tag for one in (node.getprevious(), node.getnext()) if one is not None]
            is_within = next(node.iterancestors("article"), None) is not None or "p" in beside
            linked = sum(len(marks.words_of(link).split()) for link in node.iter("a"))
            words = len(marks.words_of(node).split())
            if self._stands(node) and is_within and words >= _LEAST_BOX and linked * 2 < words:
                self._drop(node, Why.PAGE)

    def _shortcodes(self) -> None:
        """What a website's software would have replaced; code that a story shows stays."""
        found = shortcodes.pattern(str(self.root.text_content()))
        for node in list(self.root.iter(*marks.PARAGRAPHS)):
            words = marks.words_of(node) if marks.is_leaf(node) else ""
            if "[" in words and self._stands(node) and found.search(words) and not found.sub("", words).strip():
                self._drop(node, Why.CODE)
        for node in list(self.root.iter()):
            if not isinstance(node.tag, str) or next(node.iterancestors("pre", "code", "head"), None) is not None:
                continue
            if node.tag not in {"pre", "code", "script", "style", "textarea", "head"}:
                self._without_codes(node, "text", found)
            if node.getparent() is not None:
                self._without_codes(node, "tail", found)

    def _without_codes(self, node: Element, where: Literal["text", "tail"], found: re.Pattern[str]) -> None:
        text = getattr(node, where)
        if not text or "[" not in text or not found.search(text):
            return
        for code in found.finditer(text):
            self._note(f"<p>{html_escapes.escape(code[0])}</p>", Why.CODE, self._above(node))
        self.changed = True
        setattr(node, where, found.sub("", text))

    def _mail(self) -> None:
        """A signature, and the mail that is answered; a text that is nothing but a forwarded mail stays."""
        weights: marks.Weights | None = None
        body = self.root.find("body")
        whole = self.root if body is None else body
        gone, answered = 0, False
        for node in list(self.root.iter()):
            if not isinstance(node.tag, str) or node.tag in marks.STOPS or not self._stands(node):
                continue
            classes = marks.classes_of(node)
            is_signature = marks.SIGNATURE.search(classes)
            is_answered = not answered and marks.ANSWERED.search(classes)
            if not is_signature and not is_answered and not self._is_quoted(node, classes):
                continue
            answered = answered or bool(is_answered)
            weights = weights or marks.Weights(self.root)
            going = [node]
            if is_answered:
                going += self._behind(node)
            elif not is_signature:
                going += self._announced(node)
            weight = sum(map(weights.of, going))
            if is_signature or _is_answered(own=weights.of(whole) - gone - weight, quoted=weight):
                gone += weight
                for one in going:
                    if is_answered:
                        self._cut_tail(one)
                    self._drop(one, Why.MAIL)

    def _is_quoted(self, node: Element, classes: str) -> bool:
        cites = node.tag == "blockquote" and node.get("type", "").lower() == "cite"
        return cites or marks.QUOTED_MAIL.search(classes) is not None

    def _behind(self, node: Element) -> Iterator[Element]:
        """All elements that follow, up to the end of the page."""
        while node is not None and node.tag not in marks.STOPS:
            yield from (one for one in node.itersiblings() if isinstance(one.tag, str))
            node = node.getparent()

    def _cut_tail(self, node: Element) -> None:
        if node.tail and node.tail.strip():
            self._note(f"<p>{html_escapes.escape(node.tail)}</p>", Why.MAIL, self._above(node))
        node.tail = None

    def _announced(self, quoted: Element) -> list[Element]:
        """The line above a quotation: “Ada wrote:”."""
        above = quoted.getprevious()
        while above is not None and above.tag == "br" and not above.tail:
            above = above.getprevious()
        words = marks.few_words_of(above, most=_LARGEST_BOX) if above is not None else None
        return [above] if words and letter_parts.announces(words) else []

    def _letter(self) -> letter_parts.Letter | None:
        """What a mail brings along, told by its words as in a text."""
        body = self.root.find("body")
        if body is None:
            return None
        lines = mail_in_html.lines_of(body)
        letter, story = letter_parts.told_apart(mail_in_html.texts(lines))
        if not (letter.above or letter.below) or not letter.text:
            return None
        last = next((lines[at].text for at in reversed(story) if lines[at].text), "")
        for words in letter.above:
            self._note(f"<p>{html_escapes.escape(words)}</p>", Why.MAIL, "")
        for words in letter.below:
            self._note(f"<p>{html_escapes.escape(words)}</p>", Why.MAIL, last)
        mail_in_html.take_out([*lines[: story.start], *lines[story.stop :]])
        self.changed = True
        return letter

    def _hidden(self) -> None:
        for node in list(self.root.iter()):
            if not isinstance(node.tag, str) or node.tag in marks.STOPS or not self._stands(node):
                continue
            if node.get("hidden") is not None or marks.HIDDEN.search(marks.style_of(node)):
                self._drop(node, Why.HIDDEN)

    def _properties(self) -> KeptBack:
        """A page exported from Notion names its own state; a preview of WordPress carries it as a class."""
        kept_back = KeptBack.NO
        for table in [one for one in self.root.iter("table") if "properties" in marks.classes_of(one).split()]:
            if re.search(
                r"\bstatus\W{0,3}\s*(?:draft|in progress|not started|idea|to do|entwurf)",
                marks.words_of(table),
                re.IGNORECASE,
            ):
                kept_back = KeptBack.DRAFT
            self._drop(table, Why.REMARK)
        if any(
            re.search(r"(?:^|\s)status-(?:draft|pending|private|future)(?:\s|$)", marks.classes_of(node))
            for node in self.root.iter("article", "body", "div")
        ):
            kept_back = KeptBack.DRAFT
        return kept_back

    # What a word processor means by its styles

    def _styled(self) -> None:
        """Bold and italic that stand in styles; links that lead through Google; empty paragraphs."""
        for link in self.root.iter("a"):
            parts = urls.parts(link.get("href", "")) if "google." in link.get("href", "") else None
            if parts and parts.path == "/url":
                wanted = parse_qs(parts.query)
                link.set("href", (wanted.get("q") or wanted.get("url") or [link.get("href", "")])[0])
        for node in [one for one in self.root.iter("b") if "font-weight:normal" in marks.style_of(one)]:
            node.drop_tag()
        for span in list(self.root.iter("span")):
            style = ";".join(
                [marks.style_of(span), *(self._styles.get(name, "") for name in marks.classes_of(span).split())]
            )
            if marks.words_of(span) and not any(
                parent.tag in {"b", "strong", "h1", "h2", "h3"} for parent in span.iterancestors()
            ):
                span.tag = "strong" if marks.BOLD.search(style) else "em" if marks.ITALIC.search(style) else "span"
        for node in list(self.root.iter("p", "div")):
            if not marks.words_of(node) and node.find(".//img") is None:
                node.drop_tree()

    def _lists(self) -> None:
        """Word's list paragraphs, each with a sign of its own, as lists."""
        current: Element | None = None
        for node in list(self.root.iter("p")):
            if not marks.LIST_CLASS.search(marks.classes_of(node)) and "mso-list" not in marks.style_of(node):
                current = None
                continue
            sign = next((one for one in node.iter("span") if "mso-list:ignore" in marks.style_of(one)), None)
            shown = marks.words_of(sign) if sign is not None else marks.words_of(node)[:2]
            if sign is not None:
                sign.drop_tree()
            elif re.match(r"[·•o§▪-]\s", marks.words_of(node)):
                node.text = re.sub(r"^\s*[·•o§▪-]\s+", "", node.text or "")
            if current is None or current.getnext() is not node:
                current = node.makeelement("ol" if marks.NUMBERED.fullmatch(shown.strip()) else "ul")
                node.addprevious(current)
            node.tag = "li"
            node.tail, tail = None, node.tail
            current.append(node)
            current.tail = tail

    def _byline(self) -> str:
        for node in list(self.root.iter("p"))[: marks.HEAD]:
            if names := page_furniture.byline_of(marks.words_of(node)):
                node.drop_tree()
                return names
        return ""

    def _taken(self, is_wanted: Callable[[Element], bool]) -> str:
        """The words of the first element of such a style, which is taken out of the text."""
        for node in list(self.root.iter("p", "h1", "h2", "div"))[: 3 * marks.HEAD]:
            if is_wanted(node) and (words := marks.words_of(node)) and len(words) < 500:
                node.drop_tree()
                return words
        return ""

    def _has(self, name: str) -> bool:
        return any(name in marks.classes_of(node).split() for node in self.root.iter("div"))

    # Taking out

    def _stands(self, node: Element) -> bool:
        """Still a part of the page, below its root."""
        return any(parent is self.root for parent in node.iterancestors())

    def _drop(self, node: Element, why: Why) -> None:
        above = self._above(node)
        for sign in [one for one in node.iter("a") if re.search(r"#(?:_msoanchor_|cmnt_ref)\d+$", one.get("href", ""))]:
            if sign is not node:
                sign.drop_tree()
        self._note(marks.source_of(node), why, above)
        if self._stands(node):
            node.drop_tree()
        self.changed = True

    def _drop_mark(self, node: Element) -> None:
        """A mark in a sentence, with the raised sign that holds nothing else."""
        own = marks.few_words_of(node, most=_LARGEST_BOX)
        while (
            (parent := node.getparent()) is not None
            and parent.tag in {"sup", "span"}
            and own == marks.few_words_of(parent, most=_LARGEST_BOX)
            and own is not None
        ):
            node = parent
        if self._stands(node):
            node.drop_tree()
        self.changed = True

    def _note(self, html: str, why: Why, above: str) -> None:
        piece = of_html(html, why=why, after=above)
        if piece:
            self.found.append(piece)

    def _above(self, node: Element) -> str:
        """The words of the paragraph above, or of the one it stands in, before it."""
        if self._looked_at > _MOST_LOOKED_AT:
            return ""
        own = self._looked(node)
        for parent in node.iterancestors("p", "li", "h1", "h2", "h3", "blockquote", "td"):
            if own and (before := self._looked(parent).partition(own)[0].strip()):
                return before
        for before in marks.before(node):
            self._looked_at += _STEP + len(before)
            if self._looked_at > _MOST_LOOKED_AT:
                return ""
            if (
                isinstance(before.tag, str) and before.tag in marks.PARAGRAPHS and before is not node
                and not any(child.tag in marks.PARAGRAPHS for child in before) and (words := self._looked(before))
            ):  # fmt: skip
                return words
        return ""

    def _looked(self, node: Element) -> str:
        words = marks.words_of(node)
        self._looked_at += len(words)
        return words


def _leads_away(node: Element) -> bool:
    """“Read more: Storm sinks boats”, a line by itself: what stands behind the label is a link, or no sentence."""
    if node.tag not in {"p", "div", "li", "blockquote"} or not marks.is_leaf(node):
        return False
    words = marks.few_words_of(node, most=_LONGEST_LINE) or ""
    label = marks.READ_MORE.fullmatch(words)
    if label is None:
        return False
    linked = " ".join(marks.words_of(link) for link in node.iter("a"))
    return linked.strip(_CLOSING).endswith(label["rest"].strip(_CLOSING)) or not label["rest"].rstrip().endswith(
        (".", "!", "…", "۔")
    )


def _parsed(html: str, *, fragment: bool) -> Element:
    # Imported here: processes that only send never need it.
    import lxml.html

    parser = lxml.html.HTMLParser(encoding="utf-8")
    wrapped = f"<html><body>{html}</body></html>" if fragment else html
    # lxml refuses text that names an encoding; as bytes it is read in ours, whatever a <meta> says.
    root = lxml.html.document_fromstring(wrapped.encode("utf-8", "replace"), parser=parser)
    if _CONTROLS.search(html) or "&#" in html:
        for node in root.iter():
            node.text, node.tail = _without_controls(node.text), _without_controls(node.tail)
            for name, value in node.attrib.items() if isinstance(node.tag, str) else ():
                node.set(name, _CONTROLS.sub(" ", value))
    return root


def _without_controls(text: str | None) -> str | None:
    return _CONTROLS.sub(" ", text) if text else text


def _is_title(node: Element) -> bool:
    return bool(marks.TITLE_CLASSES & set(marks.classes_of(node).lower().split())) or (
        min(_points(node), default=0) >= marks.TITLE_POINTS
    )


def _is_subtitle(node: Element) -> bool:
    if marks.SUBTITLE_CLASSES & set(marks.classes_of(node).lower().split()):
        return True
    return set(_points(node)) == {marks.SUBTITLE_POINTS} and any(
        marks.GREY.search(marks.style_of(one)) for one in node.iter()
    )


def _points(node: Element) -> list[float]:
    """The sizes of a paragraph's words, where its own styles say them."""
    if node.tag != "p":
        return []
    styles = (marks.style_of(one) for one in node.iter() if isinstance(one.tag, str) and marks.words_of(one))
    return [float(size[1]) for style in styles if (size := marks.POINTS.search(style))]
