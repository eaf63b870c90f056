"""The command ``new study``: begin a study from a record, an article's text and a few answers."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from osteokg.kg.curation.bibliography import Record, read_record
from osteokg.kg.curation.groups import ask_for_intervention, received
from osteokg.kg.curation.importing import words_of
from osteokg.kg.curation.scaffold import Beginning, form_of, triples_book
from osteokg.kg.curation.sentences import Sentence, sentences_of
from osteokg.kg.curation.slugs import slug_of
from osteokg.kg.curation.statements import statements_of
from osteokg.kg.curation.wordlist import Wordlist
from osteokg.kg.curation.writing import delimited_files, workbook_of, write_files
from osteokg.kg.errors import RequestError
from osteokg.kg.files import Sources, find_sources, text_in
from osteokg.kg.names import VOCAB
from osteokg.kg.turtle import canonical

__all__ = ["add_command", "run"]

_SPECIES = (VOCAB + "Species",)
Answer = TypeVar("Answer")


def add_command(parser: argparse.ArgumentParser, evidence: argparse.ArgumentParser) -> None:
    """Give the parser of ``new`` its actions, those on the graph with ``--evidence``."""
    parser.set_defaults(run=run)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    words = "begin the evidence file, or the table, of a study"
    study = actions.add_parser("study", parents=[evidence], help=words)
    study.description = (
        "Begin a study. What is not given is asked for in a terminal; what nobody answers is left "
        "as a marked gap (?), which 'osteokg check' and 'osteokg import' tell."
    )
    study.add_argument(
        "slug", nargs="?", metavar="SLUG", help="e.g. kato-2001 (default: author and year)"
    )
    study.add_argument(
        "--record",
        type=Path,
        metavar="FILE",
        help="a record of the article: .ris, .bib, .json (CSL) or .xml (PubMed)",
    )
    study.add_argument(
        "--source",
        type=Path,
        metavar="FILE",
        help="the article's text, UTF-8: list its sentences and make anchors of those cited",
    )
    study.add_argument("--title", default="", help="the article's title, without a record")
    study.add_argument("--species", default="", help="rat, mouse")
    study.add_argument(
        "--arm",
        action="append",
        default=[],
        metavar="GROUP",
        help="a group of animals by what it received, e.g. 'OVX + vitamin K2'; repeat",
    )
    study.add_argument(
        "--sentence",
        action="append",
        default=[],
        metavar="ID",
        help="a sentence of --source that a finding rests on, e.g. S012, S012-S019 or all; repeat",
    )
    study.add_argument(
        "--table", choices=("tsv", "xlsx"), help="write a table to fill in instead of Turtle"
    )
    study.add_argument(
        "--into", type=Path, default=Path(), metavar="DIR", help="write here (default: this folder)"
    )
    study.add_argument(
        "--replace", action="store_true", help="write over what is there by that name"
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the beginning of a study and say what to do next."""
    sources = find_sources(arguments.evidence)
    words = words_of(sources)
    return _write(_begin(arguments, words), arguments, sources, words)


def _begin(arguments: argparse.Namespace, words: Wordlist) -> Beginning:
    """Return what the options say of a study and, in a terminal, what a person answers."""
    record = Record() if arguments.record is None else read_record(arguments.record)
    if arguments.title:
        record = replace(record, title=arguments.title)
    slug = slug_of(arguments.slug or record.slug)
    if not slug:
        raise RequestError(
            "Name the study after author and year, e.g. kato-2001, or give --record."
        )
    sentences = [] if arguments.source is None else sentences_of(text_in(arguments.source))
    for sentence in sentences:
        print(f"{sentence.id}\t{sentence.section}\t{sentence.text}")
    species = _species(arguments.species, words) if arguments.species else None
    arms = arguments.arm
    for wrong in filter(None, (_wrong_with(arm, words) for arm in arms)):
        print(f"{wrong} It is left as a gap (?).", file=sys.stderr)
    cited = [name for text in arguments.sentence for name in _cited(text, sentences)]
    if sys.stdin.isatty():
        species = species or _ask("Species (rat, mouse): ", lambda text: _species(text, words))
        if not arms:
            arms = _ask_each(
                "Group of animals, e.g. OVX + vitamin K2: ", lambda text: _group(text, words)
            )
        if sentences and not cited and arguments.table is None:
            question = "Sentences to cite, e.g. S012, S014-S019, all: "
            answers = _ask_each(question, lambda text: _cited(text, sentences))
            cited = [name for answer in answers for name in answer]
    return Beginning(slug, record, species or "", arms, sentences, list(dict.fromkeys(cited)))


def _write(
    beginning: Beginning, arguments: argparse.Namespace, sources: Sources, words: Wordlist
) -> int:
    slug, folder = beginning.stem, arguments.into
    if arguments.table is None:
        if any(path.stem == slug for path in sources.evidence):
            raise RequestError(f"There is a study {slug} in the evidence: take another name.")
        target, contents = folder / f"{slug}.ttl", {f"{slug}.ttl": _turtle(beginning, words)}
        then = f"osteokg check {target}"
    elif arguments.table == "xlsx":
        target = folder / f"{slug}.xlsx"
        contents = {f"{slug}.xlsx": workbook_of(form_of(beginning, words), words)}
        then = f"osteokg import {target}"
    else:
        target = folder = folder / slug
        contents = delimited_files(form_of(beginning, words))
        then = f"osteokg import {target}"
    if target.exists() and not arguments.replace:
        raise RequestError(f"{target} is there already: take another name, or say --replace.")
    write_files({folder / name: content for name, content in contents.items()})
    print(f"{target} is written. Fill in the gaps (?), then: {then}", file=sys.stderr)
    return 0


def _turtle(beginning: Beginning, words: Wordlist) -> bytes:
    statements = statements_of(triples_book(beginning, words), words)
    # A gap that only a term could fill is a statement left out, which the shapes tell.
    wrong = [one for one in statements.problems if one.constraint != "marked-gap"]
    if wrong:
        raise RequestError(wrong[0].message)
    return canonical(statements.triples).encode()


def _species(text: str, words: Wordlist) -> str:
    """Return the name of a species. Raises RequestError for one that is unknown."""
    if words.read(text, _SPECIES) is None:
        known = ", ".join(words.choices(_SPECIES))
        raise RequestError(f"'{text}' is no species of the ontology; there are: {known}.")
    return text


def _group(text: str, words: Wordlist) -> str:
    """Return a group. Raises RequestError where what it received is unknown."""
    wrong = _wrong_with(text, words)
    if wrong:
        raise RequestError(wrong)
    return text


def _wrong_with(group: str, words: Wordlist) -> str:
    """Return what of a group's name is unknown, and what to do; nothing where all is known."""
    unknown = received(group, words).unknown
    told = " ".join(ask_for_intervention(part, words) for part in unknown)
    return f"Group '{group}': {told}" if told else ""


def _cited(text: str, sentences: Sequence[Sentence]) -> list[str]:
    """Return the ids that a text lists: ``S012``, ``S014-S019``, ``all``.

    Raises RequestError for one that no sentence has.
    """
    ids = [sentence.id for sentence in sentences]
    told = f"{ids[0]} to {ids[-1]}" if ids else "none: give --source"
    cited = []
    for part in filter(None, re.split(r"[,;\s]+", text.upper())):
        first, hyphen, last = part.partition("-")
        if part == "ALL" and ids:
            cited += ids
            continue
        for name in (first, last) if hyphen else (first,):
            if name not in ids:
                raise RequestError(f"There is no sentence {name}; there are {told}.")
        meant = ids[ids.index(first) : ids.index(last or first) + 1]
        if not meant:
            raise RequestError(f"The sentence {first} comes after {last}: write {last}-{first}.")
        cited += meant
    return cited


def _ask(question: str, understand: Callable[[str], Answer]) -> Answer | None:
    """Ask a person at a terminal until the answer is understood; an empty one leaves a gap."""
    while True:
        print(question, end="", file=sys.stderr, flush=True)
        answer = sys.stdin.readline().strip()
        if not answer:
            return None
        try:
            return understand(answer)
        except RequestError as error:
            print(f"{error} Say it again, or nothing.", file=sys.stderr)


def _ask_each(question: str, understand: Callable[[str], Answer]) -> list[Answer]:
    """Ask until the answer is empty."""
    answers = []
    while (answer := _ask(question, understand)) is not None:
        answers.append(answer)
    return answers
