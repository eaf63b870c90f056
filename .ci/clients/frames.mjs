// The published frames, over the RDF of the findings, give the very JSON that is served.
import { readFile } from "node:fs/promises";
import jsonld from "jsonld";
import N3 from "n3";
import { OSTEOKG, documentLoader, get, same } from "./here.mjs";

const folder = new URL("ontology/frames/", new URL(process.argv[3], "file:"));
const XSD_STRING = "http://www.w3.org/2001/XMLSchema#string";

async function triplesOf(list) {
  const writer = new N3.Writer({ format: "N-Quads" });
  writer.addQuads(new N3.Parser().parse(await (await get(`${list}.ttl`)).text()));
  const text = await new Promise((resolve, reject) =>
    writer.end((error, result) => (error ? reject(error) : resolve(result))),
  );
  return JSON.parse(
    JSON.stringify(await jsonld.fromRDF(text, { format: "application/n-quads", useNativeTypes: true })),
    // With native types jsonld.js 9 leaves strings their datatype, which the algorithm takes off:
    // https://www.w3.org/TR/json-ld11-api/#rdf-to-object-conversion
    (_, value) => (value?.["@type"] === XSD_STRING ? { "@value": value["@value"] } : value),
  );
}

async function servedBy(list) {
  const served = [];
  for (let path = `${list}.json`; path; ) {
    const { items, next } = await (await get(path)).json();
    served.push(...items);
    path = next && next.slice(base.length + 1);
  }
  return served;
}

// Neither the order of keys nor that of values says anything.
function ordered(value) {
  if (Array.isArray(value)) return value.map(ordered).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, ordered(value[key])]));
}

// Keys for who reads plain JSON, which are no part of the RDF.
const alone = ({ finding, kind, findings, findingsBelow, ...rest }) => rest;

const FRAMES = {
  findings: ["Finding", "ClinicalFinding", "MechanismStatement", "Explanation", "InteractionClaim"],
  studies: ["Study"],
  terms: ["Term"],
  cells: ["EvidenceCell"],
};
for (const [list, kinds] of Object.entries(FRAMES)) {
  const [nodes, served] = [await triplesOf(list), await servedBy(list)];
  let compared = 0;
  for (const kind of kinds) {
    const frame = JSON.parse(await readFile(new URL(`${kind}.jsonld`, folder), "utf8"));
    frame["@context"] = `${OSTEOKG}context/1.jsonld`;
    const framed = await jsonld.frame(nodes, frame, { documentLoader, omitGraph: false });
    const classes = [frame["@type"]].flat();
    const wanted = served.filter((item) => item.type.some((one) => classes.includes(one)));
    const [left, right] = [framed.items, wanted.map(alone)].map((items) => new Map(ordered(items).map((item) => [item.id, item])));
    // What belongs to something else on the list is framed as well: the members of joint studies.
    const ours = list === "findings" ? [...left.keys()] : [...left.keys()].filter((id) => right.has(id));
    same(ours.sort(), [...right.keys()].sort(), `${kind}: which there are`);
    for (const [id, item] of right) same(left.get(id), item, id);
    compared += right.size;
  }
  if (compared < 50) throw new Error(`only ${compared} of ${list} were compared`);
  console.log(`${compared} ${list}, framed from their triples, are the JSON that is served`);
}
