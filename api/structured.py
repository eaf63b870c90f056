"""Structured data: what a page is about, in the words of schema.org, for search engines.

A JSON-LD data block (https://www.w3.org/TR/json-ld11/#embedding-json-ld-in-html-documents): a
browser does not run it, so the content security policy need not let it. Only what the graph says
is told.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from osteokg.kg.entity import Entity
from osteokg.kg.metadata import about
from osteokg.kg.names import BASE, PREFIXES, VOCAB
from osteokg.kg.release import ReleaseFile
from osteokg.kg.terms import Ontology, Term

__all__ = ["block", "dataset", "schema_type", "structured", "term_set"]

_Json = dict[str, Any]

_CONTEXT = "https://schema.org"
_ARTICLES = {VOCAB + "PrimaryArticle", VOCAB + "ReviewArticle"}
_DCTERMS = PREFIXES["dcterms"]


def block(told: _Json | None) -> str | None:
    """Return what stands in the data block of a page, None for a page without.

    No sign of it can end the element.
    """
    if told is None:
        return None
    text = json.dumps({"@context": _CONTEXT, **told}, ensure_ascii=False, indent=1)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def schema_type(entity: Entity) -> str | None:
    """Return the class of schema.org that a thing is of, None where it has no word for it."""
    if entity.iri.startswith(VOCAB):
        return "DefinedTerm"
    types = {value.iri for value in dict(entity.properties()).get(PREFIXES["rdf"] + "type", [])}
    return "ScholarlyArticle" if types & _ARTICLES else None


def structured(entity: Entity, term: Term | None) -> _Json | None:
    """Return what schema.org has words for: a publication, a term of the ontology."""
    if term is not None:
        return _term(term)
    if schema_type(entity) != "ScholarlyArticle":
        return None
    values = {name: [value.text for value in found] for name, found in entity.properties()}
    return _article(entity.iri, values)


def _article(iri: str, values: dict[str, list[str]]) -> _Json:
    def first(name: str) -> str | None:
        return next(iter(values.get(name, [])), None)

    doi, pmid = first(VOCAB + "doi"), first(VOCAB + "pmid")
    title = first(_DCTERMS + "title")
    authors = (first(_DCTERMS + "creator") or "").split(", ")
    journal = first(VOCAB + "journal")
    pubmed = f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else None
    same = [address for address in (doi and f"https://doi.org/{doi}", pubmed) if address]
    return _without_gaps(
        {
            "@type": "ScholarlyArticle",
            "@id": iri,
            "name": title or first(PREFIXES["rdfs"] + "label"),
            "headline": title,
            "author": [{"@type": "Person", "name": name} for name in authors if name],
            "datePublished": first(_DCTERMS + "issued"),
            "pagination": first(VOCAB + "pages"),
            "isPartOf": _issue(journal, first(VOCAB + "volume"), first(VOCAB + "issue")),
            "sameAs": same,
        }
    )


def _issue(journal: str | None, volume: str | None, issue: str | None) -> _Json | None:
    """Return the issue of the volume of the journal that an article is in, as far as told."""
    told: _Json | None = {"@type": "Periodical", "name": journal} if journal else None
    if volume:
        told = _without_gaps(
            {"@type": "PublicationVolume", "volumeNumber": volume, "isPartOf": told}
        )
    if issue:
        told = _without_gaps({"@type": "PublicationIssue", "issueNumber": issue, "isPartOf": told})
    return told


def _term(term: Term) -> _Json:
    return _without_gaps(
        {
            "@type": "DefinedTerm",
            "@id": term.iri,
            "name": term.label,
            "termCode": term.name,
            "description": term.first("skos:definition"),
            "alternateName": list(term.values("skos:altLabel")),
            "inDefinedTermSet": VOCAB,
            "sameAs": [match.iri for match in term.matches if match.relation == "exact"],
        }
    )


def term_set(ontology: Ontology) -> _Json:
    """Return the ontology as a set of terms, which are told on their own pages."""
    document = ontology.document
    return _without_gaps(
        {
            "@type": "DefinedTermSet",
            "@id": VOCAB,
            "name": document.first("dcterms:title"),
            "description": document.first("dcterms:description"),
            "version": document.first("owl:versionInfo"),
            "license": document.first("dcterms:license"),
            "dateCreated": document.first("dcterms:created"),
            "dateModified": document.first("dcterms:modified"),
            "creator": _organisation(document.first("dcterms:creator")),
            "hasDefinedTerm": [{"@id": iri} for iri in sorted(ontology.terms)],
        }
    )


def dataset(base: str, version: str, files: Iterable[ReleaseFile]) -> _Json:
    """Return the dataset in a version, with the files of it that can be had at a service."""
    what = about()
    downloads = [
        {
            "@type": "DataDownload",
            "name": file.name,
            "description": file.words,
            "encodingFormat": file.media_type,
            "contentUrl": f"{base}/dumps/{version}/{file.name}",
        }
        for file in files
    ]
    return _without_gaps(
        {
            "@type": "Dataset",
            "@id": BASE,
            "name": what.title,
            "description": what.description,
            "url": f"{base}/",
            "identifier": [BASE, version],
            "version": version,
            "license": what.license,
            "isAccessibleForFree": True,
            "inLanguage": "en",
            "keywords": list(what.keywords),
            "creator": _organisation(what.creator),
            "distribution": downloads,
            "conditionsOfAccess": "public",
        }
    )


def _organisation(name: str | None) -> _Json | None:
    return {"@type": "Organization", "name": name} if name else None


def _without_gaps(told: _Json) -> _Json:
    """Return what is known: nothing is told of what the graph does not say."""
    return {name: value for name, value in told.items() if value not in (None, "", [])}
