"""The command line: answers on stdout, exit codes, and errors in one line that say what to do."""

import csv
import io
import signal
import socket
import subprocess
import sys

import pyoxigraph as ox
import pytest

from osteokg.api.cli import main
from osteokg.kg.release import files_of_release

FINDING = "finding:quill-2001-k2-bone-mass-femur"
SELECT = "SELECT ?s { ?s a <https://w3id.org/osteokg/vocab/JointStudy> }"


@pytest.fixture
def on(good):
    return ("--evidence", good)


@pytest.fixture
def query(tmp_path):
    def written(text, name="question.rq"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return written


# Asking


def test_query_prints_a_table(told, on, query):
    code, out, _ = told("query", query(SELECT), *on)
    assert code == 0
    assert out == "s\n────────────────\nstudy:joint-7-12\n(1 rows)\n"


@pytest.mark.parametrize(
    ("format_", "line"),
    [
        ("csv", "https://w3id.org/osteokg/id/study/joint-7-12"),
        ("tsv", "<https://w3id.org/osteokg/id/study/joint-7-12>"),
        ("json", '"value":"https://w3id.org/osteokg/id/study/joint-7-12"'),
        ("xml", "<uri>https://w3id.org/osteokg/id/study/joint-7-12</uri>"),
    ],
)
def test_query_prints_other_formats(told, on, query, format_, line):
    code, out, _ = told("query", query(SELECT), "--format", format_, *on)
    assert code == 0
    assert line in out


def test_query_prints_a_graph(told, on, query):
    text = SELECT.replace("SELECT ?s", "CONSTRUCT { ?s a <x:y> }")
    for format_ in ("table", "ttl", "nt", "rdf", "jsonld", "trig", "nq"):
        code, out, _ = told("query", query(text), "--format", format_, *on)
        assert code == 0
        assert "joint-7-12" in out


def test_query_answers_yes_or_no(told, on, query):
    assert told("query", query("ASK {}"), *on)[1] == "true\n"


def test_query_reads_standard_input(osteokg, good):
    run = osteokg("query", "-", "--evidence", good, "--format", "csv", input=f"\ufeff{SELECT}")
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.split() == ["s", "https://w3id.org/osteokg/id/study/joint-7-12"]


def test_query_lists_the_named_questions_and_answers_one(told, on):
    code, out, _ = told("query", "--list")
    assert code == 0
    names = [line for line in out.splitlines() if not line.startswith(" ")]
    assert names == sorted(names)
    assert len(names) >= 12
    code, out, _ = told("query", names[0], *on)
    assert code == 0
    assert out.endswith(" rows)\n")


def test_show_tells_what_a_thing_is(told, on):
    code, out, _ = told("show", FINDING, *on)
    assert code == 0
    assert out.startswith(f"Vitamin K2 spared some of that bone.\n{FINDING}\n\n")
    assert "  outcome: bone mass  (okg:BoneMass)\n" in out
    assert "  magnitudeText: 12.50%\n" in out


@pytest.mark.parametrize("format_", ["ttl", "nt", "rdf", "jsonld"])
def test_show_gives_the_same_graph_in_every_format(told, on, format_, canonical_graph):
    formats = {"ttl": ox.RdfFormat.TURTLE, "nt": ox.RdfFormat.N_TRIPLES}
    formats |= {"rdf": ox.RdfFormat.RDF_XML, "jsonld": ox.RdfFormat.JSON_LD}
    _, turtle, _ = told("show", FINDING, "--format", "ttl", *on)
    _, other, _ = told(
        "show",
        f"<https://w3id.org/osteokg/id/{FINDING.replace(':', '/')}>",
        "--format",
        format_,
        *on,
    )
    assert canonical_graph(other, formats[format_]) == canonical_graph(turtle, ox.RdfFormat.TURTLE)


def test_export_writes_the_files_of_a_release(told, on, tmp_path):
    code, out, _ = told("export", tmp_path / "a" / "b", *on)
    assert code == 0
    written = sorted((tmp_path / "a" / "b").iterdir())
    assert out.split() == [str(path) for path in written]
    assert [path.name for path in written] == [file.name for file in files_of_release()]
    text = (tmp_path / "a" / "b" / "findings.csv").read_text(encoding="utf-8")
    assert len(list(csv.DictReader(io.StringIO(text, newline="")))) == 19


# Errors


def assert_one_error(code, out, err, *words):
    assert code == 2
    assert out == ""
    assert err.startswith("osteokg: ")
    assert err.count("\n") == 1, err
    for word in words:
        assert word in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["query", "nul-results-of-k2"], ["There is no named query", "'query --list' lists them"]),
        (["query"], ["Name a question, a file, or -"]),
        (["query", "gone.rq"], ["There is no named query 'gone.rq'"]),
        (["show", "Femur"], ["neither an IRI nor a CURIE", "okg"]),
        (["show", "osteo:Femur"], ["'osteo:Femur'"]),
        (["show", "<not an IRI>"], ["is not an IRI"]),
        (["show", "okg:Nowhere"], ["okg:Nowhere is not in the graph"]),
        (["check", "gone.ttl"], ["gone.ttl: no such file or folder"]),
        (["fmt", "gone.ttl"], ["gone.ttl: no such file or folder"]),
        (["serve", "--host", "x" * 64], ["cannot listen on xxx", "Choose another with --host"]),
        (["serve", "--base-url", "here", "--port", "0"], ["'here' is no address of a service"]),
    ],
)
def test_a_wrong_command_is_told_in_one_line(told, on, arguments, words):
    assert_one_error(*told(*arguments, *on), *words)


@pytest.mark.parametrize("command", ["check", "fmt", "query", "show", "export", "serve"])
def test_evidence_that_is_not_there_is_told(told, tmp_path, command):
    more = {
        "query": ["-"],
        "show": ["okg:Femur"],
        "export": [tmp_path / "x"],
        "serve": ["--port", "0"],
    }
    arguments = [command, *more.get(command, [])]
    if command == "query":
        arguments = ["query", tmp_path / "q.rq"]
        (tmp_path / "q.rq").write_text("ASK {}", encoding="utf-8")
    assert_one_error(*told(*arguments, "--evidence", tmp_path / "gone"), "gone: no such folder")
    (tmp_path / "empty").mkdir()
    assert_one_error(*told(*arguments, "--evidence", tmp_path / "empty"), "no Turtle file (*.ttl)")


@pytest.mark.parametrize("command", ["check", "fmt"])
def test_a_folder_without_turtle_is_not_everything(told, tmp_path, command):
    assert_one_error(*told(command, tmp_path), "there is no Turtle file (*.ttl) in it")


def test_tables_are_led_to_the_command_that_checks_them(told, tmp_path):
    (tmp_path / "marsh-2019").mkdir()
    table = tmp_path / "marsh-2019" / "findings.tsv"
    table.write_text("arm\n", encoding="utf-8")
    for path in (table, table.parent, tmp_path):
        assert_one_error(*told("check", path), f"osteokg import --dry-run {path}")


def test_a_close_question_is_offered(told, on):
    _, out, _ = told("query", "--list")
    name = out.split()[0]
    assert_one_error(*told("query", name[:-1] + "x", *on), f"Did you mean '{name}'?")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"SELECT * { ?s ?p", "line 1, column"),
        (b"SELECT * {\n SERVICE <http://x/> {} }", "SERVICE at line 2, column 2 is refused"),
        (b"SELECT * { ?s ?p '\xe9' }", "byte 18 is not UTF-8"),
        (b"CONSTRUCT WHERE {}", "CONSTRUCT and DESCRIBE are answered in ttl"),
        (b"SELECT (<x:f>(1) AS ?y) {}", "cannot be evaluated"),
    ],
)
def test_a_wrong_query_is_told_in_one_line(told, on, query, content, words):
    assert_one_error(*told("query", query(content), "--format", "csv", *on), words)


def test_a_folder_that_cannot_be_written_is_told(told, on, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert_one_error(*told("export", tmp_path / "file", *on), "File exists", "file")
    assert_one_error(*told("export", tmp_path / "file" / "x", *on), "Not a directory", "file")


def test_an_export_without_a_folder_is_told(told):
    assert_one_error(*told("export"), "Name the folder to write into")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["dance"],
        ["check", "--format", "yaml"],
        ["serve", "--port", "70000"],
        ["serve", "--port", "-1"],
        ["serve", "--port", "http"],
        ["show"],
        ["query", "--no-such-option"],
    ],
)
def test_wrong_usage_exits_2_and_says_how(arguments, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    err = capsys.readouterr().err
    assert err.startswith("usage: osteokg")
    assert "error: " in err


def test_help_and_version(capsys):
    with pytest.raises(SystemExit) as exit_:
        main(["--help"])
    assert exit_.value.code == 0
    assert (
        "Exit codes: 0 good, 1 the data are wrong, 2 the command is wrong."
        in capsys.readouterr().out
    )
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out.startswith("osteokg ")


@pytest.mark.parametrize("port", ["http", "70000", "-1", ""])
def test_a_wrong_port_in_the_environment_is_told(told, monkeypatch, port):
    monkeypatch.setenv("OSTEOKG_PORT", port)
    assert_one_error(*told("query", "--list"), "OSTEOKG_PORT", "numbers from 0 to 65535")


def test_a_port_that_is_taken_is_told_before_anything_is_built(told, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = told("serve", "--port", port, "--evidence", tmp_path / "gone")
    why = f"cannot listen on 127.0.0.1, port {port}: Address already in use"
    assert_one_error(*run, why, "Choose another")


# Surroundings


@pytest.mark.parametrize(
    "command",
    [
        ["query", "question.rq", "--format", "csv"],
        ["check", "--format", "json"],
        ["--help"],
    ],
    ids=" ".join,
)
def test_a_reader_that_goes_away_is_no_failure(surroundings, good, folder_of_problems, command):
    """As in `osteokg query … | head -1`."""
    more = (
        []
        if command == ["--help"]
        else ["--evidence", str(folder_of_problems if "check" in command else good)]
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "osteokg.api.cli", *command, *more],
        cwd=folder_of_problems,
        env=surroundings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.stdout.close()
    _, err = process.communicate(timeout=60)
    assert "Traceback" not in err
    assert "Error" not in err
    assert process.returncode == 0


@pytest.fixture(scope="module")
def folder_of_problems(tmp_path_factory):
    folder = tmp_path_factory.mktemp("problems")
    (folder / "broken.ttl").write_text("<", encoding="utf-8")
    (folder / "question.rq").write_text("SELECT * { ?s ?p ?o }", encoding="utf-8")
    return folder


def test_what_is_written_is_utf_8_under_any_locale(osteokg, surroundings, good):
    foreign = {**surroundings, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    run = osteokg("show", "okg:Alfacalcidol", "--evidence", good, env=foreign)
    assert run.stdout.startswith("1α-hydroxyvitamin D3\n")


def test_an_interrupted_server_says_nothing_and_exits_130(surroundings, good):
    # What a shell runs in the background ignores the signal, and so would the server.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [sys.executable, "-m", "osteokg.api.cli", "serve", "--port", "0", "--evidence", str(good)],
        env=surroundings,
        stderr=subprocess.PIPE,
        text=True,
    )
    signal.signal(signal.SIGINT, before)
    try:
        assert any(line.startswith("OsteoKG version ") for line in process.stderr)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert "Traceback" not in err
    assert process.returncode == 130


def test_check_of_good_evidence_is_silent_and_0(told, on):
    assert told("check", *on) == (0, "", "5 files checked: 0 violations, 0 warnings.\n")
