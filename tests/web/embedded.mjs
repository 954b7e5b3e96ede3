// What a release does and a debug build does not: the pages come out of the binary. `node embedded.mjs BINARY DIST` runs one
// that was built so beside what it was built from, which lies where the binary would not look, and compares.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { get } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

const [binary, dist] = process.argv.slice(2);
let passed = 0;
const faults = [];
const check = (holds, fault) => {
  if (holds) passed += 1;
  else faults.push(fault);
};

const probe = createServer().listen(0, "127.0.0.1");
await once(probe, "listening");
const { port } = probe.address();
probe.close();

const folder = mkdtempSync(join(tmpdir(), "portico-embedded-"));
const server = spawn(binary, ["serve"], {
  cwd: folder,
  stdio: ["ignore", "pipe", "pipe"],
  env: {
    PATH: process.env.PATH,
    PORTICO__SERVER__LISTEN: `127.0.0.1:${port}`,
    PORTICO__SERVER__PUBLIC_URL: `http://127.0.0.1:${port}`,
    PORTICO__DATABASE__URL: `sqlite://${join(folder, "portico.db")}?mode=rwc`,
    PORTICO__AUTH__SECRET: "a-secret-for-judges-only-0123456789abcdef",
  },
});

let log = "";
for (const stream of [server.stdout, server.stderr]) stream.on("data", (part) => (log += part));

/** The answer as it came over the wire, not decoded. */
const ask = (path, headers = {}) =>
  new Promise((done, failed) => {
    get({ host: "127.0.0.1", port, path, headers }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => done({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts) }));
    }).on("error", failed);
  });

const read = (file) => readFileSync(join(dist, file));

/** A page of an application, and everything that it names. */
async function page(path, app) {
  const { status, headers, body } = await ask(path);
  const policy = headers["content-security-policy"] ?? "";
  check(status === 200, `${path}: ${status}`);
  check(body.equals(read(`${app}/index.html`)), `${path}: is not what was built`);
  check(/script-src 'self';/.test(policy) && /default-src 'none'/.test(policy), `${path}: its policy is ${policy}`);
  check(headers["cache-control"] === "no-cache", `${path}: ${headers["cache-control"]}`);
  const named = [...body.toString().matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, one]) => one);
  check(named.some((one) => one.endsWith(".js")) && named.some((one) => one.endsWith(".css")), `${path}: names ${named}`);
  check(named.some((one) => one.endsWith(".svg")), `${path}: names no icon`);
  for (const one of named) {
    const { status, headers, body } = await ask(one, { "accept-encoding": "br" });
    const file = one.replace(/^\/assets\/(\w+)\//, "$1/assets/");
    // What is small is not coded.
    const coded = readdirSync(join(dist, file, "..")).includes(`${file.split("/").at(-1)}.br`);
    check(status === 200, `${one}: ${status}`);
    check(headers["content-encoding"] === (coded ? "br" : undefined), `${one}: coded ${headers["content-encoding"]}`);
    check(body.equals(read(coded ? `${file}.br` : file)), `${one}: is not what was built`);
    check(headers["cache-control"] === "public, max-age=31536000, immutable", `${one}: ${headers["cache-control"]}`);
    const again = await ask(one, { "accept-encoding": "br", "if-none-match": headers.etag });
    check(again.status === 304 && again.body.length === 0, `${one}: again ${again.status}`);
  }
}

try {
  for (const deadline = Date.now() + 60_000; ; ) {
    const ready = await ask("/readyz").catch(() => null);
    if (ready?.status === 200) break;
    if (Date.now() > deadline || server.exitCode !== null) throw new Error("the server does not become ready");
    await new Promise((done) => setTimeout(done, 50));
  }
  await page("/console", "console");
  await page("/sign-in", "hosted");
  const { link = "" } = (await ask("/sign-in")).headers;
  check(/<\/assets\/hosted\/[^>]+>; rel=modulepreload/.test(link), `/sign-in: names ${link}`);
  // Each file, not only those that the first visit needs.
  const files = readdirSync(dist, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:js|css)$/.test(entry.name))
    .map((entry) => relative(dist, join(entry.parentPath, entry.name)));
  for (const file of files) {
    const path = file.startsWith("elements/") ? `/${file}` : `/assets/${file.replace("/assets/", "/")}`;
    const { status, body } = await ask(path);
    check(status === 200 && body.equals(read(file)), `${path}: ${status}, or not what was built`);
  }
  check(files.length > 50, `only ${files.length} files were built`);
  for (const path of ["/assets/console/none-12345678.js", "/assets/console/../index.html", "/elements/.built"]) {
    check((await ask(path)).status === 404, `${path} is answered`);
  }
} catch (error) {
  faults.push(String(error));
} finally {
  server.kill("SIGTERM");
  if (server.exitCode === null) await once(server, "exit");
  rmSync(folder, { recursive: true, force: true });
}
if (faults.length > 0) console.error(log);
for (const fault of faults) console.error(`FAIL ${fault}`);
console.log(`embedded pages: ${passed} passed, ${faults.length} failed`);
process.exitCode = faults.length > 0 ? 1 : 0;
