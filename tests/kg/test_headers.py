"""The header of a query file."""

import pytest

from osteokg.kg.headers import header_of


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("", {}),
        ("SELECT * {}", {}),
        ("#+ title: One\nASK {}", {"title": "One"}),
        ("#+ title: One\r\n#+ severity: Low\r\nASK {}", {"title": "One", "severity": "Low"}),
        ("#+ title: Said\n#+   in three\n#+ lines.\nASK {}", {"title": "Said in three lines."}),
        ("#+ title: What: this?\n", {"title": "What: this?"}),
        ("#+ title:\nASK {}", {"title": ""}),
        ("# a comment\n#+ title: Too late\n", {}),
        ("#+ title: One\n\n#+ severity: after a gap\n", {"title": "One"}),
        ("#+ begins without a key\n#+ title: One", {"title": "One"}),
    ],
)
def test_the_header_is_read_until_the_query_begins(text, header):
    assert header_of(text) == header
