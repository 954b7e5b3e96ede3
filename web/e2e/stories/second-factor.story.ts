import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { codeOf } from "../support/authenticator";
import type { Person } from "../support/portico";
import { accessible, expect, test } from "../support/story";

test.use({ settings: { PORTICO__METHODS__MAGIC_LINK__ENABLED: "true" } });

const card = (page: Page) => page.locator("section", { has: page.getByRole("heading", { name: /^Two-factor/ }) });

async function passwordStep(page: Page, person: Person): Promise<void> {
  await page.goto("/sign-in");
  await page.getByLabel("Email address").fill(person.email);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** Sets an app up in the browser of somebody who is signed in; gives its key and the backup codes. */
async function setUpApp(page: Page, password?: string): Promise<{ key: string; codes: string[] }> {
  await page.goto("/account/security");
  await page.getByRole("button", { name: "Set up an authenticator app" }).click();
  if (password) await page.getByRole("dialog").getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Continue" }).click();
  const key = (await page.getByRole("dialog").locator("code").textContent()) ?? "";
  await page.getByLabel("Code that the app shows").fill(codeOf(key));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("list", { name: "Backup codes" }).getByRole("listitem")).toHaveCount(10);
  const codes = await page.getByRole("list", { name: "Backup codes" }).getByRole("listitem").allTextContents();
  return { key, codes };
}

test("an app is set up, and asked for at the next sign-in", async ({ page, context, portico, enter, word }) => {
  const person = await portico.person("Tess Totp", `${word}@example.com`);
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await enter(context, person);
  await page.goto("/account/security");
  await expect(card(page).getByText("Off", { exact: true })).toBeVisible();
  await page.getByRole("button", { name: "Set up an authenticator app" }).click();
  const dialog = page.getByRole("dialog", { name: "Set up an authenticator app" });
  await expect(dialog.getByLabel("Password", { exact: true })).toBeFocused();
  await accessible(page);

  await page.keyboard.type("not the password");
  await page.keyboard.press("Enter");
  await expect(dialog.getByText("The password is wrong.")).toBeVisible();
  await expect(dialog.getByLabel("Password", { exact: true })).toBeFocused();
  await dialog.getByLabel("Password", { exact: true }).fill(person.password);
  await page.keyboard.press("Enter");

  // The picture and the text say the same.
  await expect(dialog.getByRole("img", { name: /QR code/ })).toBeVisible();
  await expect(dialog.getByRole("link", { name: "Open in an app on this device" })).toHaveAttribute(
    "href",
    /^otpauth:\/\/totp\//,
  );
  const key = (await dialog.locator("code").textContent()) ?? "";
  expect(key).toMatch(/^([A-Z2-7]{4} ?)+$/);
  await dialog.getByRole("button", { name: "Copy the key" }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(key.replaceAll(" ", ""));
  await accessible(page);
  const code = codeOf(key);
  await dialog.getByLabel("Code that the app shows").fill(code === "000000" ? "111111" : "000000");
  await page.keyboard.press("Enter");
  await expect(dialog.getByText("The code is wrong.")).toBeVisible();
  await dialog.getByLabel("Code that the app shows").fill(codeOf(key));
  await page.keyboard.press("Enter");

  const list = dialog.getByRole("list", { name: "Backup codes" }).getByRole("listitem");
  await expect(list).toHaveCount(10);
  const codes = await list.allTextContents();
  await accessible(page);
  await dialog.getByRole("button", { name: "Copy all" }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(codes.join("\n"));
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    dialog.getByRole("button", { name: "Download" }).click(),
  ]);
  expect(file.suggestedFilename()).toBe("backup-codes.txt");
  const text = readFileSync(await file.path(), "utf8");
  expect(text).toContain(person.email);
  expect(text.split("\n").filter((line) => codes.includes(line))).toEqual(codes);
  await dialog.getByRole("button", { name: "I have kept them" }).click();
  await expect(card(page).getByText("On", { exact: true })).toBeVisible();
  await accessible(page);

  // The next sign-in asks, on this device once.
  await context.clearCookies();
  await passwordStep(page, person);
  await expect(page.getByRole("heading", { name: "Confirm that it is you" })).toBeVisible();
  await page.getByLabel("Code", { exact: true }).fill(codeOf(key, 1));
  await page.getByLabel("Do not ask again on this device").check();
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByRole("heading", { name: "Your account" })).toBeVisible();
  await page.getByRole("button", { name: "Sign out" }).first().click();
  await expect(page).toHaveURL(/\/sign-in/);
  await passwordStep(page, person);
  await expect(page.getByRole("heading", { name: "Your account" })).toBeVisible();
});

test("backup codes are made anew, and it is turned off", async ({ page, context, portico, enter, word }) => {
  const person = await portico.person("Bea Backup", `${word}@example.com`);
  await enter(context, person);
  const { codes } = await setUpApp(page, person.password);
  await page.getByRole("button", { name: "I have kept them" }).click();
  await card(page).getByRole("button", { name: "New backup codes" }).click();
  const dialog = page.getByRole("dialog");
  await accessible(page);
  await dialog.getByLabel("Password", { exact: true }).fill(person.password);
  await dialog.getByRole("button", { name: "New backup codes" }).click();
  const list = dialog.getByRole("list", { name: "Backup codes" }).getByRole("listitem");
  await expect(list).toHaveCount(10);
  const renewed = await list.allTextContents();
  await dialog.getByRole("button", { name: "I have kept them" }).click();

  // An app that is set up is not replaced silently.
  await page.getByRole("button", { name: "Set up an authenticator app" }).click();
  await dialog.getByLabel("Password", { exact: true }).fill(person.password);
  await dialog.getByRole("button", { name: "Continue" }).click();
  await expect(dialog.getByText("An authenticator app is set up already.")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);

  // An old one does not work any more, a new one does.
  await context.clearCookies();
  await passwordStep(page, person);
  await page.getByRole("button", { name: "Use a backup code" }).click();
  await page.getByLabel("Code", { exact: true }).fill(codes[0] ?? "");
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByText("The backup code is wrong or was used already.")).toBeVisible();
  await page.getByLabel("Code", { exact: true }).fill(renewed[0] ?? "");
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByRole("heading", { name: "Your account" })).toBeVisible();

  await page.goto("/account/security");
  await card(page).getByRole("button", { name: "Turn off" }).click();
  await expect(dialog.getByText("all trusted devices are forgotten")).toBeVisible();
  await accessible(page);
  await dialog.getByLabel("Password", { exact: true }).fill(person.password);
  await dialog.getByRole("button", { name: "Turn off" }).click();
  await expect(card(page).getByText("Off", { exact: true })).toBeVisible();
  await context.clearCookies();
  await passwordStep(page, person);
  await expect(page.getByRole("heading", { name: "Your account" })).toBeVisible();
});

test("after too many wrong codes one signs in anew", async ({ page, context, portico, enter, word }) => {
  const person = await portico.person("Wim Wrong", `${word}@example.com`);
  await enter(context, person);
  const { key } = await setUpApp(page, person.password);
  await context.clearCookies();
  await passwordStep(page, person);
  const code = page.getByLabel("Code", { exact: true });
  for (let tries = 0; tries < 5; tries += 1) {
    await code.fill("no code");
    const answer = page.waitForResponse("**/api/auth/two-factor/verify-totp");
    await page.keyboard.press("Enter");
    expect((await answer).status()).toBe(401);
    await expect(page.getByText("The code is wrong.")).toBeVisible();
    await expect(code).toBeFocused();
  }
  await code.fill(codeOf(key, 1));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert").filter({ hasText: "Too many codes." })).toBeVisible();
  await accessible(page);
  await page.getByRole("button", { name: "Sign in anew" }).press("Enter");
  await page.getByLabel("Email address").fill(person.email);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.keyboard.press("Enter");
  await code.fill(codeOf(key, 1));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Your account" })).toBeVisible();

  // Who lets the first step wait too long begins anew as well.
  await context.clearCookies();
  await passwordStep(page, person);
  await expect(code).toBeFocused();
  await context.clearCookies();
  await code.fill("123456");
  await page.keyboard.press("Enter");
  await expect(page.getByText("This took too long. Sign in anew.")).toBeVisible();
});

test("codes come by email", async ({ page, context, portico, enter, word }) => {
  const person = await portico.person("Mia Mail", `${word}@example.com`);
  await enter(context, person);
  await page.goto("/account/security");
  await page.getByRole("button", { name: "Set up codes by email" }).click();
  const dialog = page.getByRole("dialog", { name: "Set up codes by email" });
  await dialog.getByRole("button", { name: "Send a code" }).click();
  const [, first = ""] = await portico.mail.wait(person.email, /\b(\d{6})\b/);
  await accessible(page);
  await dialog.getByLabel("Code", { exact: true }).fill(first);
  await dialog.getByRole("button", { name: "Check and turn on" }).click();
  await expect(card(page).getByText("On", { exact: true })).toBeVisible();
  await expect(dialog).toHaveCount(0);

  await context.clearCookies();
  await passwordStep(page, person);
  portico.mail.letters.length = 0;
  await expect(page.getByRole("button", { name: "Use the authenticator app" })).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Use a backup code" })).toBeVisible();
  await page.getByRole("button", { name: "Send a code" }).click();
  const [, second = ""] = await portico.mail.wait(person.email, /\b(\d{6})\b/);
  await page.getByLabel("Code", { exact: true }).fill(second);
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByRole("heading", { name: "Your account" })).toBeVisible();
});

test("who has no password signs in again when the last time was a while ago", async ({ page, portico, word }) => {
  const email = `${word}@example.com`;
  const { id } = await portico.call("POST", "/v1/users", {
    email_address: email,
    name: "Lea Link",
    email_verified: true,
  });
  const byLink = async (start: string) => {
    portico.mail.letters.length = 0;
    await page.goto(start);
    await page.getByRole("button", { name: "Email me a sign-in link" }).click();
    await page.getByLabel("Email address").fill(email);
    await page.getByRole("button", { name: "Email me a sign-in link" }).click();
    const [link = ""] = await portico.mail.wait(email, /http:\/\/\S+magic-link\/verify\S*/);
    await page.goto(link);
  };
  await byLink("/sign-in");
  await expect(page.getByRole("heading", { name: "Your account" })).toBeVisible();
  await portico.age({ id });
  await page.goto("/account/security");
  await page.getByRole("button", { name: "Set up an authenticator app" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByLabel("Password", { exact: true })).toHaveCount(0);
  await dialog.getByRole("button", { name: "Continue" }).click();
  const again = dialog.getByRole("link", { name: "Sign in again" });
  await expect(again).toBeVisible();
  await accessible(page);
  const start = (await again.getAttribute("href")) ?? "";
  await again.click();
  await expect(page.getByRole("heading", { name: "Sign in again" })).toBeVisible();
  await byLink(start);
  await expect(page).toHaveURL(`${portico.base}/account/security`);
  const { key } = await setUpApp(page);
  await page.getByRole("button", { name: "I have kept them" }).click();

  // Whoever has a second factor shows it too when they sign in again.
  await portico.age({ id });
  await page.goto("/account/security");
  await card(page).getByRole("button", { name: "Turn off" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Turn off" }).click();
  await expect(page.getByRole("dialog").getByRole("link", { name: "Sign in again" })).toBeVisible();
  await byLink(start);
  await page.getByLabel("Code", { exact: true }).fill(codeOf(key, 1));
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page).toHaveURL(`${portico.base}/account/security`);
  await card(page).getByRole("button", { name: "Turn off" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Turn off" }).click();
  await expect(card(page).getByText("Off", { exact: true })).toBeVisible();
});

test("it speaks German, and fits a phone", async ({ page, context, portico, enter, word }) => {
  const person = await portico.person("Gerd German", `${word}@example.com`);
  await page.setViewportSize({ width: 360, height: 720 });
  await page.emulateMedia({ colorScheme: "dark" });
  await enter(context, person);
  await page.goto("/account/security?locale=de");
  await page.getByRole("button", { name: "Authenticator-App einrichten" }).click();
  await page.getByRole("dialog").getByLabel("Passwort", { exact: true }).fill(person.password);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("img", { name: /QR-Code/ })).toBeVisible();
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(wide).toBeLessThanOrEqual(360);
  await accessible(page);
});
