"""What a bone researcher does with the pages: by mouse, phone and keyboard, and without scripts."""

import pytest

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
WAYS = {"mouse": {}, "phone": PHONE, "without scripts": {"java_script_enabled": False}}
PAGES = (
    "/",
    "/search?q=vitamin+K",
    "/synthesis",
    "/synthesis/evidence-map",
    "/synthesis/evidence-map?without=retracted",
    "/synthesis/effect-directions",
    "/synthesis/contradictions",
    "/synthesis/gaps",
    "/synthesis/claims",
    "/methods",
    "/findings?site=okg:FemoralNeck",
    "/studies",
    "/terms?kind=intervention",
    "/id/finding/asawa-2004-k2-bone-resorption-femur.html",
    "/id/study/iwamoto-2005.html",
    "/vocab/VitaminK2.html",
    "/ontology",
    "/queries",
    "/queries/k2-alone-by-compartment",
    "/versions",
    "/versions/current/changes",
    "/docs",
)


def follow(page, words):
    """Follow the first link with these words."""
    page.get_by_role("link", name=words).first.click()
    page.wait_for_load_state()


@pytest.mark.parametrize("way", WAYS)
def test_what_is_known_of_k2_and_cortical_bone_in_disuse(open_page, served, way):
    page = open_page("/", **WAYS[way])
    follow(page, "Does vitamin K2 protect cortical bone in unloaded rats?")
    asked = page.url.partition("?")[2]
    told = served.get(f"/synthesis/evidence-map.json?{asked}").json()
    assert told["items"] if "items" in told else told["cells"]
    cells = page.locator("main table tbody tr")
    assert cells.count() > 0
    page.locator("main a[href*='/findings?']").first.click()
    page.wait_for_load_state()
    assert "vitamin K2" in page.locator("main").inner_text()
    page.locator("main a[href*='/id/finding/']").first.click()
    page.wait_for_load_state()
    assert "Where it stands" in page.locator("main").inner_text()


@pytest.mark.parametrize("way", WAYS)
def test_a_contradiction_is_followed_to_both_sentences(open_page, way):
    page = open_page("/", **WAYS[way])
    follow(page, "Who disagrees, and why might that be?")
    pair = page.url
    seen = []
    anchors = page.locator("main a[href*='/id/anchor/']")
    for number in range(2):
        anchors.nth(number).click()
        page.wait_for_load_state()
        assert "sentence" in page.locator("main").inner_text().lower()
        seen.append(page.url)
        page.goto(pair)
    assert seen[0] != seen[1]


def test_what_retraction_changes_is_seen_and_undone(open_page, served):
    page = open_page("/synthesis/evidence-map")
    whole = served.get("/synthesis/evidence-map.json").json()
    page.get_by_label("retracted", exact=False).first.check()
    page.get_by_role("button", name="Show").click()
    page.wait_for_load_state()
    assert "without=retracted" in page.url
    left = served.get("/synthesis/evidence-map.json?without=retracted").json()
    assert left != whole
    assert page.get_by_role("heading", name="What changes").count() == 1 or (
        "chang" in page.locator("main").inner_text()
    )
    page.get_by_label("retracted", exact=False).first.uncheck()
    page.get_by_role("button", name="Show").click()
    page.wait_for_load_state()
    assert "without=retracted" not in page.url


def tab_to(page, condition):
    """Press Tab until the element that has the focus is as a condition (of ``one``) says."""
    for _ in range(300):
        page.keyboard.press("Tab")
        if page.evaluate(f"(one => {condition})(document.activeElement)"):
            return
    pytest.fail(f"no Tab leads to where {condition}")


def test_the_keyboard_is_enough(open_page):
    page = open_page("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    tab_to(page, "one.name === 'q'")
    page.keyboard.type("vitamin k2")
    page.keyboard.press("Enter")
    page.wait_for_selector("#terms")
    tab_to(page, "(one.href || '').includes('/findings?')")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('Findings')")
    assert "intervention=" in page.url


@pytest.mark.parametrize("path", PAGES)
def test_a_phone_does_not_scroll_a_page_sideways(open_page, path):
    page = open_page(path, **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(open_page, axe, path, scheme):
    assert axe(open_page(path, color_scheme=scheme)) == []


def test_on_paper_there_is_the_evidence_and_no_form(open_page):
    page = open_page("/synthesis/evidence-map")
    page.emulate_media(media="print")
    assert not page.locator("form").first.is_visible()
    assert page.locator("main svg").first.is_visible()
