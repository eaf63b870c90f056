"""Search as a reader uses it: words, a synonym, an identifier, nothing."""

import re

BROWSER = {"Accept": "text/html"}


def found(server, words):
    answer = server.get("/search", params={"q": words}, headers=BROWSER)
    assert answer.status_code == 200
    return answer.text


def test_a_term_is_found_by_part_of_its_name_with_its_findings(packaged_server):
    page = found(packaged_server, "vitamin k2")
    row = re.search(r'<tr><td><a href="/vocab/VitaminK2">.*?</tr>', page, re.DOTALL)[0]
    number = int(re.search(r'/findings\?intervention=okg%3AVitaminK2">(\d+)<', row)[1])
    listed = packaged_server.get("/findings.json", params={"intervention": "okg:VitaminK2"}).json()
    findings = [one for one in listed["items"] if one["kind"] == "finding"]
    assert 0 < number <= listed["total"]
    assert findings


def test_a_synonym_is_told_where_the_label_does_not_say_it(packaged_server):
    page = found(packaged_server, "skeletal mass")
    assert 'href="/vocab/BoneMass"' in page
    assert "also “skeletal mass”" in page


def test_what_texts_write_leads_to_its_term_before_names_that_are_a_part_of_it(packaged_server):
    page = found(packaged_server, "cancellous bone volume")
    assert re.findall(r'<tr><td><a href="/vocab/(\w+)">', page)[0] == "BoneVolumeFraction"
    assert "also “cancellous bone volume”" in page


def test_a_slip_of_the_hand_and_a_definition_lead_to_terms_as_well(packaged_server):
    assert 'href="/vocab/Menatetrenone"' in found(packaged_server, "menatetrenon")
    page = found(packaged_server, "osteoclasts")
    assert "by its definition" in page


def test_an_identifier_leads_to_what_it_covers(packaged_server):
    page = found(packaged_server, "CHEBI:28384")
    assert 'href="/vocab/VitaminK2"' in page
    assert 'href="/vocab/Ovariectomy"' not in page


def test_studies_and_findings_are_found_by_words(packaged_server):
    page = found(packaged_server, "Iwamoto 2005")
    assert 'href="/id/study/iwamoto-2005"' in page
    total = int(re.search(r"(\d+) findings?\.</p>", page)[1])
    assert (
        total == packaged_server.get("/findings.json", params={"q": "Iwamoto 2005"}).json()["total"]
    )


def test_what_nothing_is_called_is_told(packaged_server):
    page = found(packaged_server, "<b>zzz")
    assert "Nothing here is called “&lt;b&gt;zzz”." in page


def test_the_start_page_asks(packaged_server):
    page = packaged_server.get("/", headers=BROWSER).text
    assert '<form class="search" action="/search" method="get" role="search">' in page
