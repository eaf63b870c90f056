"""Packages: a release told in the forms that tools for tables and for datasets read.

Data Package (https://specs.frictionlessdata.io/data-package/) and Croissant 1.0
(https://docs.mlcommons.org/croissant/docs/croissant-spec.html). No date of publication is told:
a release is the same whenever it is made.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from osteokg import __version__
from osteokg.kg.files import table_files
from osteokg.kg.headers import header_of
from osteokg.kg.metadata import about
from osteokg.kg.names import BASE

__all__ = ["Packed", "Table", "croissant", "data_package", "sums", "tables"]

_Json = dict[str, Any]


@dataclass(frozen=True)
class Table:
    """Hold a table of a release: its name, what it is, its query (None: of code) and its schema.

    The schema is a Table Schema, https://specs.frictionlessdata.io/table-schema/.
    """

    name: str
    title: str
    description: str
    text: str | None
    schema: Mapping[str, Any]


@cache
def tables() -> tuple[Table, ...]:
    """Return the tables of a release, sorted by name."""
    found = []
    for path in table_files():
        name = path.name.removesuffix(".schema.json")
        schema = json.loads(path.read_text(encoding="utf-8"))
        query = path.with_name(f"{name}.rq")
        text = query.read_text(encoding="utf-8") if query.exists() else None
        header = header_of(text) if text else {}
        title = header.get("title", schema.get("title", name))
        description = header.get("description", schema.get("description", ""))
        found.append(Table(name, title, description, text, schema))
    return tuple(found)


@dataclass(frozen=True)
class Packed:
    """Hold what is told of a file of a release: size in bytes, SHA-256 in hex."""

    name: str
    media_type: str
    words: str
    size: int
    digest: str


def sums(files: Sequence[Packed]) -> str:
    """Return the checksums as ``sha256sum --check`` reads them."""
    return "".join(f"{file.digest}  {file.name}\n" for file in files)


def data_package(version: str, files: Sequence[Packed]) -> str:
    """Return ``datapackage.json``: every file, of the tables also the columns."""
    by_name = {f"{table.name}.csv": table for table in tables()}
    resources = []
    for file in files:
        table = by_name.get(file.name)
        told: _Json = {
            "name": table.name if table else file.name.lower().replace("_", "-"),
            "path": file.name,
            "title": file.words,
            "mediatype": file.media_type,
            "bytes": file.size,
            "hash": f"sha256:{file.digest}",
        }
        if table:
            told |= {"profile": "tabular-data-resource", "format": "csv", "encoding": "utf-8"}
            told |= {"description": table.description, "schema": _columns(table)}
        elif file.media_type == "text/tab-separated-values":
            # SSSOM begins with comments
            told["dialect"] = {"delimiter": "\t", "commentChar": "#"}
        resources.append(told)
    what = about()
    package = {
        "profile": "data-package",
        "name": "osteokg",
        "id": BASE,
        "title": what.title,
        "description": what.description,
        "homepage": BASE,
        "version": version,
        "licenses": [{"name": "CC-BY-4.0", "path": what.license}],
        "contributors": [{"title": what.creator, "role": "author"}],
        "keywords": list(what.keywords),
        "resources": resources,
    }
    return _text(package)


def _columns(table: Table) -> _Json:
    return {key: value for key, value in table.schema.items() if key not in _WORDS}


_WORDS = ("title", "description")

_CONTEXT: _Json = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The context that the specification asks for, appendix 1."""

_TYPES = {"boolean": "sc:Boolean", "integer": "sc:Integer", "number": "sc:Float", "date": "sc:Date"}


def croissant(version: str, files: Sequence[Packed]) -> str:
    """Return ``croissant.json``: every file, and the tables as sets of records."""
    what = about()
    told = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": what.title,
        "description": what.description,
        "license": what.license,
        "url": BASE,
        # a semantic version is asked for, and the content hash is none
        "version": __version__,
        "identifier": version,
        "creator": {"@type": "sc:Organization", "name": what.creator},
        "keywords": list(what.keywords),
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": file.name,
                "name": file.name,
                "description": file.words,
                "contentUrl": file.name,
                "contentSize": f"{file.size} B",
                "encodingFormat": file.media_type,
                "sha256": file.digest,
            }
            for file in files
        ],
        "recordSet": [_records(table) for table in tables()],
    }
    return _text(told)


def _records(table: Table) -> _Json:
    fields = [
        {
            "@type": "cr:Field",
            "@id": f"{table.name}/{field['name']}",
            "name": field["name"],
            "description": field["description"],
            "dataType": _TYPES.get(field["type"], "sc:Text"),
            "source": {
                "fileObject": {"@id": f"{table.name}.csv"},
                "extract": {"column": field["name"]},
            },
        }
        for field in table.schema["fields"]
    ]
    told: _Json = {
        "@type": "cr:RecordSet",
        "@id": table.name,
        "name": table.name,
        "description": table.description,
        "field": fields,
    }
    if keys := table.schema.get("primaryKey"):
        told["key"] = [{"@id": f"{table.name}/{name}"} for name in keys]
    return told


def _text(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"
