"""The command ``osteokg terms``: find a term, propose one, see which names texts use besides."""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from osteokg.api.commands import replace_file, tell_progress
from osteokg.kg.dataset import Dataset, load
from osteokg.kg.errors import DataError, RequestError
from osteokg.kg.files import TERMS, find_sources
from osteokg.kg.names import contract, expand, okg
from osteokg.kg.problems import Problem, as_text
from osteokg.kg.term_index import Hit, TermIndex, suggestions
from osteokg.kg.term_proposal import (
    RELATIONS,
    Proposal,
    index_of,
    near_duplicates,
    proposed_text,
    validated,
)

__all__ = ["add_arguments"]


def add_arguments(terms: argparse.ArgumentParser, evidence: argparse.ArgumentParser) -> None:
    """Add the arguments of ``osteokg terms``."""
    commands = terms.add_subparsers(dest="terms_command", required=True, metavar="COMMAND")

    words = "Find terms by label, synonym, abbreviation, outside identifier, or nearly so."
    search = commands.add_parser("search", parents=[evidence], help=words, description=words)
    search.add_argument("text", nargs="+", metavar="TEXT")
    search.add_argument(
        "--kind",
        metavar="KIND",
        help="of one kind only: intervention, animal-model, site, outcome …",
    )
    search.add_argument("--limit", type=int, default=10, metavar="N", help="(%(default)s)")
    search.add_argument("--format", choices=("text", "json"), default="text")
    search.set_defaults(run=_search)

    words = "Propose a new term: hold it against the others, check it, write it into a file."
    propose = commands.add_parser("propose", parents=[evidence], help=words, description=words)
    propose.description = (
        f"{words} A file of terms (….terms.ttl) in a folder of evidence adds to the ontology "
        "wherever that folder is checked or served."
    )
    propose.add_argument("label", metavar="LABEL", help="the English name, in the singular")
    propose.add_argument("--definition", required=True, metavar="TEXT", help="in your own words")
    propose.add_argument(
        "--parent", action="append", required=True, metavar="TERM", help="what it is a kind of"
    )
    propose.add_argument("--into", required=True, type=Path, metavar="FILE.terms.ttl")
    propose.add_argument("--synonym", action="append", default=[], metavar="NAME")
    propose.add_argument(
        "--hidden", action="append", default=[], metavar="NAME", help="what texts write for it"
    )
    propose.add_argument(
        "--source", default="okg:", metavar="IRI", help="what the definition follows (ours alone)"
    )
    propose.add_argument("--nature", choices=("quality", "process", "material", "assay"))
    propose.add_argument("--name", metavar="NAME", help="the name in okg: (made from the label)")
    propose.add_argument(
        "--mapping",
        action="append",
        default=[],
        metavar="RELATION=CURIE",
        help=f"an outside term: {', '.join(RELATIONS)}",
    )
    propose.add_argument(
        "--say",
        action="append",
        default=[],
        metavar="PROPERTY=VALUE",
        help="what else such a term needs, e.g. okg:partOf=femur",
    )
    propose.add_argument(
        "--anyway", action="store_true", help="even though names much like its own are there"
    )
    propose.set_defaults(run=_propose)

    words = "Tell which names of a table (columns name, term) the terms do not have yet."
    suggest = commands.add_parser("suggest", parents=[evidence], help=words, description=words)
    suggest.add_argument("table", type=Path, metavar="FILE")
    suggest.set_defaults(run=_suggest)


def _ontology(arguments: argparse.Namespace, more: Path | None = None) -> tuple[Dataset, TermIndex]:
    """Return the ontology with the terms of the evidence, and with those beside a further file."""
    sources = find_sources(arguments.evidence)
    if more is not None:
        beside = sorted(more.parent.glob(f"*{TERMS}"))
        new = [path for path in beside if path not in sources.ontology]
        sources = replace(sources, ontology=(*sources.ontology, *new))
    dataset = load(replace(sources, evidence=(), written=frozenset()))
    return dataset, index_of(dataset)


def _search(arguments: argparse.Namespace) -> int:
    _, index = _ontology(arguments)
    hits = index.search(" ".join(arguments.text), _kind(arguments.kind, index), arguments.limit)
    if arguments.format == "json":
        rows = [_as_row(hit) for hit in hits]
        print(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        for hit in hits:
            by = "" if hit.kind == "label" else f", {hit.kind} '{hit.name}'"
            print(f"{contract(hit.term.iri)}  {hit.term.label}  ({_kinds(hit)}{by})")
            print(f"    {hit.term.definition}")
        if not hits:
            print("No term has such a name. 'osteokg terms propose' proposes one.", file=sys.stderr)
    return 0


def _as_row(hit: Hit) -> dict[str, object]:
    return {
        "term": contract(hit.term.iri),
        "label": hit.term.label,
        "kinds": sorted(contract(kind) for kind in hit.term.kinds),
        "definition": hit.term.definition,
        "score": hit.score,
        "matched": hit.name,
        "by": hit.kind,
    }


def _kinds(hit: Hit) -> str:
    return ", ".join(sorted(contract(kind).removeprefix("okg:") for kind in hit.term.kinds))


def _kind(text: str | None, index: TermIndex) -> str | None:
    """Return the kind of term that a word means: site, okg:SiteTerm, animal-model."""
    if text is None:
        return None
    if ":" in text:
        wanted = {expand(text)}
    else:
        camel = "".join(word[:1].upper() + word[1:] for word in text.replace("-", " ").split())
        wanted = {okg(camel), okg(camel + "Term")}
    found = wanted & index.kinds.keys()
    if not found:
        known = ", ".join(sorted(index.kinds.values()))
        raise RequestError(f"There is no kind '{text}'. There are {known}.")
    return found.pop()


def _propose(arguments: argparse.Namespace) -> int:
    path = arguments.into.resolve()
    dataset, index = _ontology(arguments, path)
    proposal = Proposal(
        label=arguments.label,
        definition=arguments.definition,
        parents=arguments.parent,
        synonyms=arguments.synonym,
        hidden=arguments.hidden,
        source=arguments.source,
        nature=arguments.nature,
        name=arguments.name,
        mappings={outside: relation for relation, outside in map(_mapping, arguments.mapping)},
        more=[_pair(text, "--say") for text in arguments.say],
    )
    near = near_duplicates(proposal, index)
    for name, hit in near:
        print(
            f"'{name}' is much like {contract(hit.term.iri)} ({hit.kind} '{hit.name}'): "
            f"{hit.term.definition}"
        )
    if near and not arguments.anyway:
        print("Take one of these, or say --anyway if yours is another. Nothing was written.")
        return 1
    text = proposed_text(proposal, index, path)
    with tempfile.TemporaryDirectory() as folder, tell_progress() as progress:
        written = Path(folder) / path.name
        written.write_text(text, encoding="utf-8")
        problems = validated(dataset.sources, path, written, progress)
    if problems:
        sys.stdout.write(as_text(problems))
        print(
            "Mend this in the command, with --say where it names a property. Nothing was written."
        )
        return 1
    replace_file(path, text)
    print(f"{contract(proposal.iri)} is written into {arguments.into}.")
    return 0


def _mapping(text: str) -> tuple[str, str]:
    relation, outside = _pair(text, "--mapping")
    if relation not in RELATIONS:
        raise RequestError(f"--mapping {text}: the relation is none of {', '.join(RELATIONS)}.")
    return relation, outside


def _pair(text: str, option: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise RequestError(f"{option} {text}: write a name, '=' and a value.")
    return name, value


def _suggest(arguments: argparse.Namespace) -> int:
    _, index = _ontology(arguments)
    learned: dict[str, str] = {}
    problems: list[Problem] = []
    with arguments.table.open(encoding="utf-8-sig", newline="") as file:
        head = file.readline()
        file.seek(0)
        rows = csv.DictReader(file, delimiter="\t" if "\t" in head else ",")
        if not {"name", "term"} <= set(rows.fieldnames or ()):
            raise RequestError(f"{arguments.table}: the first row names the columns name and term.")
        for row in rows:
            term = index.named(row["term"] or "")
            if term is None:
                wrong = f"there is no term '{row['term']}': correct it."
                problems.append(Problem(wrong, "term", file=arguments.table, line=rows.line_num))
            elif row["name"]:
                learned[row["name"].strip()] = term.iri
    if problems:
        raise DataError(problems)
    found = suggestions(index, learned)
    for name, term in found:
        print(f"{contract(term.iri)} ({term.label}): texts say '{name}'")
    print(f"{len(found)} names are new; none was added: add those you agree with.", file=sys.stderr)
    return 0
