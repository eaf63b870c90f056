"""SPARQL text: refusal of what would reach outside the dataset, and where an error stands."""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from itertools import islice

import pyoxigraph as ox

from osteokg.kg.errors import QueryRefusedError, QuerySyntaxError

__all__ = [
    "is_repeatable",
    "language_of",
    "may_name_graphs",
    "refuse_named",
    "refuse_outside",
    "rows_at_most",
    "syntax_error",
    "tokens",
    "words",
]

_SERVICE = re.compile("service", re.IGNORECASE | re.ASCII)
_INSTEAD = {
    "SERVICE": "queries here read this dataset only. Ask the other endpoint from your own "
    "program and join there.",
    "LOAD": "nothing is fetched here. Send the triples themselves, by INSERT DATA or to /graphs.",
}

_TOKEN = re.compile(
    r'"""(?:[^"\\]++|\\.|"(?!""))*+(?:"""|\\?\Z)'
    r"|'''(?:[^'\\]++|\\.|'(?!''))*+(?:'''|\\?\Z)"
    r'|"(?:[^"\\\n\r]++|\\.)*+"?'
    r"|'(?:[^'\\\n\r]++|\\.)*+'?"
    r"|<[^<>\"{}|^`\\\x00-\x20]*+>"
    r"|#[^\n\r]*+"
    r"|[?$]\w+"
    r"|@[A-Za-z]+(?:-[A-Za-z0-9]+)*"
    r"|_:[\w.·-]+"
    r"|[\w-]*+(?:\.[\w-]++)*+:(?:[\w:·.-]|%[0-9A-Fa-f]{2}|\\.)*+"  # a prefixed name, no keyword
    r"|(?P<run>[\w-]++(?:\.[\w-]++)*+)"
    r"|.",
    re.DOTALL,
)
"""A token, or a run of several that could have become a prefixed name and have not.

Nothing is read more than twice, whatever is written: a string that does not end goes on to where
it would have to, and no name is looked for again within a run in which there is none.
"""
_IN_RUN = re.compile(r"(?P<word>[A-Za-z_]\w*)|.", re.DOTALL)
_LONGEST = 1 << 16
"""A query of more characters is taken for one that differs: others wait while it is looked at.

It is more than an address may have, so no cache on the way would hold its answer.
"""
_CALLS = ("NOW", "RAND", "UUID", "BNODE")
_DIFFERS = re.compile(rf"(?:{'|'.join(_CALLS)})\s*[(#]")  # '#': a comment before '('
_LIMITED = re.compile(r"}(?:OFFSET\d+)?LIMIT(\d{1,18})(?:OFFSET\d+)?", re.IGNORECASE | re.ASCII)
_BLANK = re.compile(r"_:|[\[(]")
_FIRST = 10_000
"""So many tokens are looked at for the one that tells a query from an update."""
_FORMS = {"ASK", "CONSTRUCT", "DESCRIBE", "SELECT"}
_OPERATIONS = {"ADD", "CLEAR", "COPY", "CREATE", "DELETE", "DROP", "INSERT", "LOAD", "MOVE", "WITH"}
_SOME_BASE = "http://base.invalid/"
_PLACE = re.compile(r"error at (\d+):(\d+): (.*)", re.DOTALL)
_EXPECTED = re.compile(r"^expected (?:one of )?")
_ALTERNATIVE = re.compile(
    r'"(?:\\.|[^"])*"|\[(?:\'(?:\\.|[^\'])*\'|[^\]\'])*\]|[^,\[\]"]*[^,\[\]" ]'
)
_SENTENCE = re.compile(r"[A-Z][A-Za-z]*(?: \w+)+")
_NOT_HERE = {"LATERAL", "SERVICE"}


@lru_cache(8)  # asked several times for one query
def is_repeatable(query: str) -> bool:
    """Return whether a query has the same answer each time it is asked of the same data.

    One that makes blank nodes (in the template of CONSTRUCT) has not: each time they have other
    names. One that calls NOW, RAND, UUID, STRUUID or BNODE may not. The calls are looked for in
    strings and comments too: a lexer that overlooked one would let a stale answer be kept. Of a
    query of more than 65,536 characters that is not asked.
    """
    if len(query) > _LONGEST:
        return False
    text = query.upper()  # ten times as fast as to ignore case
    if "CONSTRUCT" in text:
        made = text.partition("CONSTRUCT")[2].partition("{")[2].partition("}")[0]
        if _BLANK.search(made):
            return False
    for call in _CALLS:  # most queries have none of the words
        if call in text:
            return not _DIFFERS.search(text)
    return True


def may_name_graphs(query: str) -> bool:
    r"""Return whether a query may read another graph than the default one.

    It can only by GRAPH, FROM or FROM NAMED, and any letter may be written as a number
    (``\u0047``, SPARQL 1.1, section 19.2). The words are looked for in strings, names and
    comments too: to take a query for one that may is no harm.
    """
    text = query.lower()  # several times as fast as to ignore case
    return "graph" in text or "from" in text or "\\u" in text


def rows_at_most(query: str) -> int | None:
    """Return the LIMIT that a query ends with, right after its braces; None for any other query.

    A lexer that takes for a comment what the engine does not, or otherwise, cannot be misled here:
    nothing but the closing brace, LIMIT and OFFSET is left to tell apart, and no sign may be
    written as a number. Of a query of more than 65,536 characters it is not known.
    """
    if len(query) > _LONGEST or "\\" in query or "limit" not in query.lower():
        return None
    told = "".join(
        text for text, _, _ in tokens(query) if not (text.isspace() or text.startswith("#"))
    )
    found = _LIMITED.fullmatch(told, max(told.rfind("}"), 0))
    return int(found[1]) if found else None


def tokens(text: str) -> Iterator[tuple[str, bool, int]]:
    """Give the tokens of a query or update: text, whether it is a bare word, offset."""
    for found in _TOKEN.finditer(text):
        if found["run"] is None:
            yield found[0], False, found.start()
            continue
        for part in _IN_RUN.finditer(text, *found.span()):
            yield part[0], part["word"] is not None, part.start()


def language_of(text: str) -> str:
    """Return ``query`` or ``update`` by the first word that can only be of one; else nothing."""
    for token, is_word, _ in islice(tokens(text), _FIRST):
        if is_word and token.upper() in _FORMS:
            return "query"
        if is_word and token.upper() in _OPERATIONS:
            return "update"
    return ""


def words(query: str) -> list[tuple[str, int]]:
    """Return the bare words of a query in upper case with their offsets.

    Strings, IRIs, comments, variables, language tags and prefixed names are no words; what is
    left is what SPARQL 1.1, section 19.8 (https://www.w3.org/TR/sparql11-query/#sparqlGrammar)
    can read as a keyword.
    """
    return [(text.upper(), offset) for text, is_word, offset in tokens(query) if is_word]


def refuse_outside(query: str) -> None:
    """Raise QueryRefusedError for SERVICE: nothing here asks another machine, SILENT or not.

    The engine cannot be told to, and its grammar knows the keyword where a lexer of SPARQL sees
    none (``SERVICEex:a{}``, ``1<2)SERVICE#>``). So its own parser decides: a query in which
    SERVICE is no keyword parses as well when the word is spelled otherwise throughout. One that
    does not is never given to the engine as it is; where the lexer sees no SERVICE either, what
    the engine says of it is a QuerySyntaxError.
    """
    if not _SERVICE.search(query):
        return
    respelled = _SERVICE.sub(lambda found: codecs.encode(found[0], "rot13"), query)
    try:
        ox.Store().query(respelled, base_iri=_SOME_BASE)
    except RuntimeError:
        return  # it parses; that it cannot be evaluated is told when the query itself is
    except SyntaxError as error:
        refuse_named(query, ("SERVICE",))
        raise syntax_error(error) from error


def refuse_named(text: str, keywords: Collection[str]) -> None:
    """Raise QueryRefusedError for the first of these keywords that the lexer sees."""
    for word, offset in words(text):
        if word in keywords:
            line = text.count("\n", 0, offset) + 1
            column = offset - (text.rfind("\n", 0, offset) + 1) + 1
            raise QueryRefusedError(
                f"{word} at line {line}, column {column} is refused: {_INSTEAD[word]}"
            )


def syntax_error(error: SyntaxError, lines_before: int = 0) -> QuerySyntaxError:
    """Return our error for the engine's, with line and column where it gives them.

    ``lines_before`` were put before what the asker wrote.
    """
    text = (error.msg or str(error)).strip()
    found = _PLACE.search(text)
    if not found:
        return QuerySyntaxError(text)
    message = _in_words(found.group(3))
    return QuerySyntaxError(message, int(found.group(1)) - lines_before, int(found.group(2)))


def _in_words(message: str) -> str:
    """Return what the engine says for people: its sentence if it has one, else what may stand.

    It lists everything its grammar tried, character classes and sentences among the keywords.
    """
    listed = [word.strip() for word in _ALTERNATIVE.findall(re.sub(_EXPECTED, "", message))]
    told = [word for word in listed if _SENTENCE.fullmatch(word)]
    if told:
        return "; ".join(told)
    named = [word for word in listed if not word.startswith("[") and word not in _NOT_HERE]
    if not named:  # nothing fits, or the end is missing: the engine does not say which
        return "the query stops making sense here"
    return f"expected {'one of ' * (len(named) > 1)}{', '.join(named)}"
