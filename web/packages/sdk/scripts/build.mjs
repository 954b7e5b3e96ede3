// Builds the package as it is published: ES modules and types in dist/, with a package.json of its own.
// `npm publish packages/sdk/dist` publishes it.
import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL("..", import.meta.url));
const dist = `${here}dist`;
rmSync(dist, { recursive: true, force: true });
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
execFileSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], { cwd: here, stdio: "inherit" });

const { scripts: _, exports: entries, ...manifest } = JSON.parse(readFileSync(`${here}package.json`, "utf8"));
const built = {};
for (const [name, source] of Object.entries(entries)) {
  const file = source.replace("./src/", "./").replace(/\.ts$/, "");
  built[name] = { types: `${file}.d.ts`, default: `${file}.js` };
}
writeFileSync(`${dist}/package.json`, `${JSON.stringify({ ...manifest, exports: built }, null, 2)}\n`);
copyFileSync(`${here}README.md`, `${dist}/README.md`);
