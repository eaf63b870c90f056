"""The habits of the house that no tool checks, and that the tools read what we told them."""

import ast
import importlib.metadata
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import osteokg

LONGEST_MODULE = 400
SAYS_NOTHING = {"util", "utils", "helper", "helpers", "manager", "handler"}
NAMED_BY_OTHERS = {"get_route_handler"}  # FastAPI asks a route class for it
TOP = {
    *("api", "benchmarks", "deploy", "docs", "kg", "ontology", "shapes", "src", "tests"),
    *(".ci", "workbench"),
    *(".editorconfig", ".gitattributes", ".gitignore", ".pre-commit-hooks.yaml", "pyproject.toml"),
    *("CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "LICENSE", "LICENSE-data", "README.md"),
}


@pytest.fixture(scope="session")
def modules(project, tracked):
    """Return the tracked Python files of the rooms with their text."""
    paths = [path for path in tracked if path.suffix == ".py" and path.parts[0] in ("kg", "api")]
    return {path: (project / path).read_text(encoding="utf-8") for path in paths}


@pytest.fixture(scope="session")
def settings(project):
    return tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))


def words(name: str) -> set[str]:
    """Return the words of a snake_case, kebab-case or CamelCase name, in lower case."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", name)}


def test_the_top_of_the_tree_is_what_the_house_says(tracked):
    assert {path.parts[0] for path in tracked} - TOP == set()


def test_a_module_has_one_subject(modules):
    lengths = {path.as_posix(): text.count("\n") for path, text in modules.items()}
    assert {path: count for path, count in lengths.items() if count > LONGEST_MODULE} == {}


def test_names_say_something(modules, tracked):
    named = [(path, part) for path in tracked for part in path.with_suffix("").parts]
    for path, text in modules.items():
        definitions = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        named += [(path, n.name) for n in ast.walk(ast.parse(text)) if isinstance(n, definitions)]
    own = [(path, name) for path, name in named if name not in NAMED_BY_OTHERS]
    assert [(path.as_posix(), name) for path, name in own if words(name) & SAYS_NOTHING] == []


def test_ruff_reads_our_settings():
    """Dead lint configuration looks just like clean code: show that each rule we lean on bites."""
    probe = """import kg
from . import something

def shown(value):
    print(value)  # TODO: mend
"""
    check = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format=concise"]
    found = subprocess.run(
        [*check, "--stdin-filename=kg/x.py", "-"],
        cwd=Path(__file__).parent.parent,
        input=probe,
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    rules = set(re.findall(r" ([A-Z]+[0-9]+) ", found))
    # bare import, relative import, module and function without docstring, print, unfinished mark
    assert {"TID251", "TID252", "D100", "D103", "T201", "FIX002"} <= rules, found
    assert "a top-level kg belongs to whoever installs one" in found


def test_no_file_names_a_machine(project, tracked):
    folders = {project.parent, Path.home(), Path(tempfile.gettempdir())} - {Path("/")}
    anywhere = [rf"(?<![\w.-]){re.escape(folder.as_posix())}/" for folder in folders]
    homes = [rf"(?<![\w.-])/{top}/\w+/" for top in ("home", "Users")]
    forbidden = re.compile("|".join(anywhere + homes + [re.escape(h) for h in registry_hosts()]))
    found = []
    for path in tracked:
        if (project / path).is_symlink():
            continue
        text = (project / path).read_bytes().decode("utf-8", "ignore")
        found += [f"{path.as_posix()}: {match.group()}" for match in forbidden.finditer(text)]
    assert found == []


def registry_hosts() -> set[str]:
    """Return the hosts that packages come from on this machine."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    listed += " ".join(v for k, v in os.environ.items() if re.search("index|registry", k, re.I))
    hosts = {urlsplit(url).hostname or "" for url in re.findall(r"https?://[^\s'\"]+", listed)}
    return hosts - {""}


def test_every_place_tells_the_same_version(project):
    def said(path: str, pattern: str) -> str:
        match = re.search(pattern, (project / path).read_text(encoding="utf-8"), re.MULTILINE)
        assert match, f"{path} does not say its version"
        return match[1]

    versions = {
        "CHANGELOG.md": said("CHANGELOG.md", r"^## (\d\S*)"),
        "CITATION.cff": said("CITATION.cff", r"^version: (\S+)"),
        "ontology, versionInfo": said("ontology/osteokg.ttl", r'owl:versionInfo "([^"]+)"'),
        "ontology, versionIRI": said("ontology/osteokg.ttl", r"owl:versionIRI <[^>]*/([^/>]+)>"),
        "installed": importlib.metadata.version("osteokg"),
    }
    assert versions == dict.fromkeys(versions, osteokg.__version__)


def test_the_changelog_parts_data_from_code(project):
    releases = (project / "CHANGELOG.md").read_text(encoding="utf-8").split("\n## ")[1:]
    assert releases
    for release in releases:
        assert re.findall(r"^### (.*)", release, re.MULTILINE) == ["DATA", "CODE"], release[:20]


def imported_by(node):
    if isinstance(node, ast.Import):
        return {alias.name.partition(".")[0] for alias in node.names}
    if isinstance(node, ast.ImportFrom) and node.module:
        return {node.module.partition(".")[0]}
    return set()


def distributions(requirements):
    return {re.split(r"[^\w-]", line)[0].replace("-", "_").lower() for line in requirements}


def test_imports_are_declared(modules, settings):
    """What the rooms import is a dependency by name, not one that another happens to bring.

    What an extra brings is imported where it is used, never at the head of a module; some packages
    are as a whole for those who have their extra.
    """
    of_extras = {("kg", "remote"), ("kg", "signing.py"), ("api", "agents")}
    head, anywhere = set(), set()
    for path, text in modules.items():
        tree = ast.parse(text)
        if path.parts[:2] not in of_extras:
            head |= {name for node in tree.body for name in imported_by(node)}
        anywhere |= {name for node in ast.walk(tree) for name in imported_by(node)}
    known = sys.stdlib_module_names | {"osteokg"}
    foreign = head - known
    names = distributions(settings["project"]["dependencies"])
    assert foreign <= names
    extras = settings["project"]["optional-dependencies"]
    needed = (extras[name] for name in ("jelly", "mcp", "nanopub", "reason", "remote", "tables"))
    extra = distributions(line for lines in needed for line in lines)
    assert anywhere - known - names <= {{"jpype1": "jpype"}.get(name, name) for name in extra}
    # rdflib, pyshacl … each for its own; uvicorn takes these two when they are there.
    assert names - foreign <= {"httptools", "uvloop"}


def test_the_gate_can_be_run(project):
    for script in ("check", "run"):
        assert os.access(project / ".ci" / script, os.X_OK), script
