import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** The server that `npm run dev` talks to: its public URL must be the origin of the dev server, or trust it. */
const backend = process.env.PORTICO_URL ?? "http://127.0.0.1:3000";
const proxy = Object.fromEntries(["/api", "/v1", "/scim", "/readyz"].map((path) => [path, backend]));

// `index.html` refers to `/assets/console/x.js`; the files lie in `dist/console/assets/`, which the server mounts there.
export default defineConfig({
  plugins: [react()],
  base: "/assets/console/",
  build: {
    outDir: "../../dist/console",
    emptyOutDir: true,
    assetsDir: "assets",
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
  experimental: {
    renderBuiltUrl: (file) => `/assets/console/${file.replace(/^assets\//, "")}`,
  },
  server: { proxy },
});
