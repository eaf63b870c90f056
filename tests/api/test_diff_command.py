"""``osteokg diff``: the forms that a comparison is told in."""

import html.parser
import json
import re
import shutil
from pathlib import Path

import pytest

from osteokg.api.differences import plain_markdown, rendered
from osteokg.kg.comparison import Change, Comparison, Conflict, StudyChange, Things, json_of

TAG = "<script>alert('x')</script> & *so*"


@pytest.fixture
def comparison() -> Comparison:
    flip = Change("finding:a", TAG, {"direction": ("increased", "decreased"), "dose": ("", "2 mg")})
    return Comparison(
        "one",
        "two",
        studies=[
            StudyChange("added", "study:c", "Study C"),
            StudyChange("status", "publication:d", "D", "not checked", "retracted", "A notice."),
        ],
        added={"finding:b": "B rose"},
        removed={"finding:e": "E fell"},
        changed=[flip],
        conflicts=[Conflict("appears", "contradiction", "finding:a", "A fell", "finding:b", "B")],
        verdicts=[Change("conclusion:f", "F", {"verdict": ("supported", "mixed")})],
        things=[Things("added", "arm", ["arm:c-1", "arm:c-2"])],
        details=[Change("arm:g", "", {"age": ("old", "")})],
    )


FACTS = ["flipped", "study:c", "not checked", "retracted", "A notice.", "B rose", "E fell", "2 mg"]
FACTS += ["contradiction", "appears", "A fell", "conclusion:f", "supported", "mixed", "arm:c-2"]
FACTS += ["arm:g", "age", "(nothing)"]


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_every_form_tells_every_fact(comparison, form):
    told = rendered(comparison, form)
    assert [fact for fact in FACTS if fact.lower() not in told.lower()] == []
    assert told.endswith("\n")
    assert not re.search(r"\n{3,}", told)


def test_text_of_a_change_stands_line_by_line(comparison):
    told = rendered(comparison, "text")
    assert "conclusion:f: F\n    verdict: supported → mixed\n" in told
    assert "added: 2 × arm: arm:c-1, arm:c-2\n" in told


def test_nothing_in_the_data_is_taken_for_markup(comparison):
    assert TAG in rendered(comparison, "text")
    page = rendered(comparison, "html")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    markdown = rendered(comparison, "markdown")
    assert "<script" not in markdown.replace("\\<", "")
    assert r"\*so\*" in markdown
    assert plain_markdown("a\nb | [c](d)") == r"a b \| \[c\](d)"


def test_the_page_is_whole_and_well_nested(comparison):
    class Nesting(html.parser.HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []

        def handle_starttag(self, tag, _attrs):
            if tag != "meta":
                self.open.append(tag)

        def handle_endtag(self, tag):
            assert self.open.pop() == tag

    page = Nesting()
    page.feed(rendered(comparison, "html"))
    assert page.open == []
    assert "http" not in rendered(comparison, "html"), "nothing is fetched from anywhere"


def test_json_has_the_same_facts(comparison):
    told = json.loads(json_of(comparison))
    assert told["flips"] == ["finding:a"]
    assert told["changed"][0]["fields"]["direction"] == ["increased", "decreased"]
    assert told["things"] == [{"change": "added", "what": "arm", "things": ["arm:c-1", "arm:c-2"]}]
    assert told["conflicts"][0]["kind"] == "contradiction"


def test_the_command_compares_two_folders(osteokg, good, tmp_path):
    other = Path(shutil.copytree(good, tmp_path / "other"))
    (other / "reed-1999.ttl").unlink()
    run = osteokg("diff", good, other, "--format", "markdown")
    assert (run.returncode, run.stderr) == (0, "")
    assert "- removed: `study:reed-1999`: Reed 1999" in run.stdout
    assert "\n### Findings and claims removed (1)\n\n- `clinical:reed-1999-k2" in run.stdout
    run = osteokg("diff", good, good)
    assert run.stdout == f"From {good} to {good}\n\nNothing differs.\n"


def test_a_side_that_does_not_parse_is_told_by_line(osteokg, good):
    run = osteokg("diff", good, good.parent / "broken" / "syntax.ttl")
    assert run.returncode == 1
    assert "syntax.ttl:70: violation [syntax]" in run.stdout
