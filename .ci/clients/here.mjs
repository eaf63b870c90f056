// What the scripts share: where the service is, and how it is asked.
import jsonld from "jsonld";
import N3 from "n3";

export const base = process.argv[2];
export const OSTEOKG = "https://w3id.org/osteokg/";
export const FINDING = "id/finding/asawa-2004-k2-bone-resorption-femur";

export async function get(path, accept) {
  const ask = () => fetch(`${base}/${path}`, { headers: accept ? { Accept: accept } : {} });
  // While we computed, the connection that fetch keeps may have been closed: once more, then.
  const response = await ask().catch(ask);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response;
}

// Names of ours are addresses of this service: nothing else may be fetched.
export async function documentLoader(url) {
  if (!url.startsWith(OSTEOKG)) throw new Error(`${url} is not ours`);
  const response = await get(url.slice(OSTEOKG.length), "application/ld+json");
  return { contextUrl: null, documentUrl: url, document: await response.json() };
}

export async function canonical(document, options = {}) {
  return jsonld.canonize(document, {
    ...options,
    algorithm: "RDFC-1.0",
    format: "application/n-quads",
    documentLoader,
  });
}

export async function canonicalOfTurtle(text, baseIRI) {
  const writer = new N3.Writer({ format: "N-Quads" });
  writer.addQuads(new N3.Parser({ baseIRI }).parse(text));
  const quads = await new Promise((resolve, reject) =>
    writer.end((error, result) => (error ? reject(error) : resolve(result))),
  );
  return jsonld.canonize(quads, {
    algorithm: "RDFC-1.0",
    inputFormat: "application/n-quads",
    format: "application/n-quads",
  });
}

export function same(found, wanted, what) {
  const [left, right] = [found, wanted].map((one) => JSON.stringify(one));
  if (left !== right) throw new Error(`${what}:\n${left.slice(0, 2000)}\nis not\n${right.slice(0, 2000)}`);
}
