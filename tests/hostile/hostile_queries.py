"""Hostile queries of every kind we know.

``DEEP`` ones can be read, ``ENDLESS`` ones never end, ``WRONG`` ones are none: only who looks for
what they might be may read them again and again.
"""

__all__ = ["DEEP", "ENDLESS", "PRODUCT", "WRONG", "nested"]


def nested(begin: str, end: str, levels: int, inner: str = "") -> str:
    return begin * levels + inner + end * levels


PRODUCT = " . ".join(f"?s{n} ?p{n} ?o{n}" for n in range(6))
DEEP = {
    "groups, 6 kB": "ASK " + nested("{", "}", 3000),
    "groups, 200 kB": "ASK " + nested("{", "}", 100_000),
    "parentheses": f"ASK {{ FILTER({nested('(', ')', 6000, '1')}) }}",
    "parentheses, 400 kB": f"ASK {{ FILTER({nested('(', ')', 200_000, '1')}) }}",
    "negations": f"ASK {{ FILTER({'!' * 20_000}0) }}",
    "FILTER EXISTS": "ASK " + nested("{ FILTER EXISTS ", "}", 3000, "{}"),
    "FILTER NOT EXISTS": "ASK " + nested("{ FILTER NOT EXISTS ", "}", 300, "{}"),
    "OPTIONAL": "ASK " + nested("{ OPTIONAL ", "}", 3000, "{}"),
    "MINUS": "ASK " + nested("{ MINUS ", "}", 1000, "{}"),
    "GRAPH": "ASK { " + nested("GRAPH ?g { ", "}", 1000) + "}",
    "sub-selects": "SELECT * " + nested("{ SELECT * ", "}", 2000, "{}"),
    "many stars": "ASK { ?s " + "/".join(["<http://ex.org/p1>*"] * 100) + " ?o }",
}
ENDLESS = {
    "blank-node lists": f"SELECT * {{ ?s ?p {nested('[ ?p ', ']', 200, '1')} }}",
    "collections": f"ASK {{ ?s ?p {nested('(', ')', 3000, '1')} }}",
    "paths in parentheses": f"ASK {{ ?s {nested('(', ')*', 5000, '<a:b>')} ?o }}",
    "a sum of 50,000": f"ASK {{ FILTER({'+'.join(['1'] * 50_000)}) }}",
    "50,000 conditions": f"ASK {{ FILTER({'&&'.join(['?x'] * 50_000)}) }}",
    "50,000 alternatives": f"ASK {{ {' UNION '.join(['{}'] * 50_000)} }}",
    "groups, 4 MB": "ASK " + nested("{", "}", 2_000_000),
    "a cross product": f"SELECT (COUNT(*) AS ?n) {{ {PRODUCT} }}",
    "an endless answer": f"SELECT * {{ {PRODUCT} }}",
    "a graph without end": f"CONSTRUCT {{ ?s0 ?p1 ?o2 }} {{ {PRODUCT} }}",
    "ORDER BY": f"SELECT * {{ {PRODUCT} }} ORDER BY ?o0 ?o1",
    "DISTINCT": f"SELECT DISTINCT * {{ {PRODUCT} }}",
    "GROUP BY": f"SELECT ?o0 ?o1 ?o2 (COUNT(*) AS ?n) {{ {PRODUCT} }} GROUP BY ?o0 ?o1 ?o2",
    "GROUP_CONCAT": f"SELECT (GROUP_CONCAT(?o0) AS ?all) {{ {PRODUCT} }}",
    "VALUES": f"SELECT * {{ VALUES ?x {{{' 1' * 100_000}}} VALUES ?y {{{' 1' * 100_000}}} }}",
    "REGEX": 'ASK { ?s ?p ?o FILTER REGEX(STR(?o), "(a{1,1000}){1,1000}") }',
    "REPLACE": 'SELECT ?j { BIND("aaaaaaaaaaaaaaaa" AS ?a)'
    + "".join(
        f' BIND(REPLACE(?{chr(97 + n)}, "a", "aaaaaaaaaaaaaaaa") AS ?{chr(98 + n)})'
        for n in range(9)
    )
    + " }",
    "paths everywhere": "SELECT (COUNT(*) AS ?n) { "
    + " . ".join(f"?a{n} (<http://ex.org/p1>|!<a:b>)* ?b{n}" for n in range(3))
    + " }",
}
WRONG = {
    "words and dots": "a." * 200_000,
    "words and hyphens": "a-" * 200_000,
    "a long string without an end": 'ASK { ?s ?p """' + 'a"' * 200_000,
    "strings that do not end": "ASK { ?s ?p " + "'''\"" * 100_000,
    "names that do not end": "<a" * 200_000,
}
