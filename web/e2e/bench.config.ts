import { defineConfig } from "@playwright/test";
import stories from "./playwright.config";

/** `just bench-web`: what each page weighs, and how soon it can be used on a slow laptop. */
export default defineConfig(stories, {
  testDir: "bench",
  testMatch: "*.bench.ts",
  timeout: 1_800_000,
  use: { trace: "off", screenshot: "off" },
});
