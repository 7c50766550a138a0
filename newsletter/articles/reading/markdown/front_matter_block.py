"""The front matter above a Markdown text, in YAML, TOML or JSON, as values. A mistake is named by file and line."""

import datetime
import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any

import frontmatter
import yaml

from newsletter.articles import drafts
from newsletter.translatable import Translatable
from newsletter.translatable import Translatable as _

Lines = Mapping[str, int]
"""Key → the line of the file it stands in."""

_KNOWN = (
    "author|authors|date|modified|status|category|categories|tags|slug|summary|lang|language|keywords|subtitle|template"
)
_ROW = r"[A-Za-z][A-Za-z_-]{0,30}:[^\n]*+\n(?:[ \t]++\S[^\n]*+\n)*+"
_BARE_LINES = rf"(?=(?:{_ROW})*?(?i:title):[ \t]*\S)(?=(?:{_ROW})*?(?i:{_KNOWN}):)(?:{_ROW}){{2,}}+(?:[ \t]*\n|\Z)"
"""Pelican's and MultiMarkdown's way: lines of `Title: …` and the like, with no rule around them."""
BEGINS = re.compile(
    rf"\A\s*(?:{_BARE_LINES})|"
    r"\A\s*(?:---[ \t]*\n[ \t\n]*[\"']?[A-Za-z_-]+[\"']?[ \t]*:|\+\+\+[ \t]*\n|;;;[ \t]*\n|\{\s*+\"[\w-]++\"\s*+:)"
)
"""A text that opens with front matter, whatever its file is called."""
_LINES = re.compile(rf"\A\s*{_BARE_LINES}")
_LINE = re.compile(r"^([A-Za-z][A-Za-z_-]{0,30}):[ \t]*([^\n]*(?:\n[ \t]+\S[^\n]*)*)", re.MULTILINE)
_YAML = re.compile(r"\A\s*---[ \t]*\n(?P<inner>.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_YAML_BEGINS = re.compile(r"\A\s*---[ \t]*\n[A-Za-z_]+:")
_TOML = re.compile(r"\A\s*\+\+\+[ \t]*\n(?P<inner>.*?)^\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_JSON = re.compile(r"\A\s*;;;[ \t]*\n(?P<inner>.*?)^;;;[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_BARE = re.compile(r"^(?P<key>[\w-]+):[ \t]+(?P<value>[^\"'\[{|>&*!%@`#\n][^\n]*)$", re.MULTILINE)


def split(text: str, *, name: str) -> tuple[dict[str, Any], str, Lines]:
    """The values, the text below them, and where each key stands. Raises UnusableArticle."""
    if match := _YAML.match(text):
        values = _yaml(match["inner"], name)
    elif match := _TOML.match(text):
        values = _toml(match["inner"], name)
    elif match := _JSON.match(text):
        values = _json(f"{{{match['inner']}}}" if not match["inner"].lstrip().startswith("{") else match["inner"], name)
    elif re.match(r"\A\s*\{\s*\"", text):
        return _json_above(text, name)
    elif _YAML_BEGINS.match(text):
        raise wrong(name, 1, _("the front matter that begins here has no closing line of three dashes"))
    elif re.match(r"\A\s*\+\+\+[ \t]*\n", text):
        raise wrong(name, 1, _("the front matter that begins here has no closing line of three plus signs"))
    elif match := _LINES.match(text):
        values = {line[1]: " ".join(line[2].split()) for line in _LINE.finditer(match[0])}
    else:
        return {}, text, {}
    return _keys(values), text[match.end() :], _lines(text[: match.end()])


def wrong(name: str, line: int, problem: str) -> drafts.UnusableArticle:
    """The error for a mistake in a line."""
    text = _("%(name)s, line %(line)s: %(problem)s. Nothing was added.", name=name, line=line, problem=_bare(problem))
    return drafts.UnusableArticle(text, field=name)


def _bare(problem: str) -> str:
    """Without a full stop of its own; still translatable."""
    if isinstance(problem, Translatable):
        return problem
    return problem.rstrip(".")


def _yaml(inner: str, name: str) -> dict[str, Any]:
    try:
        return _loaded(inner)
    except yaml.YAMLError as error:
        try:
            # “title: Ferry: pier closes” is what people write; in quotation marks it is YAML.
            return _loaded(_BARE.sub(_quoted, inner))
        except (yaml.YAMLError, ValueError, RecursionError):
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 2 if mark else 1
            problem = _("the front matter cannot be read here; put the words after the colon in quotation marks")
            raise wrong(name, line, problem) from error
    except (ValueError, RecursionError) as error:
        raise wrong(name, 1, _("the front matter cannot be read")) from error


def _loaded(inner: str) -> dict[str, Any]:
    values, _body = frontmatter.parse(f"---\n{inner}---\n")
    return dict(values)


def _quoted(match: re.Match[str]) -> str:
    value = match["value"].strip()
    if not re.search(r":\s|:$|\s#", value):
        return match[0]
    return f"{match['key']}: {json.dumps(value, ensure_ascii=False)}"


def _toml(inner: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(inner)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        line = re.search(r"at line (\d+)", str(error))
        problem = _("the front matter is not valid TOML; put words in quotation marks")
        raise wrong(name, int(line[1]) + 1 if line else 1, problem) from error


def _json(inner: str, name: str) -> dict[str, Any]:
    try:
        values = json.loads(inner)
    except (ValueError, RecursionError) as error:
        raise wrong(name, getattr(error, "lineno", 0) + 1, _("the front matter is not valid JSON")) from error
    return values if isinstance(values, dict) else {}


def _json_above(text: str, name: str) -> tuple[dict[str, Any], str, Lines]:
    """Hugo's third way: an object in braces at the very beginning, the text below it."""
    start = len(text) - len(text.lstrip())
    try:
        values, end = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError) as error:
        if re.search(r"^\}[ \t]*$", text, re.MULTILINE):
            raise wrong(name, getattr(error, "lineno", 1), _("the front matter is not valid JSON")) from error
        return {}, text, {}
    return _keys(values), text[end:].lstrip(), _lines(text[:end])


def _keys(values: Mapping[str, Any]) -> dict[str, Any]:
    """Keys in one spelling; what TOML nests under `params` counts like the rest. A time alone is text."""
    nested = values.get("params") or values.get("extra")
    flat = {**(nested if isinstance(nested, dict) else {}), **values}
    flat = {key: value for key, value in flat.items() if value is not nested or nested is None}
    return {
        str(key).lower().replace("-", "_"): str(value) if isinstance(value, datetime.time) else value
        for key, value in flat.items()
    }


def _lines(block: str) -> Lines:
    return {
        key[1].lower(): number
        for number, line in enumerate(block.split("\n"), start=1)
        if (key := re.match(r"\s*[\"']?([\w-]+)[\"']?[ \t]*[:=]", line))
    }
