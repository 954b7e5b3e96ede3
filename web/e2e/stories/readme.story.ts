import { spawn } from "node:child_process";
import { once } from "node:events";
import { binary, Portico } from "../support/portico";
import { accessible, test as base, expect } from "../support/story";

/** The walk of README's "Look around", word for word: a server that has never been used, and a made-up Okta. */
const test = base.extend<object, { portico: Portico }>({
  portico: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures from here
    async ({}, use) => {
      const portico = await new Portico().start({}, true);
      await use(portico);
      await portico.stop();
    },
    { scope: "worker", timeout: 120_000 },
  ],
});

test("a newcomer signs in as first admin, connects Okta with the wizard, and sees it happen", async ({
  page,
  portico,
}) => {
  // What `just run` prints.
  const [, email = "", password = ""] = /email\s+(\S+)\s+password\s+(\S+)/.exec(portico.log()) ?? [];
  await page.goto("/");
  await page.getByLabel("Email address").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();

  await expect(page.getByRole("heading", { name: "Organizations", level: 1 })).toBeVisible();
  await accessible(page);
  await page.getByRole("button", { name: "Make an organization" }).first().click();
  await page.getByLabel("Name").fill("Acme");
  await page.getByRole("button", { name: "Make it" }).click();
  await expect(page.getByRole("heading", { name: "Acme", level: 1 })).toBeVisible();

  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Directory sync" }).click();
  await page.getByRole("button", { name: "Connect a directory" }).first().click();
  await page.getByRole("radio", { name: "Okta" }).check();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Make a credential" }).click();
  const url = await page.getByLabel("Endpoint URL", { exact: true }).inputValue();
  const token = await page.getByLabel("Bearer token", { exact: true }).inputValue();
  await page.getByRole("button", { name: "I have copied it: continue" }).click();
  await expect(page.getByText("Waiting for the first request")).toBeVisible();

  const words = ["simulate", "okta", "--url", url, "--people", "12", "--groups", "Everyone,IT", "--changes", "5"];
  const okta = spawn(binary, [...words, "--interval-ms", "200"], {
    env: { ...process.env, PORTICO_SCIM_TOKEN: token },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [okta.stdout, okta.stderr]) stream.on("data", (data) => (said += data));
  const ended = once(okta, "exit");
  await expect(page.getByText("Connected: the first request has arrived")).toBeVisible();
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByText("The first person has arrived")).toBeVisible();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("link", { name: "Open the directory" }).click();
  expect(await ended, said).toEqual([0, null]);

  // People, groups and requests are there without a reload.
  const tabs = page.getByRole("navigation", { name: "Directory" });
  await tabs.getByRole("link", { name: "Users" }).click();
  const people = page.getByRole("table", { name: "People" }).getByRole("row");
  await expect.poll(() => people.count()).toBeGreaterThanOrEqual(13);
  await tabs.getByRole("link", { name: "Groups" }).click();
  for (const group of ["Everyone", "IT"]) await expect(page.getByRole("cell", { name: group }).first()).toBeVisible();
  await tabs.getByRole("link", { name: "Requests" }).click();
  await expect(page.getByRole("row").nth(5)).toBeVisible();
  await accessible(page);
});
