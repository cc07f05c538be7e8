// An npm registry of the tarballs in a directory, for machines without a network: node registry.mjs DIRECTORY PORT
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

const [directory, port] = process.argv.slice(2);
const packages = new Map();
for (const file of readdirSync(directory)) {
  const [, name, version] = /^(.+)-(\d+\.\d+\.\d+)\.tgz$/.exec(file);
  const bytes = readFileSync(join(directory, file));
  const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  packages.set(name, { file, bytes, version, integrity });
}

createServer((request, response) => {
  const [, name, file] = request.url.split("/");
  const found = packages.get(name);
  if (found === undefined) return response.writeHead(404).end("{}");
  if (file !== undefined) return response.end(found.bytes);
  const { version, integrity } = found;
  const dist = { tarball: `http://127.0.0.1:${port}/${name}/${found.file}`, integrity };
  const versions = { [version]: { name, version, dist } };
  response.setHeader("content-type", "application/json");
  // Yarn refuses packages that were published within the last days.
  const time = { [version]: "2020-01-01T00:00:00.000Z" };
  response.end(JSON.stringify({ name, "dist-tags": { latest: version }, versions, time }));
}).listen(Number(port), "127.0.0.1");
