// Build the query editor: one file and the licences of what is in it, the same bytes each time.
//   node build.mjs [FOLDER]   (default: ../api/static)
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

const folder = path.resolve(process.argv[2] ?? path.join(import.meta.dirname, "../api/static"));

const { metafile, outputFiles } = await build({
  absWorkingDir: import.meta.dirname,
  entryPoints: ["src/workbench.js"],
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "none", // they stand in the file of licences
  metafile: true,
  write: false,
});

/** Return name, version, licence and licence text of each package that is in the bundle. */
async function licences() {
  const packages = new Set(
    Object.keys(metafile.inputs)
      .map((input) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1])
      .filter(Boolean),
  );
  const texts = [...packages].sort().map(async (name) => {
    const at = path.join(import.meta.dirname, "node_modules", name);
    const about = JSON.parse(await readFile(path.join(at, "package.json"), "utf8"));
    const file = (await readdir(at)).find((entry) => /^licen[cs]e/i.test(entry));
    if (!file) throw new Error(`${name} has no licence file`);
    const text = (await readFile(path.join(at, file), "utf8")).trim();
    return `${name} ${about.version} (${about.license})\n\n${text}\n`;
  });
  return (await Promise.all(texts)).join(`\n${"-".repeat(72)}\n\n`);
}

const made = {
  "workbench.js": outputFiles[0].contents,
  "workbench.licences.txt": Buffer.from(await licences()),
};
const sums = Object.entries(made).map(
  ([name, content]) => `${createHash("sha256").update(content).digest("hex")}  ${name}\n`,
);
made["workbench.sha256"] = Buffer.from(sums.join(""));
for (const [name, content] of Object.entries(made)) {
  await writeFile(path.join(folder, name), content);
}
