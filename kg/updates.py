"""SPARQL Update text: what is refused in it, and what the engine is given for it.

SPARQL 1.1 Update, https://www.w3.org/TR/sparql11-update/; its dataset parameters: SPARQL 1.1
Protocol, section 2.2.3, https://www.w3.org/TR/sparql11-protocol/#update-dataset.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Sequence

import pyoxigraph as ox

from osteokg.kg.errors import QueryRefusedError, QuerySyntaxError, RequestError
from osteokg.kg.ordering import kinds_apart
from osteokg.kg.sparql import refuse_named, syntax_error, tokens

__all__ = ["declared_first", "engine_operations", "engine_texts", "with_dataset"]

_KEYWORDS = {
    *("ADD", "ALL", "BASE", "CLEAR", "COPY", "CREATE", "DATA", "DEFAULT", "DELETE", "DROP"),
    *("GRAPH", "INSERT", "INTO", "LOAD", "MOVE", "NAMED", "PREFIX", "SILENT", "TO", "VERSION"),
    "WHERE",
}
"""The words that can stand outside of braces in an update."""

_ELSEWHERE = re.compile("service|load", re.IGNORECASE | re.ASCII)
_SOME_IRI = "http://base.invalid/"
_ABSOLUTE = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*:")
_NOT_NEWLINE = re.compile(r"[^\n]")


def engine_texts(
    update: str,
    base: str | None = None,
    using: Sequence[str] = (),
    using_named: Sequence[str] = (),
) -> list[str]:
    """Return what the engine is given, one after the other, for an update that reaches nobody else.

    It is one text unless something is declared anew between operations. Raises QueryRefusedError
    for LOAD and SERVICE, SILENT or not, QuerySyntaxError for what is no update, with its place,
    and RequestError as ``with_dataset`` does.
    """
    return ["\n".join(part) for part in _checked(update, base, using, using_named)]


def engine_operations(
    update: str,
    base: str | None = None,
    using: Sequence[str] = (),
    using_named: Sequence[str] = (),
) -> list[str]:
    """Return what the engine is given for each operation of an update, if it is to do one by one.

    Raises what ``engine_texts`` raises.
    """
    parts = []
    for declarations, operations in _checked(update, base, using, using_named):
        begin = depth = 0
        for text, _, offset in tokens(operations):
            depth += (text == "{") - (text == "}")
            if text == ";" and depth == 0:
                parts.append(f"{declarations}\n{operations[begin:offset]}")
                begin = offset + 1
        parts.append(f"{declarations}\n{operations[begin:]}")
    return parts


def _checked(
    update: str, base: str | None, using: Sequence[str], using_named: Sequence[str]
) -> list[tuple[str, str]]:
    """Return the declarations and operations of the parts of an update that may be carried out."""
    parts = declared_first(update)
    for declarations, operations in parts:
        _refuse_outside(update, declarations, operations, base)
    return [
        (declarations, kinds_apart(with_dataset(operations, using, using_named)))
        for declarations, operations in parts
    ]


def _refuse_outside(update: str, declarations: str, operations: str, base: str | None) -> None:
    """Raise QueryRefusedError for LOAD and SERVICE as keywords.

    The engine's parser decides, as for queries: a keyword cannot be spelled otherwise.
    """
    _parse(declarations, operations, base)
    if not _ELSEWHERE.search(update):
        return
    try:
        _parse(_respelled(declarations), _respelled(operations), base)
    except QuerySyntaxError as error:
        refuse_named(update, ("LOAD", "SERVICE"))
        raise QueryRefusedError("LOAD and SERVICE are refused: nothing is fetched here.") from error


def _respelled(text: str) -> str:
    return _ELSEWHERE.sub(lambda found: codecs.encode(found[0], "rot13"), text)


def _parse(declarations: str, operations: str, base: str | None) -> None:
    """Raise QuerySyntaxError for what is no update; carry nothing out.

    What is parsed begins with an operation that fails, after which the engine does no other.
    """
    store = ox.Store()
    store.add_graph(ox.NamedNode(_SOME_IRI))
    text = f"{declarations} CREATE GRAPH <{_SOME_IRI}>;\n{operations}"
    try:
        store.update(text, base_iri=base or _SOME_IRI)
    except RuntimeError:
        return
    except SyntaxError as error:
        raise syntax_error(error, lines_before=1) from error


def declared_first(update: str) -> list[tuple[str, str]]:
    """Return the declarations of an update, in one line, and the update with blanks for them.

    The engine reads PREFIX and BASE at the beginning only, the grammar after each ``;`` as well
    (https://www.w3.org/TR/sparql11-query/#rUpdate). Where a prefix or base is declared anew after
    an operation, another part begins, with blanks for those before it: what the engine says of a
    place is said of the update.
    """
    parts: list[tuple[str, str]] = []
    declarations: list[str] = []
    known: dict[str, str] = {}
    operations: list[str] = []
    depth, copied, may, begun = 0, 0, True, False
    pending: list[str] = []  # the words of a declaration that is not whole yet
    start = 0
    for text, is_word, offset in tokens(update):
        if text.isspace() or text.startswith("#"):
            continue
        if pending:
            pending.append(text)
            if text.startswith("<"):
                name = " ".join(pending[1:-1])  # empty for BASE
                anew = not name or name in known
                if begun and anew and (known.get(name) != text or not _ABSOLUTE.match(text)):
                    done = "".join([*operations, update[copied:start]])
                    parts.append((" ".join(declarations), done))
                    operations, copied = [_NOT_NEWLINE.sub(" ", update[:start])], start
                known[name] = text
                declarations.append(" ".join(pending))
                end = offset + len(text)
                operations += [update[copied:start], _NOT_NEWLINE.sub(" ", update[start:end])]
                copied, pending = end, []
            continue
        depth += (text == "{") - (text == "}")
        if may and is_word and text.upper() in ("PREFIX", "BASE"):
            pending, start = [text], offset
        else:
            may = depth == 0 and text == ";"
            begun = begun or not may
    return [*parts, (" ".join(declarations), "".join([*operations, update[copied:]]))]


def with_dataset(update: str, using: Sequence[str], using_named: Sequence[str]) -> str:
    """Return an update each operation of which is asked of the dataset of the parameters.

    As if USING and USING NAMED stood in every operation that has a WHERE clause; of DELETE WHERE
    the long form is made, for the short one knows no USING. Raises RequestError for a parameter
    that is no IRI, for an update that names a dataset of its own (USING, WITH), and for one that
    a lexer cannot tell apart.
    """
    clauses = _clauses("USING", using) + _clauses("USING NAMED", using_named)
    if not clauses:
        return update
    rewritten: list[str] = []
    copied = depth = 0
    before = ""  # the token before, outside of braces
    short: tuple[int, int] | None = None  # where WHERE of a DELETE WHERE begins, and its block
    for text, is_word, offset in tokens(update):
        if text == "{":
            if depth == 0 and short is not None:
                short = (short[0], offset)
            depth += 1
        elif text == "}":
            depth -= 1
            if depth == 0 and short is not None:
                block = update[short[1] : offset + 1]
                rewritten += [update[copied : short[0]], block, clauses]
                copied, short = short[0], None
        if depth or text.isspace() or text.startswith("#"):
            continue
        if is_word:
            _look_at(text)
            if text.upper() == "WHERE" and before.upper() == "DELETE":
                short = (offset, offset)
            elif text.upper() == "WHERE":
                rewritten += [update[copied:offset], clauses]
                copied = offset
        before = text
    if depth:
        raise RequestError("The braces of the update do not match: nothing was changed.")
    return "".join([*rewritten, update[copied:]])


def _clauses(keyword: str, graphs: Iterable[str]) -> str:
    return "".join(f" {keyword} {_graph(name)} " for name in graphs)


def _graph(name: str) -> ox.NamedNode:
    try:
        return ox.NamedNode(name)
    except ValueError as error:
        raise RequestError(f"'{name}' names no graph, for it is no IRI: {error}.") from error


def _look_at(word: str) -> None:
    """Raise RequestError for a word outside of braces that forbids dataset parameters."""
    if word.upper() in ("USING", "WITH"):
        raise RequestError(
            f"The update says {word.upper()} and the request names a dataset as well "
            "(using-graph-uri, using-named-graph-uri): say it in one place."
        )
    if word.upper() not in _KEYWORDS:
        raise RequestError(
            f"'{word}' is no keyword of SPARQL Update; with using-graph-uri or "
            "using-named-graph-uri, separate keywords by spaces."
        )
