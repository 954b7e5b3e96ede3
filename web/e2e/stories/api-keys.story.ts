import type { Page } from "@playwright/test";
import type { Portico } from "../support/portico";
import { ADMIN, accessible, expect, test } from "../support/story";

test.use({ settings: { PORTICO__METHODS__API_KEY__ENABLED: "true" } });

const row = (page: Page, name: string) => page.getByRole("listitem").filter({ hasText: name });

/** What the application's back end is told about a key. */
async function verified(portico: Portico, key: string): Promise<{ valid: boolean; code?: string; owner?: string }> {
  const { valid, error, api_key } = await portico.call("POST", "/v1/api-keys/verify", { key });
  return { valid, code: error?.code, owner: api_key?.user_id ?? api_key?.organization_id };
}

const line = (page: Page, name: string) => page.getByRole("row").filter({ hasText: name });

/** Makes a key of the organization that the console shows; answers with it. */
async function makeInConsole(page: Page, name: string): Promise<string> {
  await page.getByRole("button", { name: "Make a key" }).click();
  const dialog = page.getByRole("dialog", { name: "Make an API key" });
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByLabel("Expires").selectOption("30");
  await accessible(page);
  await dialog.getByRole("button", { name: "Make it" }).click();
  const shown = page.getByRole("dialog", { name }).getByRole("textbox", { name: "API key" });
  await expect(shown).toBeVisible();
  const key = await shown.inputValue();
  await page.getByRole("button", { name: "I have copied it" }).click();
  return key;
}

test("a key is made, shown once, turned off and on, and deleted", async ({ page, context, portico, enter, word }) => {
  test.setTimeout(120_000);
  const person = await portico.person("Kira Key", `${word}@example.com`);
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await enter(context, person);
  await page.goto("/account");
  await page.getByRole("link", { name: "API keys" }).click();
  await expect(page.getByText("No API keys yet")).toBeVisible();
  await accessible(page);
  await page.getByRole("button", { name: "Create key" }).click();
  const dialog = page.getByRole("dialog", { name: "Create an API key" });
  await expect(dialog.getByLabel("Name")).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(dialog.getByText("Enter a name.")).toBeVisible();
  await dialog.getByLabel("Name").fill("Backup script");
  await dialog.getByLabel("Expires").click();
  await page.getByRole("option", { name: "In 30 days" }).click();
  await accessible(page);
  await dialog.getByRole("button", { name: "Create key" }).click();
  const shown = dialog.getByRole("textbox", { name: "API key" });
  await expect(shown).toBeVisible();
  await accessible(page);
  const key = await shown.inputValue();
  expect(key.length).toBeGreaterThanOrEqual(64);
  await dialog.getByRole("button", { name: "Copy" }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(key);
  await dialog.getByRole("button", { name: "I have kept it" }).click();

  await expect(row(page, "Backup script")).toContainText(key.slice(0, 6));
  await expect(row(page, "Backup script")).toContainText("never used");
  await expect(row(page, "Backup script")).toContainText(/expires in (30 days|4 weeks|\d+ weeks|next month|1 month)/);
  await expect(page.getByText(key)).toHaveCount(0);
  expect(await verified(portico, key)).toEqual({ valid: true, code: undefined, owner: person.id });
  await page.reload();
  await expect(row(page, "Backup script")).toContainText(/used /);
  await expect(page.getByText(key)).toHaveCount(0);

  await page.getByRole("button", { name: "Turn off: Backup script" }).click();
  await expect(row(page, "Backup script").getByText("Off", { exact: true })).toBeVisible();
  expect(await verified(portico, key)).toMatchObject({ valid: false, code: "key_disabled" });
  await accessible(page);
  await page.getByRole("button", { name: "Turn on: Backup script" }).click();
  await expect(page.getByRole("button", { name: "Turn off: Backup script" })).toBeVisible();
  expect(await verified(portico, key)).toMatchObject({ valid: true });

  await page.getByRole("button", { name: "Delete: Backup script" }).click();
  const ask = page.getByRole("alertdialog", { name: "Delete Backup script?" });
  await accessible(page);
  await ask.getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText("No API keys yet")).toBeVisible();
  expect(await verified(portico, key)).toMatchObject({ valid: false, code: "invalid_api_key" });
});

test("many keys come in pages, and a key that has expired says so", async ({ page, context, portico, enter, word }) => {
  const person = await portico.person("Mona Many", `${word}@example.com`);
  await enter(context, person);
  for (let at = 1; at <= 21; at += 1) {
    const data = { name: `Program ${at}` };
    const answer = await context.request.post("/api/auth/api-key/create", { headers: { origin: portico.base }, data });
    expect(answer.status()).toBe(200);
  }
  await portico.sql("UPDATE api_keys SET expires_at = 1 WHERE name = 'Program 21'");
  await page.goto("/account/api-keys");
  await expect(page.getByText("1–20 of 21")).toBeVisible();
  await expect(row(page, "Program 21").getByText("Expired")).toBeVisible();
  await accessible(page);
  await page.getByRole("button", { name: "Next" }).click();
  await expect(page.getByText("21–21 of 21")).toBeVisible();
  await page.getByRole("button", { name: /^Delete: Program 1$/ }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
  await expect(row(page, "Program 20")).toBeVisible();
});

test("what the server does not allow is said beside its field", async ({ page, context, portico, enter, word }) => {
  await enter(context, await portico.person("Lara Limit", `${word}@example.com`));
  await page.goto("/account/api-keys");
  await page.route("**/api/auth/api-key/create", (route) =>
    route.fulfill({ status: 400, json: { code: "EXPIRES_IN_IS_TOO_LARGE", message: "too large" } }),
  );
  await page.getByRole("button", { name: "Create key" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("Long");
  await page.getByRole("dialog").getByRole("button", { name: "Create key" }).click();
  await expect(page.getByText("Keys may not be good for so long here.")).toBeVisible();
  await accessible(page);
});

test("keys speak Spanish, and fit a phone", async ({ page, context, portico, enter, word }) => {
  await page.setViewportSize({ width: 360, height: 720 });
  await page.emulateMedia({ colorScheme: "dark" });
  await enter(context, await portico.person("Sara Spanish", `${word}@example.com`));
  await context.request.post("/api/auth/api-key/create", {
    headers: { origin: portico.base },
    data: { name: "Copias de seguridad de noche", expiresIn: 86_400 },
  });
  await page.goto("/account/api-keys?locale=es");
  await expect(page.getByRole("button", { name: "Crear clave" })).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await accessible(page);
});

test("owners keep the keys of their organization in the console", async ({ page, context, portico, enter, word }) => {
  const owner = await portico.person("Orla Owner", `${word}@example.com`);
  const organization = await portico.organization(`Keys ${word}`, owner);
  await enter(context, owner);
  await page.goto(`/console/o/${organization.id}`);
  await page.getByRole("link", { name: "API keys" }).click();
  await expect(page.getByText("No key has been made")).toBeVisible();
  await accessible(page);
  const key = await makeInConsole(page, "Billing");
  expect(await verified(portico, key)).toMatchObject({ valid: true, owner: organization.id });
  await expect(line(page, "Billing")).toContainText(key.slice(0, 6));
  await expect(page.getByText(key)).toHaveCount(0);
  await page.getByRole("button", { name: "Turn off Billing" }).click();
  await expect(line(page, "Billing").getByText("Off", { exact: true })).toBeVisible();
  expect(await verified(portico, key)).toMatchObject({ valid: false, code: "key_disabled" });
  await page.getByRole("button", { name: "Turn on Billing" }).click();
  await expect(line(page, "Billing").getByText("On", { exact: true })).toBeVisible();
  await accessible(page);
  await page.getByRole("button", { name: "Delete Billing" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText("No key has been made")).toBeVisible();
  expect(await verified(portico, key)).toMatchObject({ valid: false });
});

test("an administrator of the instance makes keys that end with the organization", async ({
  page,
  context,
  portico,
  enter,
  word,
}) => {
  const owner = await portico.person("Orla Owner", `${word}@example.com`);
  const organization = await portico.organization(`Keys ${word}`, owner);
  await enter(context, ADMIN);
  await page.goto(`/console/o/${organization.id}/api-keys`);
  const key = await makeInConsole(page, "Nightly export");
  expect(await verified(portico, key)).toMatchObject({ valid: true, owner: organization.id });
  await page.getByRole("button", { name: "Delete Nightly export" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(line(page, "Nightly export").getByText("Revoked")).toBeVisible();
  expect(await verified(portico, key)).toMatchObject({ valid: false, code: "key_disabled" });
  await accessible(page);
});

test("who may not see an organization's keys is not led there", async ({ page, context, portico, enter, word }) => {
  const owner = await portico.person("Orla Owner", `${word}@example.com`);
  const organization = await portico.organization(`Keys ${word}`, owner);
  const member = await portico.person("Mia Member", `${word}-m@example.com`);
  await portico.call("POST", `/v1/organizations/${organization.id}/memberships`, {
    user_id: member.id,
    role: "org:member",
  });
  await enter(context, member);
  await page.goto(`/console/o/${organization.id}`);
  await expect(page.getByRole("link", { name: "Overview" })).toBeVisible();
  await expect(page.getByRole("link", { name: "API keys" })).toHaveCount(0);
});
