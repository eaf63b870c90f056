// The published frames, over the RDF of the findings, give the very JSON that is served.
import { readFile } from "node:fs/promises";
import jsonld from "jsonld";
import N3 from "n3";
import { OSTEOKG, documentLoader, get, same } from "./here.mjs";

const folder = new URL("ontology/frames/", new URL(process.argv[3], "file:"));
const quads = new N3.Parser().parse(await (await get("findings.ttl")).text());
const writer = new N3.Writer({ format: "N-Quads" });
writer.addQuads(quads);
const text = await new Promise((resolve, reject) =>
  writer.end((error, result) => (error ? reject(error) : resolve(result))),
);
const XSD_STRING = "http://www.w3.org/2001/XMLSchema#string";
const nodes = JSON.parse(
  JSON.stringify(await jsonld.fromRDF(text, { format: "application/n-quads", useNativeTypes: true })),
  // With native types jsonld.js 9 leaves strings their datatype, which the algorithm takes off:
  // https://www.w3.org/TR/json-ld11-api/#rdf-to-object-conversion
  (_, value) => (value?.["@type"] === XSD_STRING ? { "@value": value["@value"] } : value),
);

const served = [];
for (let path = "findings.json"; path; ) {
  const { items, next } = await (await get(path)).json();
  served.push(...items);
  path = next && next.replace(/^\//, "");
}

// Neither the order of keys nor that of values says anything.
function ordered(value) {
  if (Array.isArray(value)) return value.map(ordered).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, ordered(value[key])]));
}

let compared = 0;
for (const kind of ["Finding", "ClinicalFinding", "MechanismStatement", "Explanation", "InteractionClaim"]) {
  const frame = JSON.parse(await readFile(new URL(`${kind}.jsonld`, folder), "utf8"));
  frame["@context"] = `${OSTEOKG}context.jsonld`;
  const framed = await jsonld.frame(nodes, frame, { documentLoader, omitGraph: false });
  const wanted = served.filter((item) => item.type.includes(`okg:${kind}`));
  const alone = ({ finding, kind, ...rest }) => rest;
  const [left, right] = [framed.items, wanted.map(alone)].map((items) => new Map(ordered(items).map((item) => [item.id, item])));
  same([...left.keys()].sort(), [...right.keys()].sort(), `${kind}: which there are`);
  for (const [id, item] of left) same(item, right.get(id), id);
  compared += left.size;
}
if (compared < 200) throw new Error(`only ${compared} statements were compared`);
console.log(`${compared} statements, framed from their triples, are the JSON that is served`);
