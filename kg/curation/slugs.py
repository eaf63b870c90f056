"""Slugs: names of things as people write them in a table, and as the graph has them."""

from __future__ import annotations

import re
import unicodedata

from osteokg.kg.names import ID, VOCAB, contract, expand, kind_of, prefixes

__all__ = ["as_curie", "own_slug", "short_name", "slug_of", "slug_of_term", "title_of"]

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def slug_of(text: str) -> str:
    """Return a text as a slug: small letters, digits, single hyphens.

    >>> slug_of("OVX + 1α(OH)D3")
    'ovx-1alpha-oh-d3'
    """
    signs = []
    for sign in unicodedata.normalize("NFKD", text):
        name = unicodedata.name(sign, "")
        if name.startswith("GREEK") and sign.isalpha():
            signs.append(name.split()[3] if len(name.split()) > 3 else "")
        elif not unicodedata.combining(sign):
            signs.append(sign)
    plain = "".join(signs).casefold().encode("ascii", "replace").decode()
    return "-".join(re.findall("[a-z0-9]+", plain))


def slug_of_term(iri: str) -> str:
    """Return the slug of a term: ``okg:BoneMineralDensity`` gives ``bone-mineral-density``."""
    return slug_of("-".join(_HUMP.split(iri.removeprefix(VOCAB))))


def own_slug(stem: str, text: str) -> str:
    """Return the slug of a thing of the study ``stem`` that a table calls ``text``.

    Empty where there is no letter or digit in the text.
    """
    slug = slug_of(text)
    own = slug == stem or slug.startswith(stem + "-")
    return slug if own or not slug else f"{stem}-{slug}"


def short_name(stem: str, iri: str, kind: str) -> str:
    """Return what a table calls a thing: without the study's slug where it is the study's own."""
    slug = iri.removeprefix(f"{ID}{kind}/")
    short = slug.removeprefix(stem + "-")
    for name in (short, slug):
        if kind_of(iri) == kind and _SLUG.fullmatch(name) and own_slug(stem, name) == slug:
            return name
    return contract(iri)


def as_curie(text: str) -> str | None:
    """Return the IRI of ``<IRI>`` or a CURIE with a known prefix, None for another text."""
    prefix, colon, local = text.partition(":")
    if text.startswith("<") and text.endswith(">"):
        return text[1:-1]
    if colon and local and " " not in text and (prefix in prefixes() or local.startswith("//")):
        return expand(text)
    return None


def title_of(stem: str) -> str:
    """Return what a study is called in print: ``kato-2001`` gives ``Kato 2001``."""
    return " ".join(word.capitalize() for word in stem.split("-"))
