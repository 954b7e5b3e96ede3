import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// PORTICO_URL says where Portico is; pages of this origin have to be in its auth.trusted_origins.
export default defineConfig({
  plugins: [react()],
  define: { __PORTICO_URL__: JSON.stringify(process.env.PORTICO_URL ?? "http://localhost:3000") },
  server: { port: 4001 },
});
