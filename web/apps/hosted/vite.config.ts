import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { hints } from "../../scripts/hints";
import { besidesHead, preloadMain } from "../../scripts/preload-main";
import { ALWAYS } from "./src/early";
import { paths, placeOf } from "./src/places";

/** The server that `npm run dev` talks to: it must trust the origin of the dev server. */
const backend = process.env.PORTICO_URL ?? "http://127.0.0.1:3000";
const proxy = Object.fromEntries(["/api", "/v1", "/scim"].map((path) => [path, backend]));

/** What every page has, or nearly: React, the parts of pages, and icons. Not what only dialogs and lists need. */
const SHARED =
  /node_modules\/(?:react|react-dom|scheduler|lucide-react)\/|packages\/ui\/src\/(?!overlay|select|charts|table)|apps\/hosted\/src\/(?:\w+\.tsx?|pages\/sign-in\/\w+\.tsx)$/;

/**
 * What each page asks for first. Of what an address has besides its path only an organization changes that, which few name;
 * nearly all that lead to a sign-in say where to go afterwards.
 */
const hinted = () => paths().map((path) => ({ path, pages: [placeOf(path) ?? path], always: ALWAYS, plain: [] }));

// `index.html` refers to `/assets/hosted/x.js`; the files lie in `dist/hosted/assets/`, which the server mounts there.
export default defineConfig(({ command }) => ({
  plugins: [react(), preloadMain("/assets/hosted/"), hints({ base: "/assets/hosted/", pages: hinted })],
  base: command === "build" ? "/assets/hosted/" : "/",
  build: {
    outDir: "../../dist/hosted",
    emptyOutDir: true,
    assetsDir: "assets",
    target: "es2022",
    // To name once more what the head has named costs a slow laptop a tenth of a second.
    modulePreload: { polyfill: false, resolveDependencies: besidesHead },
    assetsInlineLimit: 0,
    sourcemap: false,
    rolldownOptions: {
      output: {
        // A request costs more than a kilobyte: what most pages share is one file. What runs first shares none with them.
        codeSplitting: {
          groups: [
            {
              name: "first",
              test: /(?:apps\/hosted\/src\/(?:api|boot|early|languages|pages|places)|packages\/ui\/src\/locale)\.ts$/,
              priority: 2,
            },
            { name: "shared", test: SHARED, minShareCount: 2, priority: 1 },
          ],
        },
      },
    },
  },
  experimental: {
    renderBuiltUrl: (file) => `/assets/hosted/${file.replace(/^assets\//, "")}`,
  },
  server: { proxy },
}));
