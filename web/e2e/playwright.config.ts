import { defineConfig } from "@playwright/test";
import { args, executablePath } from "./browser";

export default defineConfig({
  testDir: "stories",
  testMatch: "*.story.ts",
  // One server and one browser at a time: the stories follow one another on small machines too.
  workers: 1,
  forbidOnly: Boolean(process.env.CI),
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [["list"]],
  outputDir: "test-results",
  use: {
    browserName: "chromium",
    launchOptions: { executablePath, args },
    locale: "en-US",
    screenshot: "only-on-failure",
    trace: "retain-on-failure",
  },
});
