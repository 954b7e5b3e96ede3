// What a page costs to load, compressed as the server sends it: everything that its entry loads before it is asked for
// more. Fails above the budget.
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const kB = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;

/** The size of a file as a client without brotli gets it. */
function size(file) {
  const path = join(dist, file);
  return existsSync(`${path}.gz`) ? statSync(`${path}.gz`).size : gzipSync(readFileSync(path), { level: 9 }).length;
}

/** The modules that a module imports, not those that it may import later. */
function imports(file) {
  const code = readFileSync(join(dist, file), "utf8");
  const found = code.matchAll(/(?:^|[;}\n])\s*(?:import|export)\b[^;"'`()]*?["'`](\.[^"'`]+)["'`]/g);
  return [...found].map(([, name]) => normalize(join(dirname(file), name)));
}

function closure(entries) {
  const all = new Set();
  const visit = (file) => {
    if (all.has(file)) return;
    all.add(file);
    if (file.endsWith(".js")) imports(file).forEach(visit);
  };
  entries.forEach(visit);
  return all;
}

/** What the HTML of an application names: scripts, styles, preloads. */
function page(app) {
  const html = readFileSync(join(dist, app, "index.html"), "utf8");
  const named = [...html.matchAll(/(?:src|href)="\/assets\/(\w+)\/([^"]+\.(?:js|css))"/g)];
  return closure([`${app}/index.html`, ...named.map(([, owner, file]) => `${owner}/assets/${file}`)]);
}

/** What an element loads: the loader, the client, the element's own chunk. */
function element(name) {
  const loader = readFileSync(join(dist, "elements/portico.js"), "utf8");
  const chunk = (stem) => `elements/${new RegExp(`\\./(${stem}-[\\w-]{8}\\.js)`).exec(loader)?.[1]}`;
  return closure(["elements/portico.js", chunk("client"), chunk(name)]);
}

const budgets = [
  ["console, entry", page("console"), 200_000],
  ["hosted, entry", page("hosted"), 200_000],
  ["portico-sign-in", element("sign-in"), 40_000],
  ["portico-sign-up", element("sign-up"), 40_000],
  ["portico-user-button", element("user-button"), 40_000],
  ["portico-organization-switcher", element("organization-switcher"), 40_000],
  ["portico-organization-profile", element("organization-profile"), 60_000],
];
for (const [name, files, budget] of budgets) {
  const total = [...files].reduce((sum, file) => sum + size(file), 0);
  const over = total > budget;
  if (over) process.exitCode = 1;
  console.log(`${over ? "OVER " : ""}${name}: ${kB(total)} of ${kB(budget)} in ${files.size} files`);
}
