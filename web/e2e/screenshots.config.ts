import { defineConfig } from "@playwright/test";
import stories from "./playwright.config";

/** `just screenshots`: pictures of the main pages into docs/images. */
export default defineConfig(stories, {
  testDir: "screenshots",
  testMatch: "*.shots.ts",
  timeout: 180_000,
  use: { trace: "off" },
});
