"""Write the numbers and tables of docs/findings.md, from the graph.

``python docs/make_findings.py`` writes the parts between markers such as ``<!-- overview -->`` and
their ends; ``--check`` changes nothing and exits 1 if one is stale.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import pyoxigraph as ox
from markers import main

from osteokg.kg.files import find_sources
from osteokg.kg.names import VOCAB, contract
from osteokg.kg.version import build

PAGE = Path(__file__).parent / "findings.md"

Row = dict[str, str]

PREFIXES = f"PREFIX okg: <{VOCAB}> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>"
SIGNS = {"increased": "↑", "decreased": "↓", "no difference": "=", "mixed": "±", "altered": "~"}
COMPARTMENTS = {
    "CancellousBone": "cancellous",
    "CorticalBone": "cortical",
    "EndocorticalSurface": "endocortical",
    "PeriostealSurface": "periosteal",
    "WholeBone": "whole bone",
}
TREATMENTS = "okg:TreatmentEffect okg:CombinationEffect okg:AddOnEffect okg:TreatedVersusSham"

CELLS = """
SELECT ?cell ?contrast ?outcome ?compartment ?finding ?sign ?study ?gone ?ups ?downs ?nulls ?mixed
  ?p ?keptUps ?keptDowns ?keptNulls ?keptMixed ?keptP
WHERE {
  VALUES ?model { %(models)s }
  ?cell okg:model ?model ; okg:contrast ?kind ; okg:outcome/rdfs:label ?outcome ;
    okg:compartment/rdfs:label ?compartment .
  VALUES ?kind { %(contrasts)s }
  ?kind rdfs:label ?contrast .
  ?finding okg:cell ?cell ; okg:direction/rdfs:label ?sign ; okg:study/rdfs:label ?study .
  BIND(EXISTS { ?finding okg:retraction okg:AllSourcesRetracted } AS ?gone)
  OPTIONAL {
    ?all okg:countOf ?cell ; okg:basis okg:AllEvidence ; okg:votesIncreased ?ups ;
      okg:votesDecreased ?downs ; okg:votesNull ?nulls ; okg:votesMixed ?mixed .
    OPTIONAL { ?all okg:signTest ?p }
  }
  OPTIONAL {
    ?kept okg:countOf ?cell ; okg:basis okg:WithoutRetracted ; okg:votesIncreased ?keptUps ;
      okg:votesDecreased ?keptDowns ; okg:votesNull ?keptNulls ; okg:votesMixed ?keptMixed .
    OPTIONAL { ?kept okg:signTest ?keptP }
  }
}
"""


class Graph:
    """Hold the evidence as built, and answer questions as rows of plain text."""

    def __init__(self) -> None:
        """Build the graph of the packaged evidence."""
        self.store = build(find_sources()).store

    def ask(self, query: str) -> list[Row]:
        """Return the rows of an answer: labels and numbers as text, addresses as CURIEs."""
        solutions = self.store.query(f"{PREFIXES} {query}")
        assert isinstance(solutions, ox.QuerySolutions)
        names = [variable.value for variable in solutions.variables]
        return [
            {name: _text(row[name]) for name in names if row[name] is not None} for row in solutions
        ]

    def labels(self, name: str, path: str) -> dict[str, list[str]]:
        """Return the sorted labels at the end of a path for each thing of a class."""
        found: dict[str, set[str]] = {}
        for row in self.ask(f"SELECT ?x ?y {{ ?x a okg:{name} ; {path}/rdfs:label ?y }}"):
            found.setdefault(row["x"], set()).add(row["y"])
        return {thing: sorted(labels) for thing, labels in found.items()}


def _text(term: object) -> str:
    if isinstance(term, ox.NamedNode):
        return contract(term.value)
    return str(term.value) if isinstance(term, ox.Literal) else str(term)


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table; a head that ends in a colon stands over numbers."""
    heads = list(heads)
    rules = ["--:" if head.endswith(":") else "---" for head in heads]
    lines = [[head.removesuffix(":") for head in heads], rules, *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def code(curie: str) -> str:
    """Return a CURIE as code."""
    return f"`{curie}`"


def tally(numbers: Counter[str]) -> str:
    """Return counts as words, the largest first."""
    ranked = sorted(numbers.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{number} {word}" for word, number in ranked)


def overview(graph: Graph) -> str:
    """Return what there is to be weighed, as a list."""
    rows = graph.ask(
        """SELECT ?contrast ?sign ?presupposed ?uncertain ?gone ?joint ?significance ?k2 {
        ?f a okg:Finding ; okg:contrast/rdfs:label ?contrast ; okg:direction/rdfs:label ?sign ;
          okg:significance/rdfs:label ?significance ; okg:study ?study .
        BIND(EXISTS { ?f okg:presupposed true } AS ?presupposed)
        BIND(EXISTS { ?f okg:scopeUncertain true } AS ?uncertain)
        BIND(EXISTS { ?f okg:retraction ?any } AS ?gone)
        BIND(EXISTS { ?study okg:jointAttribution ?any } AS ?joint)
        BIND(EXISTS { ?f okg:contrast okg:TreatmentEffect ;
          okg:intervention/okg:coveredBy okg:VitaminK2 } AS ?k2) }"""
    )

    def so(name: str) -> int:
        return sum(row[name] == "true" for row in rows)

    contrasts = Counter(row["contrast"] for row in rows)
    alone = Counter(row["sign"] for row in rows if row["k2"] == "true")
    return (
        f"- {len(rows)} findings: {tally(contrasts)}.\n"
        f"- Vitamin K2 alone against the untreated model: {tally(alone)}.\n"
        f"- {so('presupposed')} findings are presupposed, {so('uncertain')} rest on an uncertain "
        f"scope, {so('joint')} cite several references at once, {so('gone')} rest on retracted "
        "work alone.\n"
        f"- Significance: {tally(Counter(row['significance'] for row in rows))}.\n"
    )


def votes(graph: Graph, models: str, told: Callable[[str], bool]) -> str:
    """Return the cells of some models in which the agents are to be told.

    A table holds those where two experiments or more have voted; the others are a list, by what
    was given.
    """
    cells: dict[str, list[Row]] = {}
    for row in graph.ask(CELLS % {"models": models, "contrasts": TREATMENTS}):
        cells.setdefault(row["cell"], []).append(row)
    agents = graph.labels("EvidenceCell", "okg:intervention")
    references = graph.labels("EvidenceCell", "okg:comparator")
    shared, single = [], []
    for cell, rows in cells.items():
        given = " + ".join(agents[cell])
        if not told(given):
            continue
        one = rows[0]
        if one["contrast"] == "add-on effect":
            given += f" against {', '.join(references[cell])}"
        elif one["contrast"] == "treated versus sham":
            given += " against sham"
        if sum(int(one.get(name, "0")) for name in ("ups", "downs", "nulls", "mixed")) > 1:
            place = [one["outcome"], one["compartment"]]
            shared.append([given, *place, *_counted(one), _whose(rows)])
        else:
            single.append((given, _alone(rows)))
    heads = ["given", "outcome", "compartment", "↑:", "↓:", "=:", "p:", "who"]
    lines = [
        f"- {given}: {'; '.join(sorted(what for name, what in single if name == given))}.\n"
        for given in sorted({given for given, _ in single})
    ]
    listed = "".join(["One study, or one joint citation, each:\n\n", *lines] if lines else [])
    return f"{table(heads, sorted(shared))}\n{listed}" if shared else listed


def _alone(rows: list[Row]) -> str:
    """Return the findings of a cell that a single study fills."""
    signs, _, study = _whose(rows).partition(" ")
    outcome, compartment = rows[0]["outcome"], rows[0]["compartment"]
    place = "" if compartment in ("systemic", "not stated") else f", {compartment}"
    return f"{signs} {outcome}{place} ({study.replace(' (retracted)', ', retracted')})"


def _counted(row: Row) -> list[str]:
    """Return votes up, down, null and p; in brackets without retracted studies, if different."""
    shown = []
    for name in ("ups", "downs", "nulls", "p"):
        everything, kept = (
            _number(row.get(key, "")) for key in (name, f"kept{name[0].upper()}{name[1:]}")
        )
        left = kept or ("0" if name != "p" else "–")
        shown.append(everything if everything == kept else f"{everything} ({left})")
    return shown


def _number(text: str) -> str:
    return f"{float(text):.3g}" if text else ""


def _whose(rows: Iterable[Row]) -> str:
    """Return the studies of a cell, each with the signs of its findings."""
    signs: dict[str, set[str]] = {}
    for row in rows:
        study = row["study"] + (" (retracted)" if row["gone"] == "true" else "")
        signs.setdefault(study, set()).add(SIGNS[row["sign"]])
    return "; ".join(f"{'/'.join(sorted(signs[study]))} {study}" for study in sorted(signs))


def conflicts(graph: Graph, models: str) -> str:
    """Return the pairs of findings that part, with what might explain it."""
    rows = graph.ask(
        f"""SELECT ?kind ?one ?oneSign ?other ?otherSign ?why {{
        ?pair okg:pairKind ?parts ; okg:pairOf ?one , ?other . ?parts rdfs:label ?kind .
        FILTER(?parts != okg:Agreement && STR(?one) < STR(?other))
        VALUES ?model {{ {models} }} ?one okg:model ?model .
        ?one okg:direction/rdfs:label ?oneSign . ?other okg:direction/rdfs:label ?otherSign .
        OPTIONAL {{ ?pair okg:discriminator ?d . ?d rdfs:label ?why .
          FILTER(?d != okg:SecondHandDiscriminator) }} }}"""
    )
    why: dict[tuple[str, str, str], set[str]] = {}
    for row in rows:
        pair = (row["kind"], _signed(row, "one"), _signed(row, "other"))
        why.setdefault(pair, set()).update({row["why"]} if "why" in row else ())
    lines = [[*pair, ", ".join(sorted(told)) or "nothing stated"] for pair, told in why.items()]
    return table(["", "one", "other", "differs or is not stated"], sorted(lines))


def _signed(row: Row, name: str) -> str:
    return f"{SIGNS[row[f'{name}Sign']]} {code(row[name])}"


def kinds_of_pairs(graph: Graph) -> str:
    """Return how many pairs there are of each kind."""
    rows = graph.ask("SELECT ?pair ?kind { ?pair okg:pairKind/rdfs:label ?kind }")
    return f"Pairs of comparable findings: {tally(Counter(row['kind'] for row in rows))}.\n"


def claims(graph: Graph) -> str:
    """Return each claim on a combination with its components and how it stands the test."""
    rows = graph.ask(
        """SELECT ?claim ?kind ?agent ?single ?outcome ?sign {
        ?claim okg:interactionKind/rdfs:label ?kind ; okg:component ?c .
        ?c okg:agent/rdfs:label ?agent .
        OPTIONAL { ?c okg:componentFinding ?single . ?single okg:outcome/rdfs:label ?outcome ;
          okg:direction/rdfs:label ?sign } }"""
    )
    results = graph.labels("InteractionClaim", "okg:auditResult")
    parts: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        told = f"{SIGNS[row['sign']]} {row['outcome']}" if "single" in row else "not named"
        parts.setdefault((row["claim"], row["kind"]), set()).add(f"{row['agent']}: {told}")
    lines = [
        [code(claim), kind, "; ".join(sorted(told)), "; ".join(results[claim])]
        for (claim, kind), told in sorted(parts.items())
    ]
    return table(["claim", "says", "single arms the sentence names", "held against them"], lines)


def verdicts(graph: Graph) -> str:
    """Return how the propositions and conclusions fare, and those not plainly supported."""
    rows = graph.ask(
        """SELECT ?conclusion ?outcome ?compartment ?claimed ?judged ?verdict ?kept
          (COUNT(DISTINCT ?for) AS ?fors) (COUNT(DISTINCT ?against) AS ?againsts) {
        ?conclusion okg:proposition ?p . ?p okg:auditResult/rdfs:label ?verdict ;
          okg:auditResultWithoutRetracted/rdfs:label ?kept ;
          okg:outcome/rdfs:label ?outcome ; okg:compartment/rdfs:label ?compartment .
        OPTIONAL { ?p okg:direction/rdfs:label ?claimed }
        OPTIONAL { ?p okg:judgement/rdfs:label ?judged }
        OPTIONAL { ?p okg:supportedBy ?for } OPTIONAL { ?p okg:opposedBy ?against } }
        GROUP BY ?p ?conclusion ?outcome ?compartment ?claimed ?judged ?verdict ?kept"""
    )
    wholes = graph.ask("SELECT ?c ?v { ?c a okg:Conclusion ; okg:auditResult/rdfs:label ?v }")
    sentences = _sentences(graph)
    lines = [
        [
            sentences[row["conclusion"]],
            code(row["conclusion"]),
            f"{SIGNS.get(row.get('claimed', ''), '')} {row['outcome']}, {row['compartment']}",
            row["fors"],
            row["againsts"],
            row["verdict"] + (f" → {row['kept']}" if row["kept"] != row["verdict"] else ""),
        ]
        for row in rows
        if {row["verdict"], row["kept"]} & {"mixed", "contradicted", "no study-level support"}
    ]
    return (
        f"{len(rows)} propositions: {tally(Counter(row['verdict'] for row in rows))}. "
        f"{len(wholes)} conclusions as wholes: {tally(Counter(row['v'] for row in wholes))}. "
        "Not plainly supported, or no longer (→) without retracted studies:\n\n"
        + table(["", "conclusion", "says", "for:", "against:", "verdict"], sorted(lines))
    )


def _sentences(graph: Graph) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for row in graph.ask("SELECT ?x ?s { ?x okg:anchor/okg:sentence ?s }"):
        found.setdefault(row["x"], set()).add(row["s"])
    return {thing: ", ".join(sorted(ids)) for thing, ids in found.items()}


def gaps(graph: Graph) -> str:
    """Return the map of models and compartments under vitamin K2 alone."""
    rows = graph.ask(
        """SELECT ?model ?place { ?gap a okg:Gap ; okg:intervention okg:VitaminK2 ;
        okg:model/rdfs:label ?model ; okg:compartment ?place }"""
    )
    empty = {(row["model"], row["place"].partition(":")[2]) for row in rows}
    models = graph.ask("SELECT DISTINCT ?m { ?f a okg:Finding ; okg:model/rdfs:label ?m }")
    lines = [
        [model, *("–" if (model, place) in empty else "reported" for place in COMPARTMENTS)]
        for model in sorted(row["m"] for row in models)
    ]
    return table(["model", *COMPARTMENTS.values()], lines)


def discrepancies(graph: Graph) -> str:
    """Return where an abstract of a primary source says something else than the review."""
    rows = graph.ask(
        """SELECT ?publication ?confidence ?review ?source {
        ?d a okg:Discrepancy ; okg:foundIn/rdfs:label ?publication ; okg:reviewSays ?review ;
          okg:primarySourceSays ?source ; okg:confidence/rdfs:label ?confidence }"""
    )
    lines = sorted(
        [f"{row['publication']} ({row['confidence']})", row["review"], row["source"]]
        for row in rows
    )
    return table(["publication (identity)", "the review", "the abstract"], lines)


def status(graph: Graph) -> str:
    """Return what is known of the publications: how many of each status, and the retracted."""
    studies = graph.ask(
        """SELECT DISTINCT ?study ?status { ?study a okg:Study ; okg:reference ?any .
        OPTIONAL { ?study okg:publication/okg:publicationStatus/rdfs:label ?status } }"""
    )
    rows = graph.ask(
        """SELECT ?study ?number ?identity ?notice ?seen (COUNT(DISTINCT ?f) AS ?findings) {
        ?s a okg:Study ; rdfs:label ?study ; okg:publication ?p ; okg:reference ?r .
        ?p okg:publicationStatus okg:Retracted ; okg:statusNotice ?notice ; okg:statusSeen ?seen .
        ?r okg:referenceNumber ?number ; okg:identityConfidence/rdfs:label ?identity .
        ?f okg:retraction ?extent ; okg:attributedTo ?s }
        GROUP BY ?study ?number ?identity ?notice ?seen"""
    )
    found = Counter(row.get("status", "not identified") for row in studies)
    lines = sorted(
        [row["number"], row["study"], row["identity"], row["findings"], row["notice"], row["seen"]]
        for row in rows
    )
    heads = ["reference", "study", "identity", "findings:", "what was seen", "when"]
    return f"{len(studies)} references: {tally(found)}.\n\n" + table(heads, lines)


def parts() -> dict[str, str]:
    """Return the produced parts of the page by name."""
    graph = Graph()
    ovx, snx = "okg:OvariectomizedRat", "okg:SciaticNeurectomizedRat"
    calcium = " ".join(
        f"okg:{name}Rat"
        for name in ("CalciumDeficient", "CalciumMagnesiumDeficient", "VitaminKDeficient")
    )

    def cells(models: str, told: Callable[[str], bool] = lambda given: True) -> Callable[[], str]:
        return lambda: votes(graph, models, told)

    made: dict[str, Callable[[], str]] = {
        "overview": lambda: overview(graph),
        "pairs": lambda: kinds_of_pairs(graph),
        "votes-ovariectomy": cells(ovx, lambda given: given == "vitamin K2"),
        "conflicts-ovariectomy": lambda: conflicts(graph, ovx),
        "votes-combined": cells(ovx, lambda given: given != "vitamin K2"),
        "claims": lambda: claims(graph),
        "votes-orchidectomy": cells("okg:OrchidectomizedRat"),
        "votes-neurectomy": cells(snx),
        "conflicts-neurectomy": lambda: conflicts(graph, snx),
        "votes-suspension": cells("okg:TailSuspendedRat"),
        "votes-glucocorticoid": cells("okg:PrednisoloneTreatedRat"),
        "votes-calcium": cells(calcium),
        "votes-magnesium": cells("okg:MagnesiumDeficientRat"),
        "verdicts": lambda: verdicts(graph),
        "gaps": lambda: gaps(graph),
        "discrepancies": lambda: discrepancies(graph),
        "status": lambda: status(graph),
    }
    return {name: make() for name, make in made.items()}


if __name__ == "__main__":
    sys.exit(main(PAGE, parts, "python docs/make_findings.py"))
