import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// AUTH_URL says where people are signed in; pages of this origin have to be trusted there (in Portico: auth.trusted_origins).
export default defineConfig({
  plugins: [react()],
  define: { __AUTH_URL__: JSON.stringify(process.env.AUTH_URL ?? "http://localhost:3000") },
  server: { port: 4001 },
});
