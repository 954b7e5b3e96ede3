import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** The server that `npm run dev` talks to: it must trust the origin of the dev server. */
const backend = process.env.PORTICO_URL ?? "http://127.0.0.1:3000";
const proxy = Object.fromEntries(["/api", "/v1", "/scim"].map((path) => [path, backend]));

// `index.html` refers to `/assets/hosted/x.js`; the files lie in `dist/hosted/assets/`, which the server mounts there.
export default defineConfig(({ command }) => ({
  plugins: [react()],
  base: command === "build" ? "/assets/hosted/" : "/",
  build: {
    outDir: "../../dist/hosted",
    emptyOutDir: true,
    assetsDir: "assets",
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    sourcemap: false,
  },
  experimental: {
    renderBuiltUrl: (file) => `/assets/hosted/${file.replace(/^assets\//, "")}`,
  },
  server: { proxy },
}));
