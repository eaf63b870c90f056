"""Signed nanopublications: whoever changes one, or its signature, is found out."""

import asyncio
import base64

import pyoxigraph as ox
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from osteokg.kg.errors import RequestError
from osteokg.kg.nanopub import (
    DATASET_FORMATS,
    NPX,
    faults_of,
    nanopub_of,
    nanopubs_bytes,
    nanopubs_in,
)
from osteokg.kg.signing import read_key, signature_faults, signed
from osteokg.kg.store import InProcessStore

FINDING = "https://w3id.org/osteokg/id/finding/quill-2001-k2-bone-mass-femur"
ORCID = "https://orcid.org/0000-0002-1825-0097"


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def one(version):
    return asyncio.run(nanopub_of(InProcessStore(version), FINDING))


def private_bytes(key, encoding):
    return key.private_bytes(
        encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def through_a_file(nanopub, old=b"", new=b""):
    text = nanopubs_bytes([nanopub], DATASET_FORMATS[1]).replace(old, new)
    (read,) = nanopubs_in(text, ox.RdfFormat.N_QUADS)
    return read


def test_a_signed_one_says_the_same_under_another_name(one, key):
    made = signed(one, key, ORCID)
    assert made.iri != one.iri
    assert made == signed(one, key, ORCID)
    assert (faults_of(made), signature_faults(made)) == ([], [])
    read = through_a_file(made)
    assert (faults_of(read), signature_faults(read)) == ([], [])
    said = {(q.predicate.value, q.object.value) for q in made.quads}
    assert (NPX + "signedBy", ORCID) in said
    assert ("http://purl.org/dc/terms/creator", ORCID) in said
    assert len(made.quads) == len(one.quads) + 6


def test_nobody_is_named_who_does_not_say_so(one, key):
    said = {q.predicate.value for q in signed(one, key).quads}
    assert NPX + "signedBy" not in said


def test_what_was_changed_after_signing_is_found_out(one, key):
    changed = through_a_file(signed(one, key), b"vocab/Femur>", b"vocab/Tibia>")
    assert "was changed after it was signed" in signature_faults(changed)[0]


def test_a_signature_of_another_key_is_found_out(one, key):
    ours = signed(one, key)
    others = signed(one, rsa.generate_private_key(65537, 2048))

    def value(nanopub):
        return next(
            q.object.value for q in nanopub.quads if q.predicate.value == NPX + "hasSignature"
        ).encode()

    mixed = through_a_file(ours, value(ours), value(others))
    assert "signed with another key" in signature_faults(mixed)[0]
    broken = through_a_file(ours, value(ours), b"no base64!")
    assert signature_faults(broken) != []


def test_one_without_a_signature_has_no_faults_in_it(one):
    assert signature_faults(one) == []


@pytest.mark.parametrize("form", ["PEM", "base64"])
def test_a_key_is_read_as_tools_keep_it(tmp_path, key, form):
    path = tmp_path / "id_rsa"
    if form == "PEM":
        path.write_bytes(private_bytes(key, serialization.Encoding.PEM))
    else:
        path.write_bytes(base64.b64encode(private_bytes(key, serialization.Encoding.DER)))
    assert read_key(path).private_numbers() == key.private_numbers()


def test_what_is_no_rsa_key_is_told(tmp_path):
    path = tmp_path / "key"
    path.write_bytes(b"-----BEGIN PRIVATE KEY-----\nnothing")
    with pytest.raises(RequestError, match=r"key: this is no private key"):
        read_key(path)
    elliptic = ec.generate_private_key(ec.SECP256R1())
    path.write_bytes(private_bytes(elliptic, serialization.Encoding.PEM))
    with pytest.raises(RequestError, match=r"key: this is no RSA key"):
        read_key(path)


def test_a_signer_has_an_iri(one, key):
    with pytest.raises(RequestError, match="'me' is no IRI"):
        signed(one, key, "me")
