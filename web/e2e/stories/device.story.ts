import type { Page } from "@playwright/test";
import type { Answer, Portico } from "../support/portico";
import { accessible, expect, test } from "../support/story";

test.use({
  settings: { PORTICO__METHODS__DEVICE__ENABLED: "true", PORTICO__METHODS__DEVICE__CLIENT_IDS: "kitchen-radio" },
});

interface Codes {
  device_code: string;
  user_code: string;
  verification_uri: string;
  verification_uri_complete: string;
}

const CLIENT = "kitchen-radio";

/** A device asks for its codes. */
async function asks(portico: Portico, scope?: string): Promise<Codes> {
  const answer = await portico.ask<Codes>("POST", "/api/auth/device/code", { client_id: CLIENT, scope });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
}

/** It looks whether somebody has decided. A story does not wait between two polls as a device has to. */
async function polls(portico: Portico, { device_code }: Codes): Promise<Answer> {
  await portico.sql("UPDATE device_codes SET last_polled_at = NULL");
  return portico.ask("POST", "/api/auth/device/token", {
    grant_type: "urn:ietf:params:oauth:grant-type:device_code",
    device_code,
    client_id: CLIENT,
  });
}

async function enters(page: Page, code: string): Promise<void> {
  await page.getByLabel("Code").fill(code);
  await page.getByRole("button", { name: "Continue" }).click();
}

test("a device asks, a person signs in and lets it in", async ({ page, portico, word }) => {
  const person = await portico.person("Dora Device", `${word}@example.com`);
  const codes = await asks(portico, "music:read music:play");
  expect(codes.verification_uri).toBe(`${portico.base}/device`);
  expect((await polls(portico, codes)).body.error).toBe("authorization_pending");

  // The picture that it shows leads here; whoever is not signed in comes back with the code.
  await page.goto(codes.verification_uri_complete);
  await page.getByLabel("Email address").fill(person.email);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Connect a device" })).toBeVisible();
  const shown = `${codes.user_code.slice(0, 4)}-${codes.user_code.slice(4)}`;
  await expect(page.getByLabel("Code")).toHaveValue(shown);
  await expect(page.getByText(person.email)).toBeVisible();
  await accessible(page);

  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByRole("heading", { name: `Let ${CLIENT} in?` })).toBeVisible();
  await expect(page.getByText(shown)).toBeVisible();
  await expect(page.getByText("music:play")).toBeVisible();
  await expect(page.getByText("begun this yourself")).toBeVisible();
  await accessible(page);
  expect((await polls(portico, codes)).body.error).toBe("authorization_pending");

  await page.getByRole("button", { name: "Let it in" }).click();
  await expect(page.getByRole("heading", { name: "The device is connected" })).toBeVisible();
  await accessible(page);
  const { status, body } = await polls(portico, codes);
  expect(status).toBe(200);
  expect(body.scope).toBe("music:read music:play");
  const session = await portico.ask("GET", "/api/auth/get-session", undefined, {
    authorization: `Bearer ${body.access_token}`,
  });
  expect(session.body.user.email).toBe(person.email);

  // It cannot be decided again.
  await page.goto("/device");
  await enters(page, codes.user_code);
  await expect(page.getByText(/No device waits with this code|answered already/)).toBeVisible();
});

test("a device is refused", async ({ page, context, portico, enter, word }) => {
  await enter(context, await portico.person("Rolf Refuses", `${word}@example.com`));
  const codes = await asks(portico);
  await page.goto("/device");
  await expect(page.getByLabel("Code")).toBeFocused();
  // As people type.
  await enters(page, ` ${codes.user_code.slice(0, 4).toLowerCase()} - ${codes.user_code.slice(4).toLowerCase()}`);
  await page.getByRole("button", { name: "Refuse" }).click();
  await expect(page.getByRole("heading", { name: "The device was refused" })).toBeVisible();
  await accessible(page);
  const { status, body } = await polls(portico, codes);
  expect([status, body.error]).toEqual([400, "access_denied"]);
});

test("codes that are wrong, too old, or somebody else's are refused", async ({
  page,
  context,
  portico,
  enter,
  word,
  browser,
}) => {
  await enter(context, await portico.person("Willi Wrong", `${word}@example.com`));
  await page.goto("/device");
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByText("Enter the code.")).toBeVisible();
  await expect(page.getByLabel("Code")).toBeFocused();
  await enters(page, "AAAA-AAAA");
  await expect(page.getByText("No device waits with this code.")).toBeVisible();
  await expect(page.getByLabel("Code")).toHaveAttribute("aria-invalid", "true");
  await accessible(page);

  // Too old when it is typed in, and when it is decided about.
  const late = await asks(portico);
  await portico.sql("UPDATE device_codes SET expires_at = 1");
  await enters(page, late.user_code);
  await expect(page.getByText("The code has expired.")).toBeVisible();
  const later = await asks(portico);
  await enters(page, later.user_code);
  await expect(page.getByRole("heading", { name: `Let ${CLIENT} in?` })).toBeVisible();
  await portico.sql("UPDATE device_codes SET expires_at = 1");
  await page.getByRole("button", { name: "Let it in" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "The code has expired." })).toBeVisible();
  await accessible(page);
  await page.getByRole("button", { name: "Enter another code" }).click();
  await expect(page.getByRole("heading", { name: "Connect a device" })).toBeVisible();

  // Whoever looks first decides.
  const codes = await asks(portico);
  const other = await browser.newContext({ baseURL: portico.base });
  try {
    await enter(other, await portico.person("Fritz First", `${word}-first@example.com`));
    const first = await other.newPage();
    await first.goto("/device");
    await enters(first, codes.user_code);
    await expect(first.getByRole("heading", { name: `Let ${CLIENT} in?` })).toBeVisible();
    await enters(page, codes.user_code);
    await expect(page.getByText("Somebody else has entered this code.")).toBeVisible();
  } finally {
    await other.close();
  }
});

test("the page of devices speaks French, and fits a phone", async ({ page, context, portico, enter, word }) => {
  await page.setViewportSize({ width: 360, height: 720 });
  await page.emulateMedia({ colorScheme: "dark" });
  await enter(context, await portico.person("Fanny French", `${word}@example.com`));
  const codes = await asks(portico, "music:play");
  await page.goto(`/device?user_code=${codes.user_code}&locale=fr`);
  await page.getByRole("button", { name: "Continuer" }).click();
  await expect(page.getByRole("heading", { name: `Laisser entrer ${CLIENT} ?` })).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await accessible(page);
});
