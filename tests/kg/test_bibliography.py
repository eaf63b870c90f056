"""References: RIS and BibTeX of what is cited, and of names and titles that are hard to write."""

from osteokg.kg.bibliography import bibtex, ris

ROW = {
    "publication": "https://w3id.org/osteokg/id/publication/quill-2001",
    "authors": "Quill Q, von Nib A-B, O'Reed CDE",
    "year": "2001",
    "title": "Bone",
    "journal": "J Bones",
    "volume": "7",
    "issue": "2",
    "pages": "119-126",
    "doi": "10.1000/x_y",
    "pmid": "123",
    "status": "not checked",
    "status_notice": "",
}


def test_ris_has_a_record_for_each():
    assert ris([ROW, {**ROW, "pages": "e12", "doi": "", "pmid": "", "issue": ""}]) == (
        "TY  - JOUR\r\nID  - quill-2001\r\nAU  - Quill, Q\r\nAU  - von Nib, A-B\r\n"
        "AU  - O'Reed, CDE\r\nPY  - 2001\r\nTI  - Bone\r\nJO  - J Bones\r\nVL  - 7\r\nIS  - 2\r\n"
        "SP  - 119\r\nEP  - 126\r\nDO  - 10.1000/x_y\r\nAN  - 123\r\n"
        "UR  - https://w3id.org/osteokg/id/publication/quill-2001\r\nER  - \r\n\r\n"
        "TY  - JOUR\r\nID  - quill-2001\r\nAU  - Quill, Q\r\nAU  - von Nib, A-B\r\n"
        "AU  - O'Reed, CDE\r\nPY  - 2001\r\nTI  - Bone\r\nJO  - J Bones\r\nVL  - 7\r\n"
        "SP  - e12\r\n"
        "UR  - https://w3id.org/osteokg/id/publication/quill-2001\r\nER  - \r\n\r\n"
    )


def test_bibtex_has_an_entry_for_each():
    assert bibtex([ROW]) == (
        "@article{quill-2001,\n"
        "  author = {Quill, Q and von Nib, A-B and O'Reed, CDE},\n"
        "  title = {{Bone}},\n  journal = {J Bones},\n  year = {2001},\n  volume = {7},\n"
        "  number = {2},\n  pages = {119--126},\n  doi = {10.1000/x_y},\n  pmid = {123},\n"
        "  url = {https://w3id.org/osteokg/id/publication/quill-2001},\n}\n"
    )


def test_tex_sees_no_command_in_a_title():
    told = bibtex([{**ROW, "title": r"50% of A&B \input{x} {y} $1 ~ ^ _ #"}])
    assert (
        r"title = {{50\% of A\&B \textbackslash{}input\{x\} \{y\} \$1 \textasciitilde{} "
        r"\textasciicircum{} \_ \#}}," in told
    )


def test_no_line_of_a_title_is_taken_for_a_field():
    assert "TI  - Bone AU - nobody\r\n" in ris([{**ROW, "title": "Bone\r\nAU  - nobody"}])


def test_what_was_retracted_says_so():
    row = {**ROW, "status": "retracted", "status_notice": "The editors took it back."}
    assert "N1  - Retracted. The editors took it back.\r\n" in ris([row])
    assert "note = {Retracted. The editors took it back.}," in bibtex([row])
    for status in ("current", "not checked"):
        assert "N1" not in ris([{**ROW, "status": status, "status_notice": "x"}])


def test_a_group_stays_whole_and_others_are_told():
    row = {**ROW, "authors": "The Bone Group, Quill Q, et al"}
    assert "AU  - The Bone Group\r\nAU  - Quill, Q\r\nPY" in ris([row])
    assert "author = {The Bone Group and Quill, Q and others}," in bibtex([row])
