"""Every pattern in our code, and for each the texts that would make it slow: made from what it repeats itself."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_parser: Any = re._parser  # type: ignore[attr-defined]

ROOT = Path(__file__).resolve().parent.parent.parent
# Of each kind that a class may hold: blanks, letters, digits, the signs of every notation that is read here.
_SIGNS = " \n\ta0A-.<[(,\"*_#>:@&|=/\u200cن漢'\\%{s+])\r…?!;`~^}"
_MANY = 60
"""A part that may come so often is worth an attack."""
_METHODS = frozenset({"match", "fullmatch", "search", "sub", "subn", "split", "finditer", "findall"})


def all_of_them() -> dict[str, dict[re.Pattern[Any], set[str]]]:
    """By module: each pattern, and how it is used."""
    found: dict[str, dict[re.Pattern[Any], set[str]]] = {}
    files = [file for room in ("newsletter", "subscribers") for file in sorted((ROOT / room).rglob("*.py"))]
    sources = {file: file.read_text() for file in files if "migrations" not in file.parts and file.stem != "wsgi"}
    everywhere = _uses("\n".join(sources.values()))
    for file, source in sources.items():
        patterns: dict[re.Pattern[Any], set[str]] = {}
        if "re." in source:
            here = _uses(source)
            name = ".".join(file.relative_to(ROOT).with_suffix("").parts)
            module = importlib.import_module(name) if file.stem not in {"__init__", "__main__"} else None
            for variable, value in vars(module).items() if module else ():
                uses = (here if variable.startswith("_") else everywhere).get(variable, set())
                for pattern in _within(value):
                    patterns.setdefault(pattern, set()).update(uses)
            for pattern, method in _written_in(source):
                patterns.setdefault(pattern, set()).add(method)
            found[name] = patterns
    return found


def _within(value: object, depth: int = 0) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth < 4 and isinstance(value, list | tuple | set | frozenset):
        for one in value:
            yield from _within(one, depth + 1)
    elif depth < 4 and isinstance(value, dict):
        yield from _within([*value.values()], depth + 1)
    elif depth < 4 and type(value).__module__.startswith(("newsletter", "subscribers")):
        yield from _within([*getattr(value, "__dict__", {}).values()], depth + 1)


def _uses(source: str) -> dict[str, set[str]]:
    """How each variable is used, if it is a pattern."""
    found: dict[str, set[str]] = {}
    for variable, method in re.findall(r"(?<!\w)(\w+)\.(\w+)\(", source):
        if method in _METHODS:
            found.setdefault(variable, set()).add(method)
    return found


def _written_in(source: str) -> Iterator[tuple[re.Pattern[Any], str]]:
    """Patterns that stand where they are used."""
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        is_ours = isinstance(node.func.value, ast.Name) and node.func.value.id == "re" and node.func.attr in _METHODS
        if is_ours and isinstance(node.args[0], ast.Constant):
            said = " ".join(ast.unparse(one) for one in [*node.args[1:], *(word.value for word in node.keywords)])
            flags = sum(getattr(re, flag) for flag in set(re.findall(r"re\.([A-Z]+)\b", said)))
            yield re.compile(node.args[0].value, flags), node.func.attr


def attacks(pattern: re.Pattern[Any]) -> list[tuple[str, str, str]]:
    """What stands first, what is repeated, and what spoils the end."""
    tree = _parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
    found: list[tuple[str, str, str]] = [("", sign, "") for sign in _SIGNS]
    units = {_sample(tree)[:length] for length in range(1, 40)}
    for before, body, signs in _repeats(tree, ""):
        for unit in filter(None, [body, *signs]):
            found += [(before, unit, end) for end in ("", "\0", "\n", "a")]
        units |= {before, before + body, *(before + sign for sign in signs[:12])}
        units |= {one + other for one in signs[:6] for other in signs[:6] if one != other}
    found += [("", unit, end) for unit in units if unit for end in ("", "\0")]
    return list(dict.fromkeys(found))


def _repeats(tree: Any, before: str) -> Iterator[tuple[str, str, list[str]]]:
    """Each part that may come many times: a text that leads to it, what it repeats, and the signs it may be made of."""
    for kind, value in tree:
        match str(kind):
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                if value[1] >= _MANY:
                    signs = [sign for sign in _SIGNS if _holds(value[2], sign)]
                    # Blanks are alike, and long lists of phrases have one between any two words.
                    yield before, _sample(value[2]), signs if "".join(signs).strip() else signs[:2]
                yield from _repeats(value[2], before)
            case "SUBPATTERN":
                yield from _repeats(value[3], before)
            case "ATOMIC_GROUP":
                yield from _repeats(value, before)
            case "BRANCH":
                for branch in value[1]:
                    yield from _repeats(branch, before)
        before += _sample([(kind, value)])


def _holds(tree: Any, sign: str) -> bool:
    """Whether one of the single characters in it may be this."""
    return any(
        (str(kind) == "IN" and _is_in(value, sign))
        or str(kind) == "ANY"
        or (str(kind) == "NOT_LITERAL" and ord(sign) != value)
        for kind, value in tree
    )


def _is_in(members: Any, sign: str) -> bool:
    negated = hit = False
    for kind, value in members:
        match str(kind):
            case "NEGATE":
                negated = True
            case "LITERAL":
                hit |= ord(sign) == value
            case "RANGE":
                hit |= value[0] <= ord(sign) <= value[1]
            case "CATEGORY":
                name = str(value).removeprefix("CATEGORY_")
                is_one = {"SPACE": sign.isspace(), "DIGIT": sign.isdigit(), "WORD": sign.isalnum() or sign == "_"}
                hit |= is_one.get(name.removeprefix("NOT_"), False) != name.startswith("NOT_")
    return hit != negated


def _sample(tree: Any) -> str:
    """A text that the pattern takes, or nearly."""
    said = ""
    for kind, value in tree:
        match str(kind):
            case "LITERAL":
                said += chr(value)
            case "NOT_LITERAL":
                said += next(sign for sign in "a -" if ord(sign) != value)
            case "ANY":
                said += "a"
            case "IN":
                said += next((sign for sign in f"a0 -{_SIGNS}" if _is_in(value, sign)), "") or _first_of(value)
            case "BRANCH":
                said += _sample(value[1][0])
            case "SUBPATTERN":
                said += _sample(value[3])
            case "ATOMIC_GROUP":
                said += _sample(value)
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                said += _sample(value[2]) * min(value[0], 50)
    return said


def _first_of(members: Any) -> str:
    for kind, value in members:
        if str(kind) in {"LITERAL", "RANGE"}:
            return chr(value if str(kind) == "LITERAL" else value[0])
    return "a"
