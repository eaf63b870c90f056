"""Signing nanopublications with a key of one's own: RSA, SHA-256, PKCS #1 v1.5.

As the nanopublication tools do, https://nanopub.net/guidelines/working_draft/: the signature
stands in the publication info, over the normal form of all that is there without it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from pathlib import Path

import pyoxigraph as ox
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from osteokg.kg.errors import RequestError
from osteokg.kg.names import PREFIXES
from osteokg.kg.nanopub import NPX, Nanopub, with_trusty_name
from osteokg.kg.trusty import UNKNOWN, normal_form, recoded

__all__ = ["read_key", "signature_faults", "signed"]

_SIGNATURE = ox.NamedNode(NPX + "hasSignature")
_PUBLIC_KEY = ox.NamedNode(NPX + "hasPublicKey")


def read_key(path: Path) -> RSAPrivateKey:
    """Return the RSA key in a file: PEM, or base64 without lines around it, as ``np setup`` writes.

    Raises RequestError for what is no such key, or one with a password; OSError.
    """
    content = path.read_bytes().strip()
    try:
        if content.startswith(b"-----"):
            key = serialization.load_pem_private_key(content, password=None)
        else:
            key = serialization.load_der_private_key(base64.b64decode(content), password=None)
    except (ValueError, TypeError, binascii.Error, UnsupportedAlgorithm) as error:
        raise RequestError(f"{path}: this is no private key that can be read: {error}.") from error
    if not isinstance(key, RSAPrivateKey):
        raise RequestError(f"{path}: this is no RSA key; 'openssl genrsa 2048' makes one.")
    return key


def signed(one: Nanopub, key: RSAPrivateKey, signer: str | None = None) -> Nanopub:
    """Return a nanopublication signed with a key, under the name that it has then.

    ``signer`` is the IRI of whoever signs, who is named as its creator. Raises RequestError for
    what is no IRI.
    """
    quads = recoded(one.quads, one.code, UNKNOWN)
    nanopub = one.iri.replace(one.code, UNKNOWN)
    node, graph = ox.NamedNode(nanopub + "#sig"), ox.NamedNode(nanopub + "#pubinfo")
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    quads += [
        ox.Quad(node, _PUBLIC_KEY, ox.Literal(base64.b64encode(public).decode()), graph),
        ox.Quad(node, ox.NamedNode(NPX + "hasAlgorithm"), ox.Literal("RSA"), graph),
        ox.Quad(node, ox.NamedNode(NPX + "hasSignatureTarget"), ox.NamedNode(nanopub), graph),
    ]
    if signer is not None:
        who = _person(signer)
        creator = ox.NamedNode(PREFIXES["dcterms"] + "creator")
        quads += [
            ox.Quad(node, ox.NamedNode(NPX + "signedBy"), who, graph),
            ox.Quad(ox.NamedNode(nanopub), creator, who, graph),
        ]
    signature = key.sign(normal_form(quads).encode(), PKCS1v15(), hashes.SHA256())
    quads.append(ox.Quad(node, _SIGNATURE, ox.Literal(base64.b64encode(signature).decode()), graph))
    return with_trusty_name(quads, one.statement)


def signature_faults(one: Nanopub) -> list[str]:
    """Return what is wrong with the signature of a nanopublication; nothing for one without."""
    signatures = _literals(one.quads, _SIGNATURE)
    keys = _literals(one.quads, _PUBLIC_KEY)
    if not signatures and not keys:
        return []
    if len(signatures) != 1 or len(keys) != 1:
        return [f"{one.iri} has not one signature and its key, but other numbers of them."]
    without = [quad for quad in one.quads if quad.predicate != _SIGNATURE]
    try:
        key = serialization.load_der_public_key(base64.b64decode(keys[0]))
        if not isinstance(key, RSAPublicKey):
            return [f"{one.iri} is signed with a key that is none of RSA."]
        text = normal_form(without, one.code).encode()
        key.verify(base64.b64decode(signatures[0]), text, PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return [f"{one.iri} was changed after it was signed, or signed with another key."]
    except (ValueError, binascii.Error, UnsupportedAlgorithm) as error:
        return [f"{one.iri} has a signature or a key that cannot be read: {error}."]
    return []


def _literals(quads: Sequence[ox.Quad], name: ox.NamedNode) -> list[str]:
    found = [quad.object for quad in quads if quad.predicate == name]
    return [term.value for term in found if isinstance(term, ox.Literal)]


def _person(signer: str) -> ox.NamedNode:
    try:
        return ox.NamedNode(signer)
    except ValueError as error:
        raise RequestError(
            f"'{signer}' is no IRI of a person; an ORCID is one: https://orcid.org/0000-…"
        ) from error
