import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { hints } from "../../scripts/hints";
import { besidesHead, preloadMain } from "../../scripts/preload-main";
import { ALWAYS, readsOf } from "./src/api/early";
import { paths, placesOf } from "./src/places";

/** The server that `npm run dev` talks to: its public URL must be the origin of the dev server, or trust it. */
const backend = process.env.PORTICO_URL ?? "http://127.0.0.1:3000";
const proxy = Object.fromEntries(["/api", "/v1", "/scim", "/readyz"].map((path) => [path, backend]));

/** What names the ids in lists of what happened, which few pages are. */
const NAMES = /apps\/console\/src\/(?:api\/names|lib\/mentions|components\/named)\.tsx?$/;
/** What most pages have: React, the router, the parts of pages. Not that, nor what only an open menu or dialog stands on. */
const SHARED =
  /node_modules\/(?:react|react-dom|scheduler|lucide-react|@tanstack\/[\w-]+)\/|apps\/console\/src\/(?!api\/names|lib\/mentions|components\/named)(?:api|lib|components(?!\/(?:kit\/(?:dialog|menu)|shell\/\w+-menu)\.tsx))\//;

/** What each page asks for first. */
const hinted = (there: (page: string) => boolean) =>
  paths().map((path) => ({
    path: `/console${path}`,
    pages: placesOf(path, there),
    always: ALWAYS,
    plain: readsOf(path),
  }));

// `index.html` refers to `/assets/console/x.js`; the files lie in `dist/console/assets/`, which the server mounts there.
export default defineConfig({
  plugins: [react(), preloadMain("/assets/console/"), hints({ base: "/assets/console/", pages: hinted })],
  base: "/assets/console/",
  build: {
    outDir: "../../dist/console",
    emptyOutDir: true,
    assetsDir: "assets",
    target: "es2022",
    // To name once more what the head has named costs a slow laptop a tenth of a second.
    modulePreload: { polyfill: false, resolveDependencies: besidesHead },
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        // A request costs more than a kilobyte: what most pages share is one file. What runs first shares none with them.
        codeSplitting: {
          groups: [
            {
              name: "first",
              test: /apps\/console\/src\/(?:api\/(?:early|paths)|lib\/newest|boot|pages|places)\.ts$/,
              priority: 2,
            },
            { name: "shared", test: SHARED, minShareCount: 2, priority: 1 },
            { name: "names", test: NAMES },
          ],
        },
      },
    },
  },
  experimental: {
    renderBuiltUrl: (file) => `/assets/console/${file.replace(/^assets\//, "")}`,
  },
  server: { proxy },
});
