"""Anchors: a sentence is found by its digest wherever a page has put it, and only if unchanged."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osteokg.kg.anchored import Anchored, quotations
from osteokg.kg.anchors import (
    Anchor,
    Source,
    digest,
    normalise,
    piece_digests,
    read_source,
    verify,
)
from osteokg.kg.errors import RequestError

SENTENCE = (
    "In larch-fed voles the resin held back the loss of antler mass at the distal tine,12 whereas "
    "the control resin did not change it in any compartment of the shaft."
)
TEAR = SENTENCE.index("at the")
OTHER = (
    "Quill and Nib reported that a second resin raised the stiffness of the tine, and they found "
    "no effect of the first resin on the length of the antler.13"
)


def anchor(text: str, name: str = "S001") -> Anchor:
    return Anchor(f"x:{name}", "Resin", name, digest(text), piece_digests(text))


def status(source: str, *anchors: Anchor) -> list[str]:
    return [verdict.status for verdict in verify(anchors, Source(source))]


def test_normalisation_1_keeps_letters_and_digits_of_any_script_and_nothing_else():
    assert normalise("Vitamin K₂ (μ-CT), in-\ncreased ½ ﬁve 1α") == "vitamink2μctincreased12five1α"
    assert digest("A b.") == hashlib.sha256(b"ab").hexdigest()


@given(st.text(), st.text())
def test_only_letters_and_digits_count(one, other):
    assert (normalise(one) == normalise(other)) == (digest(one) == digest(other))
    assert normalise(normalise(one)) == normalise(one)


@given(st.text(alphabet=" \n-–,;'()"), st.integers(1, 40))
def test_spaces_hyphens_and_line_ends_do_not_matter(between, width):
    lines = "-\n".join(SENTENCE[at : at + width] for at in range(0, len(SENTENCE), width))
    assert status(f"Before this. {between}{lines}{between} After.", anchor(SENTENCE)) == ["found"]


def test_a_sentence_torn_by_columns_is_split_and_shown_whole():
    head, tail = SENTENCE[:TEAR], SENTENCE[TEAR:]
    page = f"Some words come first.\n{head}\nFig. 2. A legend stands here.\n{OTHER}\n{tail}\n"
    (verdict,) = verify([anchor(SENTENCE)], Source(page))
    assert verdict.status == "split"
    shown = Source(page).shown(verdict.places[0])
    assert normalise(shown.replace("[…]", "")) == normalise(SENTENCE)
    assert Source(page).line_of(verdict.places[0]) == 2


def test_a_citation_number_set_on_a_line_of_its_own_is_put_back():
    moved = SENTENCE.replace(",12", ",").replace("loss of", "\n12\nloss of")
    assert status(moved, anchor(SENTENCE)) == ["split"]


def test_a_foreign_line_glued_into_a_word_splits_it():
    cut = SENTENCE.index("compartment") + 5
    page = f"{SENTENCE[:cut]}Acta Cerv. Vol. 3, 2010\n12\n{SENTENCE[cut:]}"
    assert status(page, anchor(SENTENCE)) == ["split"]


@pytest.mark.parametrize("word", ["resin", "loss", "mass", "distal", "not", "compartment", "shaft"])
def test_one_changed_word_is_a_changed_sentence(word):
    for text in (SENTENCE, SENTENCE[:TEAR] + "\nFig. 2. A legend.\n" + SENTENCE[TEAR:]):
        changed = text.replace(word, "bark", 1)
        # Every word of the sentence stands elsewhere too, at the beginning of a line.
        elsewhere = "\n".join(f"{other} and more" for other in SENTENCE.split())
        assert status(f"{changed}\n{elsewhere}", anchor(SENTENCE)) == ["changed"]


def test_a_tail_that_belongs_to_another_sentence_mends_nothing():
    tail = SENTENCE[SENTENCE.index("whereas") :]
    legend = f"Fig. 3. Voles on larch,\n{tail}"
    page = f"{SENTENCE[: SENTENCE.index('whereas')]}\nand then nothing of the kind.\n{legend}\n"
    both = status(page, anchor(SENTENCE), anchor(legend, "S002"))
    assert both == ["changed", "found"]


def test_a_sentence_that_is_not_there_is_missing():
    assert status(OTHER, anchor(SENTENCE)) == ["missing"]


def test_the_kth_of_equal_sentences_is_the_kth_place_and_any_other_number_is_ambiguous():
    page = f"{SENTENCE}\n{OTHER}\n{SENTENCE}\n"
    twins = [anchor(SENTENCE, "S001"), anchor(SENTENCE, "S003")]
    verdicts = verify(twins, Source(page))
    assert [verdict.status for verdict in verdicts] == ["found", "found"]
    assert [Source(page).line_of(verdict.places[0]) for verdict in verdicts] == [1, 3]
    assert status(page, anchor(SENTENCE)) == ["ambiguous"]
    assert status(f"{page}{SENTENCE}\n", *twins) == ["ambiguous", "ambiguous"]


def test_an_anchor_without_piece_digests_is_found_unbroken_only():
    bare = Anchor("x:S001", "Resin", "S001", digest(SENTENCE))
    assert status(f"First. {SENTENCE} Then.", bare) == ["found"]
    assert status(SENTENCE.replace("resin", "bark", 1), bare) == ["missing"]


def test_a_short_sentence_is_found_too():
    assert status("Antlers fell. Antlers grew. Done.", anchor("Antlers grew.")) == ["found"]


def test_only_sentences_that_stand_there_as_digested_are_quoted():
    there, gone = "Bone mass rose by half.", "Bone density fell."
    anchored = [
        Anchored(Anchor(iri, "Results", number, digest(text)), "https://ex.org/article", ())
        for iri, number, text in (("a:1", "S1", there), ("a:2", "S2", gone))
    ]
    assert quotations(anchored, Source(f"Before. {there} Bone density rose.")) == {"a:1": there}


def test_a_text_that_is_not_utf_8_is_told_where(tmp_path):
    file = tmp_path / "article.txt"
    file.write_bytes("Knochenmasse – größer".encode("latin-1", "replace"))
    with pytest.raises(RequestError, match=r"article\.txt:\d+: byte \d+ is not UTF-8"):
        read_source(file)
