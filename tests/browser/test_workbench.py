"""The query page as a person uses it: write, run, correct, share, cancel."""

import re

import pytest

pytestmark = pytest.mark.browser

COUNT = "SELECT (COUNT(*) AS ?n) { ?s a <https://w3id.org/osteokg/vocab/Finding> }"
STUDIES = (
    "PREFIX okg: <https://w3id.org/osteokg/vocab/> SELECT ?study (COUNT(?f) AS ?findings) "
    "{ ?f okg:study ?study } GROUP BY ?study ORDER BY ?study"
)
ENDLESS = "SELECT (COUNT(*) AS ?n) { " + " . ".join(f"?s{n} ?p{n} ?o{n}" for n in range(6)) + " }"


def write(page, text):
    page.locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(text)


def run(page):
    page.get_by_role("button", name="Run the query").click()


def test_a_query_is_written_run_and_shared(open_page, served):
    page = open_page("/sparql")
    write(page, COUNT)
    run(page)
    page.wait_for_selector("#result")
    expected = served.get("/sparql", params={"query": COUNT, "format": "csv"}).text.split()[1]
    assert page.locator("table.result td").inner_text() == expected
    assert page.locator("[role=status]").inner_text() == "1 row"
    assert not page.locator("textarea").is_visible()
    other = open_page(page.url)  # the address says it all
    assert other.locator("table.result td").inner_text() == expected
    assert COUNT in other.locator(".cm-content").inner_text().replace("\xa0", " ")


def test_the_editor_stays_while_the_answer_comes(open_page):
    page = open_page("/queries/k2-alone-gaps")
    editor = page.locator(".code").element_handle()
    write(page, COUNT)
    page.keyboard.press("ControlOrMeta+Enter")
    page.wait_for_selector("text=/^1 row$/")
    assert page.evaluate("one => one.isConnected", editor)
    assert page.evaluate("one => one.shadowRoot.adoptedStyleSheets.length", editor) > 0
    assert page.locator("h1").inner_text() == "Ask the graph"  # no longer the prepared question
    page.go_back()
    page.wait_for_selector("h1.sentence")


def test_an_error_is_shown_at_the_character(open_page):
    page = open_page("/sparql")
    write(page, "SELECT *\n{ ?s ?p }")
    run(page)
    page.wait_for_selector(".problem")
    assert page.locator(".cm-lintRange-error, .cm-lintPoint-error").count() == 1
    assert "line 2, column 10" in page.locator(".problem").inner_text()
    write(page, COUNT)
    run(page)
    page.wait_for_selector("#result")
    assert page.locator(".problem, .cm-lintRange-error, .cm-lintPoint-error").count() == 0


def test_a_term_is_found_by_its_synonym_and_its_prefix_declared(open_page):
    page = open_page("/sparql")
    write(page, "SELECT * { ?f okg:outcome ")
    page.keyboard.type("skeletal_mass")
    option = page.locator(".cm-tooltip-autocomplete li[aria-selected]")
    option.wait_for()
    assert option.inner_text().split("\n")[0].startswith("bone mass")
    page.wait_for_timeout(100)  # completion refuses keys within its interaction delay (75 ms)
    page.keyboard.press("Enter")
    text = page.locator("textarea").input_value()
    assert text.startswith("PREFIX okg: <https://w3id.org/osteokg/vocab/>\n")
    assert "?f okg:outcome okg:BoneMass" in text


def test_cancel_ends_the_work(open_page, served):
    def at_work():
        lanes = r"^osteokg_queries_(?:quick|slow) (\S+)$"
        return sum(map(float, re.findall(lanes, served.get("/metrics").text, re.MULTILINE)))

    page = open_page("/sparql")
    write(page, ENDLESS)
    run(page)
    cancel = page.get_by_role("button", name="Cancel")
    cancel.wait_for()
    while at_work() == 0:
        page.wait_for_timeout(20)
    cancel.click()
    page.wait_for_selector("text=Cancelled")
    while at_work() > 0:
        page.wait_for_timeout(20)
    assert not cancel.is_visible()


def test_rows_are_sorted_by_any_column(open_page):
    page = open_page("/sparql")
    write(page, STUDIES)
    run(page)
    page.wait_for_selector("#result")
    head = page.get_by_role("columnheader", name="findings")
    numbers = page.locator("table.result td.number")
    head.get_by_role("button").click()
    found = [int(text) for text in numbers.all_inner_texts()]
    assert found == sorted(found)
    assert len(set(found)) > 3
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert [int(text) for text in numbers.all_inner_texts()] == sorted(found, reverse=True)


def test_tab_leaves_the_editor(open_page):
    page = open_page("/sparql")
    page.locator(".cm-content").click()
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Run the query"


def test_without_scripts_it_is_a_form_that_works(open_page):
    page = open_page("/sparql", java_script_enabled=False)
    page.fill("textarea", COUNT)
    run(page)
    assert page.locator("#result").inner_text() == "1 row"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(open_page, axe, scheme):
    page = open_page("/sparql", color_scheme=scheme)
    assert axe(page) == []
    write(page, STUDIES)
    run(page)
    page.wait_for_selector("#result")
    assert axe(page) == []
    write(page, "SELECT *\n{ ?s ?p }")
    run(page)
    page.wait_for_selector(".problem")
    assert axe(page) == []


def test_a_phone_does_not_scroll_sideways(open_page):
    page = open_page("/sparql", viewport={"width": 390, "height": 844})
    write(page, STUDIES)
    run(page)
    page.wait_for_selector("#result")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
