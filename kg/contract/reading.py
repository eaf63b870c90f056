"""Reading: make models from triples, each key by what the context says of it.

What comes out says nothing that the triples do not say: read through the context it is a part of
the graph. A value that its key cannot hold (a second value of a single one, a number where a truth
value belongs) is left out here; the thing's own document (``/id/…``) has it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

import pyoxigraph as ox

from osteokg.kg.contract.parts import Link, LiteralValue, Resource
from osteokg.kg.jsonld import context, curie, literal, predicate_of

__all__ = ["Described", "Field", "fields_of"]

Model = TypeVar("Model", bound=Resource)

_MODEL_KINDS = (Resource, Link)


class Field:
    """Hold what a model's field is: its key, the property, what stands there.

    ``several`` for an array; ``optional`` is left out where there is no value.
    """

    def __init__(self, key: str, annotation: Any) -> None:
        """Read a field's annotation: ``X``, ``X | None``, ``list[X]`` or ``list[X] | None``."""
        self.key = key
        self.predicate, self.definition = predicate_of(key)
        outer = _alternatives(annotation)
        lists = [one for one in outer if get_origin(one) is list]
        self.several = bool(lists)
        self.optional = type(None) in outer
        kinds = _alternatives(get_args(lists[0])[0]) if lists else outer
        models = [
            kind for kind in kinds if isinstance(kind, type) and issubclass(kind, _MODEL_KINDS)
        ]
        self.model: type[Resource] | type[Link] | None = models[0] if models else None
        self.plain = tuple(kind for kind in kinds if kind in (str, int, bool))
        self.typed = LiteralValue in kinds

    @property
    def names_a_thing(self) -> bool:
        """Return whether the value is a thing's name alone."""
        return (
            self.model is None
            and self.definition.get("@type") in ("@id", None)
            and (self.definition.get("@type") == "@id" or self.definition["@id"] == "@type")
        )


def _alternatives(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)


@cache
def fields_of(model: type[Resource] | type[Link]) -> tuple[Field, ...]:
    """Return the fields of a model that are read from triples, in the model's order.

    Those are all but ``id`` and what the context has no key for, which is for plain JSON alone.
    """
    return tuple(
        Field(info.alias or name, info.annotation)
        for name, info in model.model_fields.items()
        if name != "id" and (info.alias or name) in context()
    )


class Described:
    """Hold a graph by subject and property, to make models from."""

    def __init__(self, triples: Iterable[ox.Triple]) -> None:
        """Index triples; those about blank nodes are left out."""
        said: dict[str, dict[str, set[ox.NamedNode | ox.Literal]]] = defaultdict(
            lambda: defaultdict(set)
        )
        for triple in triples:
            if isinstance(triple.subject, ox.NamedNode) and isinstance(
                triple.object, ox.NamedNode | ox.Literal
            ):
                said[triple.subject.value][triple.predicate.value].add(triple.object)
        self._said: Mapping[str, Mapping[str, set[ox.NamedNode | ox.Literal]]] = said
        self._made: dict[tuple[type, str], Resource | Link] = {}

    def classes(self, iri: str) -> set[str]:
        """Return the IRIs of a thing's classes."""
        return {term.value for term in self._objects(iri, predicate_of("type")[0])}

    def read(self, model: type[Model], iri: str) -> Model:
        """Return the model of a thing."""
        made = self._make(model, iri)
        assert isinstance(made, model)
        return made

    def _objects(self, iri: str, predicate: str) -> Iterable[ox.NamedNode | ox.Literal]:
        terms = self._said.get(iri, {}).get(predicate, ())
        return terms if len(terms) < 2 else sorted(terms, key=str)

    def _make(self, model: type[Resource] | type[Link], iri: str) -> Resource | Link:
        """Return the model of a thing: the same one wherever the thing stands."""
        made = self._made.get((model, iri))
        if made is None:
            node: dict[str, Any] = {"id": curie(iri)}
            for field in fields_of(model):
                values = [
                    value
                    for term in self._objects(iri, field.predicate)
                    if (value := self._value(field, term)) is not None
                ]
                if values or not field.optional:
                    node[field.key] = values if field.several else values[0]
            made = self._made[model, iri] = model.model_validate(node)
        return made

    def _value(self, field: Field, term: ox.NamedNode | ox.Literal) -> Any:
        """Return a term as the field holds it, None where it cannot."""
        if isinstance(term, ox.NamedNode):
            if field.model is not None:
                return self._make(field.model, term.value)
            return curie(term.value) if field.names_a_thing else None
        if field.model is not None or field.names_a_thing:
            return None
        value = literal(term, field.definition)
        if isinstance(value, dict):
            # Of what is said to be in no language or of no type, a model keeps the text.
            fits = field.typed and isinstance(value["@value"], str)
            return value if fits else None
        return value if type(value) in field.plain else None
