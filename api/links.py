"""Links: what is told of a document in the headers of its answer, for those who read no further.

RFC 8288, https://www.rfc-editor.org/rfc/rfc8288; the relations are those of FAIR Signposting,
https://signposting.org/FAIR/.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from osteokg.kg.metadata import about

__all__ = ["DESCRIPTION", "Link", "header", "links_of_thing", "of_our_dataset", "of_service"]

Link = tuple[str, str, str]
"""Where it leads, the relation, the media type of what is there (empty: not told)."""


DESCRIPTION: Link = ("/openapi.json", "service-desc", "application/json")
"""What can be asked over HTTP, RFC 8631."""


def header(links: Iterable[Link]) -> str:
    """Return links as the value of a header."""
    return ", ".join(
        f'<{target}>; rel="{relation}"' + (f'; type="{kind}"' if kind else "")
        for target, relation, kind in links
    )


def of_our_dataset(*, described: bool = True) -> list[Link]:
    """Return the links of what is told of our dataset; none where it is not ``described``."""
    if not described:
        return []
    return [
        ("/void", "describedby", ""),
        ("/void", "collection", ""),
        (about().license, "license", ""),
    ]


def of_service(*, described: bool = True) -> str:
    """Return the Link header of what is the service's own: its descriptions, what holds of all."""
    told = [DESCRIPTION, ("/docs", "service-doc", "text/html")]
    return header([*told, *of_our_dataset(described=described)])


def links_of_thing(
    iri: str,
    path: str,
    types: Mapping[str, str],
    shown: str,
    *,
    schema_types: Iterable[str] = (),
    items: Iterable[Link] = (),
    described: bool = True,
) -> str:
    """Return the links of a document about a thing.

    ``path`` is where its documents lie, without the suffix; ``types`` are their media types by
    suffix, ``shown`` the suffix of this one. ``schema_types`` are the classes of schema.org that
    the thing is of, ``items`` what it consists of. ``described`` says that it is of our dataset,
    whose description and licence are told then.
    """
    links: list[Link] = [
        (iri, "canonical", ""),
        (iri, "cite-as", ""),
        *(
            (f"{path}.{suffix}", "alternate", kind)
            for suffix, kind in types.items()
            if suffix != shown
        ),
    ]
    if shown != "html":
        links.append((f"{path}.html", "describes", types["html"]))
    else:
        links += [
            (f"{path}.{suffix}", "describedby", kind)
            for suffix, kind in types.items()
            if suffix != "html"
        ]
        links.append(("https://schema.org/AboutPage", "type", ""))
    links += [(f"https://schema.org/{name}", "type", "") for name in schema_types]
    return header([*links, *of_our_dataset(described=described), *items])
