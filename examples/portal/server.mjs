// A portal of static pages. It has no dependencies: PORTICO_URL=http://localhost:3000 node server.mjs
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const portico = new URL(process.env.PORTICO_URL ?? "http://localhost:3000").origin;
const port = Number(process.env.PORT ?? 4000);
const host = process.env.HOST ?? "localhost";
const folder = fileURLToPath(new URL("public/", import.meta.url));
const types = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
};

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url ?? "/", "http://portal");
  const name = pathname.endsWith("/") ? `${pathname}index.html` : pathname;
  const file = join(folder, normalize(name));
  const type = types[extname(file)];
  try {
    if (!file.startsWith(folder) || !type) throw new Error("not served");
    const text = (await readFile(file, "utf8")).replaceAll("%PORTICO_URL%", portico);
    response.writeHead(200, {
      "content-type": type,
      "cache-control": "no-store",
      // All that the elements need: their script, and calls of Portico.
      "content-security-policy":
        `default-src 'none'; script-src 'self' ${portico}; connect-src ${portico}; style-src 'self'; ` +
        "img-src https: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    });
    response.end(text);
  } catch {
    response.writeHead(404, { "content-type": "text/plain; charset=utf-8" });
    response.end("Not found\n");
  }
});
server.listen(port, host, () =>
  console.log(`The portal is on http://${host}:${server.address().port}, Portico on ${portico}`),
);
