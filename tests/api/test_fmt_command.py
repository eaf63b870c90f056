"""The canonical form, from the real command: what it writes, and what it leaves alone."""

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def copy_of(good, tmp_path):
    def copied(name):
        return Path(shutil.copy(good.parent / name, tmp_path))

    return copied


def test_the_good_evidence_is_in_canonical_form(osteokg, good):
    run = osteokg("fmt", "--check", good)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_fmt_says_which_files_are_not_canonical_and_what_to_run(osteokg, copy_of):
    file = copy_of("broken/two-directions.ttl")
    before = file.read_bytes()
    run = osteokg("fmt", "--check", file)
    assert run.returncode == 1
    assert run.stdout == f"{file.resolve()} is not in canonical form: run 'osteokg fmt'\n"
    assert file.read_bytes() == before
    assert osteokg("fmt", file).stdout == f"{file.resolve()}\n"
    assert osteokg("fmt", "--check", file).returncode == 0


def test_fmt_takes_no_comment_away(osteokg, copy_of):
    file = copy_of("broken/comment.ttl")
    before = file.read_bytes()
    for more in (["--check"], []):
        run = osteokg("fmt", *more, file.name, cwd=file.parent)
        assert run.returncode == 1
        assert run.stdout == (
            "comment.ttl:64: violation [comment] a comment does not survive formatting: "
            "make it okg:curatorNote or take it out.\n"
        )
    assert file.read_bytes() == before


def test_fmt_changes_nothing_that_it_cannot_read_or_name(osteokg, copy_of):
    files = [copy_of(f"broken/{name}.ttl") for name in ("blank-node", "latin-1", "syntax")]
    before = [file.read_bytes() for file in files]
    run = osteokg("fmt", files[0].parent)
    assert run.returncode == 1
    assert [line.partition(" ")[0].rpartition("/")[2] for line in run.stdout.splitlines()] == [
        "blank-node.ttl:1:",
        "latin-1.ttl:72:",
        "syntax.ttl:70:",
    ]
    assert [file.read_bytes() for file in files] == before
    assert sorted(files[0].parent.iterdir()) == sorted(files)


def test_fmt_mends_line_ends_and_byte_order_marks(osteokg, copy_of):
    file = copy_of("good/nib-2002.ttl")
    canonical = file.read_bytes()
    file.write_bytes(b"\xef\xbb\xbf" + canonical.replace(b"\n", b"\r\n"))
    assert osteokg("fmt", file).returncode == 0
    assert file.read_bytes() == canonical


def test_the_packaged_evidence_and_the_context_are_in_canonical_form(osteokg):
    """If this fails, run 'osteokg fmt' and look at what it changed."""
    run = osteokg("fmt", "--check")
    assert (run.returncode, run.stdout) == (0, "")
