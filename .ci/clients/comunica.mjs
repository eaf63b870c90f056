// Comunica asks the endpoint, and documents that it dereferences by the names of things.
import { QueryEngine } from "@comunica/query-sparql";
import { FINDING, OSTEOKG, base, same } from "./here.mjs";

const engine = new QueryEngine();
const prefixes = `PREFIX okg: <${OSTEOKG}vocab/> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>`;

async function rows(query, sources) {
  const found = await (await engine.queryBindings(`${prefixes} ${query}`, { sources, lenient: false })).toArray();
  return found
    .map((row) => [...row].sort(([one], [other]) => (one.value < other.value ? -1 : 1)))
    .map((row) => row.map(([, term]) => term.value))
    .sort();
}

const endpoint = [{ type: "sparql", value: `${base}/sparql` }];
const review = "?finding a okg:Finding ; okg:outcome okg:BoneMass ; okg:site/okg:coveredBy okg:Tibia ; okg:study/rdfs:label ?study .";
const byComunica = await rows(`SELECT DISTINCT ?study { ${review} }`, endpoint);
const direct = await fetch(`${base}/sparql?query=${encodeURIComponent(`${prefixes} SELECT DISTINCT ?study { ${review} }`)}`, {
  headers: { Accept: "application/sparql-results+json" },
});
const wanted = (await direct.json()).results.bindings.map((row) => [row.study.value]).sort();
same(byComunica, wanted, "studies by the endpoint");
if (!wanted.some(([study]) => study === "Mawatari 2000")) throw new Error(`studies: ${wanted}`);
console.log(`endpoint: ${wanted.length} studies`);

// The source is the name of a thing: it is led to a document, in a format that it reads.
const said = "SELECT ?direction ?sentence { ?finding okg:direction/rdfs:label ?direction ; okg:anchor/okg:sentence ?sentence }";
same(await rows(said, [`${base}/${FINDING}`]), [["decreased", "S035"]], "a dereferenced finding");
for (const suffix of ["ttl", "nt", "jsonld", "rdf"]) {
  same(await rows(said, [`${base}/${FINDING}.${suffix}`]), [["decreased", "S035"]], suffix);
}

// A document and the endpoint, joined by whoever asks.
const joined = "SELECT ?label { ?finding okg:outcome ?outcome ; okg:anchor ?anchor . ?outcome okg:agreementDomain/rdfs:label|rdfs:label ?label }";
const labels = await rows(joined, [`${base}/${FINDING}`, ...endpoint]);
if (!labels.flat().includes("bone resorption")) throw new Error(`labels: ${labels}`);
console.log("documents: dereferenced, by suffix, joined with the endpoint");

const yes = await engine.queryBoolean(`${prefixes} ASK { ?s a okg:Finding }`, { sources: endpoint });
same(yes, true, "ASK");
