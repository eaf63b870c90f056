"""What a spreadsheet makes of "11-19" is known in tables and in Turtle alike."""

from pathlib import Path

import pyoxigraph as ox
import pytest

from osteokg.kg.curation.delimited import DATE_LIKE

DATES = [
    "2022-11-19", "2022-11-19 00:00:00", "2022-11-19T00:00", "2022/11/19", "19.11.2022", "19.11.22",
    "19.11.", "19. 11. 2022", "11/19/2022", "11/19/22", "19-11-2022", "19-Nov", "19. Nov", "19 Nov",
    "19-Nov-22", "19. November 2022", "November 19, 2022", "19th November", "Nov-22", "Nov 19",
    "2-Jan", "2. Jän.", "3. März", "1. Dez", "2-févr", "2 août", "2-ene", "2 dic", "2-gen", "1-Okt",
]  # fmt: skip
PRINTED = [
    "11-19", "1-2", "3/4", "11/19", "557-566", "2022", "44884", "e1000", "S12-S19", "1.5-2.5",
    "12 (Suppl 3)", "Suppl Nov", "3 months", "May", "mar 3 weeks", "0.1%", "30 mg/kg", "1-2-3",
    "week 2", "12.5", "2 sets", "decade 2", "Marsh 2019", "1234-05",
]  # fmt: skip


@pytest.mark.parametrize("text", [*DATES, *PRINTED])
def test_a_date_is_told_in_a_table(text: str) -> None:
    assert (DATE_LIKE.fullmatch(text) is not None) == (text in DATES)


def test_the_same_dates_are_told_in_turtle(project: Path) -> None:
    store = ox.Store()
    pages = ox.NamedNode("https://w3id.org/osteokg/vocab/pages")
    for text in (*DATES, *PRINTED):
        store.add(ox.Quad(ox.BlankNode(), pages, ox.Literal(text)))
    query = (project / "shapes" / "rules" / "spreadsheet-date.rq").read_text("utf-8")

    rows = store.query(query)

    assert isinstance(rows, ox.QuerySolutions)
    found = {row["value"].value for row in rows}
    assert found == set(DATES)
