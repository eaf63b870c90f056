// jsonld.js reads our JSON-LD: expanded it has our names, framed the shape that was asked for,
// canonized it is the same RDF as the Turtle.
import jsonld from "jsonld";
import { FINDING, OSTEOKG, base, canonical, canonicalOfTurtle, documentLoader, get, same } from "./here.mjs";

const okg = (name) => `${OSTEOKG}vocab/${name}`;
const things = [
  FINDING,
  "id/study/asawa-2004",
  "id/claim/ito-reference-38-additive",
  "id/conclusion/iwamoto-2006-abstract-ca-k2",
  "id/publication/iwamoto-2006",
  "vocab/Femur",
];

for (const thing of things) {
  const document = await (await get(thing, "application/ld+json")).json();
  const turtle = await (await get(thing, "text/turtle")).text();
  same(await canonical(document), await canonicalOfTurtle(turtle, `${base}/`), thing);
}
console.log(`${things.length} things are the same graph in JSON-LD and in Turtle`);

const document = await (await get(FINDING, "application/ld+json")).json();
const expanded = await jsonld.expand(document, { documentLoader });
const finding = expanded.find((node) => node["@id"] === OSTEOKG + FINDING);
same(finding[okg("direction")].map((node) => node["@id"]), [okg("Decreased")], "direction, expanded");
same(finding[okg("hedged")], [{ "@value": false }], "hedged, expanded");

const frame = {
  "@context": `${OSTEOKG}context/1.jsonld`,
  type: "okg:EvidenceAnchor",
  source: { "@explicit": true, label: {} },
};
const framed = await jsonld.frame(document, frame, { documentLoader });
same([framed.sentence, framed.section, framed.source.label], ["S035", "OVX/K2 alone", "Iwamoto et al. 2006"], "anchor, framed");
console.log("expanded and framed they say what they should");

// Every statement of the list is in the graph, triple by triple; jsonld.js reads it strictly, as it
// does unless told otherwise: no key in it means nothing. The Turtle of the list is the same RDF.
const list = await (await get("findings.jsonld")).json();
const canonicalList = await canonical(list);
same(canonicalList, await canonicalOfTurtle(await (await get("findings.ttl")).text(), `${base}/`), "findings.ttl");
for (const name of ["studies", "terms", "things", "cells"]) {
  const told = await canonical(await (await get(`${name}.jsonld`)).json());
  same(told, await canonicalOfTurtle(await (await get(`${name}.ttl`)).text(), `${base}/`), `${name}.ttl`);
}
const listed = canonicalList.split("\n");
const everything = "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }";
const graph = await get(`sparql?query=${encodeURIComponent(everything)}`, "application/n-triples");
const known = new Set((await graph.text()).split("\n"));
const strange = listed.filter((line) => line && !known.has(line));
same(strange, [], "triples of findings.jsonld that are not in the graph");
if (listed.length < 5000) throw new Error(`findings.jsonld says only ${listed.length} triples`);
console.log(`${listed.length} triples of findings.jsonld are in the graph`);
