import { defineConfig } from "vite";

// One entry with a name that stays, which imports chunks with digests in their names from beside it.
export default defineConfig({
  base: "./",
  build: {
    outDir: "../../dist/elements",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    reportCompressedSize: false,
    rolldownOptions: {
      input: "src/portico.ts",
      output: { entryFileNames: "portico.js", chunkFileNames: "[name]-[hash].js" },
    },
  },
});
