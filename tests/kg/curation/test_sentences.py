"""Sentences: numbered in reading order, under their headings, as an anchor would have them."""

import csv
from pathlib import Path

from osteokg.kg.anchors import digest
from osteokg.kg.curation.sentences import Sentence, sentences_of

TEXT = """# Results

Marsh et al. 3 gave 0.5 mg/kg (i.e. little) to rats.12 Bone rose, vs. OVX, by 3.5%. “It did.”
α-Calcidol low-
ered it, as J. Weir says (Fig. 2).

DISCUSSION
Is it so? Nobody knows!

Fig. 2. Bone of rats.

Figure 3: Less bone. More rats.
"""


def test_sentences_sections_and_legends() -> None:
    assert sentences_of(TEXT) == [
        Sentence("S001", "RESULTS", "Marsh et al. 3 gave 0.5 mg/kg (i.e. little) to rats.12"),
        Sentence("S002", "RESULTS", "Bone rose, vs. OVX, by 3.5%."),
        Sentence("S003", "RESULTS", "“It did.”"),
        Sentence(
            "S004", "RESULTS", "α-Calcidol lowered it, as J. Weir says (Fig. 2)."
        ),
        Sentence("S005", "DISCUSSION", "Is it so?"),
        Sentence("S006", "DISCUSSION", "Nobody knows!"),
        Sentence("S007", "FIG2", "Fig. 2."),
        Sentence("S008", "FIG2", "Bone of rats."),
        Sentence("S009", "FIG3", "Figure 3: Less bone."),
        Sentence("S010", "FIG3", "More rats."),
    ]  # fmt: skip


def test_no_letter_is_lost() -> None:
    for text in (TEXT, TEXT.replace("\n", "\r\n"), "x", "", "without a stop"):
        body = "".join(one.text for one in sentences_of(text))
        headings = {one.section for one in sentences_of(text)}
        kept = digest("".join(sorted(digest_letters(body))))
        plain = text.replace("# Results", "").replace("DISCUSSION", "")
        assert kept == digest("".join(sorted(digest_letters(plain))))
        assert headings <= {"RESULTS", "DISCUSSION", "FIG2", "FIG3", "TEXT"}


def digest_letters(text: str) -> str:
    return "".join(sign for sign in text if sign.isalnum())


def test_the_review_is_cut_as_its_table_of_sentences_is(shared: Path) -> None:
    text = (shared / "source" / "reading-order.txt").read_text("utf-8")
    with (shared / "source" / "sentences.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        wanted = [row["text"] for row in rows]
    found = {digest(one.text) for one in sentences_of(text)}

    differing = [sentence for sentence in wanted if digest(sentence) not in found]

    assert len(wanted) == 139
    # Two in a legend, which the table of sentences parts after a note on a test.
    assert len(differing) == 2
