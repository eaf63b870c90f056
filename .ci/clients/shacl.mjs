// A SHACL validator of others holds our JSON-LD to our shapes. The curated graphs as they are served
// conform to the shapes of curators, which are closed; all findings, with what the rules compute of
// them, to the shapes for what is served (/shapes/served). What is broken is refused, by the shape
// that it breaks.
import { readFile, readdir } from "node:fs/promises";
import jsonld from "jsonld";
import N3 from "n3";
import Validator from "rdf-validate-shacl";
import { OSTEOKG, documentLoader, get, same } from "./here.mjs";

const shapes = new N3.Store();
const folder = new URL("shapes/", new URL(process.argv[3], "file:"));
for (const name of (await readdir(folder)).filter((one) => one.endsWith(".ttl"))) {
  shapes.addQuads(new N3.Parser().parse(await readFile(new URL(name, folder), "utf8")));
}

async function graph(name) {
  return document(`graphs?graph=${encodeURIComponent(name)}`);
}

async function document(path) {
  const response = await get(path, "application/ld+json");
  const quads = await jsonld.toRDF(await response.json(), { format: "application/n-quads", documentLoader });
  return new N3.Parser({ format: "N-Quads" }).parse(quads);
}

const asked = `SELECT DISTINCT ?graph { GRAPH ?graph { ?s ?p ?o } FILTER(CONTAINS(STR(?graph), "/graph/study/")) }`;
const answer = await get(`sparql?query=${encodeURIComponent(asked)}`, "application/sparql-results+json");
const names = (await answer.json()).results.bindings.map((row) => row.graph.value);
const data = new N3.Store();
for (const name of [`${OSTEOKG}graph/ontology`, ...names]) data.addQuads(await graph(name));

const validator = new Validator(shapes);
const report = await validator.validate(data);
const told = (one) => [one.focusNode?.value, one.sourceShape?.value, one.message.map((words) => words.value)];
same(report.results.filter((one) => one.severity.value.endsWith("#Violation")).map(told), [], "violations");
console.log(`${names.length} graphs, ${data.size} triples conform to ${shapes.size} triples of shapes`);

const { namedNode, quad } = N3.DataFactory;
const okg = (name) => namedNode(`${OSTEOKG}vocab/${name}`);
const finding = namedNode(`${OSTEOKG}id/finding/asawa-2004-k2-bone-resorption-femur`);
const [direction] = data.getQuads(finding, okg("direction"), null, null);
data.removeQuad(direction);
data.addQuad(quad(finding, okg("outcome"), okg("Tibia")));
const broken = (await validator.validate(data)).results
  .filter((one) => one.focusNode.equals(finding))
  .map((one) => one.sourceShape.value.split("/").pop());
same([...new Set(broken)].sort(), ["Finding-direction", "Finding-outcome"], "what is broken");
console.log("a finding without direction, with a site for an outcome, is refused");

const served = new N3.Store(new N3.Parser().parse(await (await get("shapes/served.ttl")).text()));
const list = new N3.Store(await document("findings.jsonld"));
list.addQuads(await graph(`${OSTEOKG}graph/ontology`));
const openly = new Validator(served);
same((await openly.validate(list)).results.filter((one) => one.severity.value.endsWith("#Violation")).map(told), [], "violations of the list");
same(list.countQuads(null, okg("counteracts"), null, null) > 50, true, "computed edges are in it");
list.removeQuads(list.getQuads(finding, okg("direction"), null, null));
const missed = (await openly.validate(list)).results.map((one) => [one.focusNode.value, one.sourceShape.value.split("/").pop()]);
same(missed, [[finding.value, "Finding-direction"]], "what is broken in the list");
console.log(`findings.jsonld, ${list.size} triples with the ontology, conforms to the shapes for what is served`);
