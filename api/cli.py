"""The command ``osteokg``: check, format, ask, show, export and serve the graph."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from osteokg import __version__
from osteokg.api import (
    anchor_commands,
    check_commands,
    commands,
    diff_commands,
    nanopub_commands,
    new_command,
    status_commands,
    table_commands,
    term_commands,
)
from osteokg.api.settings import from_environment, settings_of
from osteokg.api.synthesis import command as synthesis_command
from osteokg.kg.errors import DataError, OsteoKGError, RequestError
from osteokg.kg.problems import as_text
from osteokg.kg.reports import REPORTS

__all__ = ["main", "parser"]

Command = Callable[[argparse.Namespace], int]


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(
        prog="osteokg",
        description="OsteoKG: an evidence knowledge graph of preclinical bone studies.",
        epilog="Exit codes: 0 good, 1 the data are wrong, 2 the command is wrong.",
    )
    top.add_argument("--version", action="version", version=f"osteokg {__version__}")
    evidence = argparse.ArgumentParser(add_help=False)
    evidence.add_argument(
        "--evidence",
        action="append",
        default=[],
        metavar="DIR",
        help="take evidence from this folder instead of the packaged one; repeat for several; "
        "the word 'packaged' stands for the packaged evidence",
    )
    commands_ = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def bare(name: str, words: str) -> argparse.ArgumentParser:
        return commands_.add_parser(name, help=words, description=words)

    def add(name: str, run: Command, words: str) -> argparse.ArgumentParser:
        sub = commands_.add_parser(name, parents=[evidence], help=words, description=words)
        sub.set_defaults(run=run)
        return sub

    serve = add("serve", _serve, "Build the graph and serve it over HTTP.")
    _add_settings(serve)
    serve.add_argument(
        "--write-token-file",
        type=Path,
        metavar="FILE",
        help="let those write who send the token in this file",
    )
    serve.add_argument(
        "--plain",
        action="store_true",
        help="serve an empty dataset without rules and shapes, writable from this machine",
    )

    _complete_mcp(add("mcp", _mcp, "Answer agents: Model Context Protocol, stdio or HTTP."))

    words = "Check the evidence: names, shapes, rules."
    check_commands.add_arguments(add("check", check_commands.check, words))

    words = "Let a reasoner judge ontology, evidence and rules."
    reason = add("reason", commands.reason, words)
    reason.description = f"{words} Needs the [reason] extra: pip install 'osteokg[reason]'."
    reason.add_argument("path", nargs="*", type=Path, help="more files or folders to judge with")
    reason.add_argument("--format", choices=tuple(REPORTS), default="text")

    fmt = add("fmt", commands.fmt, "Write evidence files in canonical form.")
    fmt.add_argument("path", nargs="*", type=Path, help="files or folders (default: all)")
    fmt.add_argument("--check", action="store_true", help="change nothing, exit 1 if needed")

    _complete_query(add("query", commands.query, "Ask a named question or a SPARQL query."))

    diff_commands.add_arguments(bare("diff", "Tell in what two states of the evidence differ."))
    words = "Take over what a feed says of publications: retracted, corrected, in doubt."
    status_commands.add_arguments(bare("status", words), evidence)
    words = "Find a term, propose a new one, see which names texts use."
    term_commands.add_arguments(bare("terms", words), evidence)

    show = add("show", commands.show, "Show what the graph says of a thing or term.")
    show.add_argument("thing", metavar="CURIE", help="e.g. okg:FemoralNeck, study:iwamoto-2005")
    show.add_argument("--format", choices=("text", "ttl", "nt", "rdf", "jsonld"), default="text")

    words = "Show what the evidence says taken together."
    synthesis_command.add_arguments(add("synthesis", synthesis_command.run, words))

    words = "Hold the anchors against an article's text."
    anchors = bare("anchors", words)
    anchors.set_defaults(run=anchor_commands.run)
    anchor_commands.add_arguments(anchors, evidence)

    init = add("init", commands.init, "Make a data folder the source of the evidence.")
    init.description = (
        f"{init.description} An empty folder is given a copy of the evidence, which a service then "
        "writes to ('serve --data-dir DIR'). In a data folder the files are taken as they lie, "
        "checked, as its next version."
    )
    init.add_argument("folder", type=Path, metavar="DIR")

    _complete_load(add("load", _load, "Put the graph into a SPARQL endpoint, for serve --store."))

    words = "Write statements as nanopublications, with trusty URIs."
    nanopub_commands.add_arguments(add("nanopub", nanopub_commands.run, words))

    table_commands.add_commands(add)
    new_command.add_command(
        bare("new", "Begin a study from a record and an article's text."), evidence
    )
    return top


def _serve(arguments: argparse.Namespace) -> int:
    from osteokg.api.serving import serve  # noqa: PLC0415 - the web framework, half a second

    return serve(arguments)


def _complete_query(query: argparse.ArgumentParser) -> None:
    query.add_argument("query", nargs="?", metavar="NAME|FILE|-", help="name, file or - for stdin")
    query.add_argument("--list", action="store_true", help="list the named questions")
    query.add_argument(
        "--format",
        choices=("table", "csv", "tsv", "json", "xml", "ttl", "nt", "rdf", "jsonld", "trig", "nq"),
        default="table",
    )


def _complete_load(load: argparse.ArgumentParser) -> None:
    load.add_argument(
        "--store",
        default=from_environment().store,
        metavar="URL",
        help="where the endpoint is asked; OSTEOKG_STORE_USER and OSTEOKG_STORE_PASSWORD, or "
        "OSTEOKG_STORE_TOKEN, are its login (%(default)s)",
    )
    load.add_argument(
        "--update-url", metavar="URL", help="where it takes SPARQL Update, if that is not known"
    )
    load.add_argument(
        "--graphs-url",
        metavar="URL",
        help="where it takes graphs (Graph Store Protocol), if that is not known",
    )


def _complete_mcp(mcp: argparse.ArgumentParser) -> None:
    mcp.description = f"{mcp.description} Needs the [mcp] extra: pip install 'osteokg[mcp]'."
    mcp.add_argument(
        "--http",
        action="store_true",
        help="listen on --host and --port, at /mcp, instead of answering who started this",
    )
    _add_settings(mcp)


def _mcp(arguments: argparse.Namespace) -> int:
    try:
        from osteokg.api.agents.serving import serve_tools  # noqa: PLC0415 - an extra, and the engine
    except ImportError as error:
        raise RequestError(
            f"Tools for agents need the extra 'mcp' ({error.name} is missing): "
            "pip install 'osteokg[mcp]'."
        ) from error
    return serve_tools(arguments)


def _load(arguments: argparse.Namespace) -> int:
    from osteokg.api.remote_engine import load  # noqa: PLC0415 - an extra, and the engine

    return load(arguments)


def _add_settings(serve: argparse.ArgumentParser) -> None:
    """Add an option for every setting; the environment gives what stands without it."""
    settings = from_environment()
    groups: dict[str, argparse._ArgumentGroup] = {}
    for setting in settings_of():
        if setting.group not in groups:
            groups[setting.group] = serve.add_argument_group(setting.group)
        groups[setting.group].add_argument(
            setting.option,
            type=_reader(setting.read),
            default=getattr(settings, setting.name),
            metavar=setting.metavar,
            help=f"{setting.words} ({setting.shown_default})",
        )


def _reader(read: Callable[[str], object]) -> Callable[[str], object]:
    def reading(text: str) -> object:
        try:
            return read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return reading


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # what is written is UTF-8 under any locale
            stream.reconfigure(encoding="utf-8", errors="surrogateescape")
    try:
        try:
            return _run(arguments)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # The reader has seen enough; what is left in the buffer has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(arguments: Sequence[str] | None) -> int:
    try:
        chosen = parser().parse_args(arguments)
        run: Command = chosen.run
        return run(chosen)
    except DataError as error:
        sys.stdout.write(as_text(error.problems))
        return error.exit_code
    except OsteoKGError as error:
        print(f"osteokg: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        raise
    except OSError as error:
        about = f"{error.filename}: " if error.filename else ""
        print(f"osteokg: {about}{error.strerror or error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
