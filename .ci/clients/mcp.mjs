// The Model Context Protocol as its other SDK speaks it, over HTTP: node mcp.mjs ADDRESS
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { FINDING, OSTEOKG, base, same } from "./here.mjs";

const client = new Client({ name: "osteokg-ci", version: "1.0.0" });
await client.connect(new StreamableHTTPClientTransport(new URL(base)));
const names = (await client.listTools()).tools.map((tool) => tool.name).sort();
same(
  names,
  ["evidence_summary", "get_statement", "list_questions", "query", "run_question", "schema_card", "search_terms"],
  "tools",
);

const call = async (name, input) => await client.callTool({ name, arguments: input });
const found = (await call("search_terms", { text: "menatetrenone" })).structuredContent;
same([found.terms[0].curie, found.truncated], ["okg:Menatetrenone", false], "search_terms");
const told = (await call("get_statement", { thing: OSTEOKG + FINDING })).structuredContent;
same([told.anchors[0].sentence, told.data.direction.label], ["S035", "decreased"], "get_statement");
same(told.provenance.dataset, OSTEOKG, "provenance");
const rows = (await call("query", { sparql: "SELECT ?s { ?s a <https://w3id.org/osteokg/vocab/Finding> }", rows: 5 })).structuredContent;
same([rows.rows.length, rows.truncated, rows.total > 100], [5, true, true], "query");
const wrong = await call("query", { sparql: "SELECT" });
same([wrong.isError, wrong.content[0].text.includes("does not parse")], [true, true], "a wrong query");
const card = await client.readResource({ uri: "osteokg://schema-card" });
same(card.contents[0].text.startsWith("# OsteoKG"), true, "the card");
console.log(`${names.length} tools answer`);
await client.close();
