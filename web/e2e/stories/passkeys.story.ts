import type { Page } from "@playwright/test";
import { codeOf } from "../support/authenticator";
import { Device } from "../support/passkeys";
import { Portal } from "../support/portals";
import { accessible, expect, test } from "../support/story";

test.use({ host: "localhost", settings: { PORTICO__METHODS__PASSKEY__ENABLED: "true" } });

const card = (page: Page) => page.locator("section", { has: page.getByRole("heading", { name: "Passkeys" }) });
const rows = (page: Page) => card(page).getByRole("listitem");
const button = (page: Page) => page.getByRole("button", { name: "Sign in with a passkey" });

/** Adds a passkey in the browser of somebody who is signed in. */
async function add(page: Page, name: string): Promise<void> {
  await page.goto("/account/security");
  await card(page).getByRole("button", { name: "Add a passkey" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a passkey" });
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByRole("button", { name: "Create passkey" }).click();
  await expect(rows(page).filter({ hasText: name })).toBeVisible();
}

async function signOut(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Sign out", exact: true }).first().click();
  await expect(page.getByRole("heading", { name: /^Sign in to/ })).toBeVisible();
}

test("a passkey is added, signs in, is renamed and removed, and is refused then", async ({
  page,
  context,
  portico,
  enter,
  word,
}) => {
  test.setTimeout(120_000);
  const person = await portico.person("Paula Passkey", `${word}@example.com`);
  const device = await Device.of(page);
  await enter(context, person);
  await page.goto("/account/security");
  await expect(card(page).getByText("No passkeys yet")).toBeVisible();
  await card(page).getByRole("button", { name: "Add a passkey" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a passkey" });
  await expect(dialog.getByLabel("Name")).toBeFocused();
  // What the browser says of itself is a name to begin with.
  await expect(dialog.getByLabel("Name")).toHaveValue(/Chrome on Linux/);
  await accessible(page);
  await dialog.getByLabel("Name").fill("");
  await page.keyboard.press("Enter");
  await expect(dialog.getByText("Enter a name.")).toBeVisible();
  await dialog.getByLabel("Name").fill("Laptop");
  await page.keyboard.press("Enter");
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page)).toContainText("Laptop");
  expect(await device.count()).toBe(1);
  await accessible(page);

  // The same device is not taken twice.
  await card(page).getByRole("button", { name: "Add a passkey" }).click();
  await dialog.getByRole("button", { name: "Create passkey" }).click();
  await expect(dialog.getByText("This device has a passkey for your account already.")).toBeVisible();
  await page.keyboard.press("Escape");

  // Without an address.
  await signOut(page);
  await accessible(page);
  await expect(page.getByLabel("Email address")).toHaveAttribute("autocomplete", "username webauthn");
  await button(page).click();
  await expect(page.getByRole("heading", { name: "Your account" })).toBeVisible();
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue(person.name);

  // With one, and back to where one wanted to go.
  await signOut(page);
  await page.goto("/sign-in?redirect_to=%2Forganizations");
  await page.getByLabel("Email address").fill(person.email);
  await button(page).click();
  await expect(page).toHaveURL(`${portico.base}/organizations`);

  await page.goto("/account/security");
  await page.getByRole("button", { name: "Rename: Laptop" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("Old laptop");
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await expect(rows(page)).toContainText("Old laptop");

  await page.getByRole("button", { name: "Remove: Old laptop" }).click();
  const ask = page.getByRole("alertdialog", { name: "Remove Old laptop?" });
  await accessible(page);
  await ask.getByRole("button", { name: "Remove" }).click();
  await expect(card(page).getByText("No passkeys yet")).toBeVisible();

  await signOut(page);
  await button(page).click();
  await expect(page.getByRole("alert").filter({ hasText: "not known here any more" })).toBeVisible();
  await expect(page).toHaveURL(/\/sign-in/);
  await accessible(page);
});

test("the browser offers a passkey where it fills in the address", async ({ page, context, portico, enter, word }) => {
  const person = await portico.person("Fiona Fills", `${word}@example.com`);
  await Device.of(page, { fills: true });
  await enter(context, person);
  await add(page, "Phone");
  await page.getByRole("button", { name: "Sign out", exact: true }).first().click();
  // Nobody presses anything more: the passkey is chosen in the list that the browser shows.
  await expect(page.getByRole("heading", { name: "Your account" })).toBeVisible();
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue(person.name);
});

test("the offer gives way to the button", async ({ page, portico, word }) => {
  const person = await portico.person("Olga Offer", `${word}@example.com`);
  await Device.of(page, { fills: true });
  const offered = page.waitForResponse("**/passkey/generate-authenticate-options");
  await page.goto("/sign-in");
  await offered;
  // The device has none: the browser goes on offering, and says so when it is asked for one.
  await button(page).click();
  await expect(page.getByRole("alert").filter({ hasText: "No passkey was used." })).toBeVisible();
  await page.getByLabel("Email address").fill(person.email);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Your account" })).toBeVisible();
});

test("who refuses is told, and may try again", async ({ page, context, portico, enter, word }) => {
  const person = await portico.person("Rita Refuses", `${word}@example.com`);
  const device = await Device.of(page);
  await enter(context, person);
  await add(page, "Phone");
  await signOut(page);
  await device.unlocked(false);
  await button(page).click();
  await expect(page.getByRole("alert").filter({ hasText: "No passkey was used." })).toBeVisible();
  await device.unlocked(true);
  await button(page).click();
  await expect(page.getByRole("heading", { name: "Your account" })).toBeVisible();
});

test("adding one takes a fresh session, which a passkey gives too", async ({ page, context, portico, enter, word }) => {
  const person = await portico.person("Fred Fresh", `${word}@example.com`);
  await Device.of(page);
  await enter(context, person);
  await add(page, "Phone");
  await portico.age(person);
  await page.goto("/account/security");
  await card(page).getByRole("button", { name: "Add a passkey" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Create passkey" }).click();
  const again = dialog.getByRole("link", { name: "Sign in again" });
  await expect(again).toBeVisible();
  await again.click();
  await expect(page.getByRole("heading", { name: "Sign in again" })).toBeVisible();
  await button(page).click();
  await expect(page).toHaveURL(`${portico.base}/account/security`);
  await expect(rows(page)).toHaveCount(1);
  // The session is fresh: what is refused now is the second passkey of one device.
  await card(page).getByRole("button", { name: "Add a passkey" }).click();
  await dialog.getByRole("button", { name: "Create passkey" }).click();
  await expect(dialog.getByText("This device has a passkey for your account already.")).toBeVisible();
});

test("a passkey is a second step too", async ({ page, context, portico, enter, word }) => {
  const person = await portico.person("Sven Second", `${word}@example.com`);
  await Device.of(page);
  await enter(context, person);
  await add(page, "Phone");
  await page.getByRole("button", { name: "Set up an authenticator app" }).click();
  await page.getByRole("dialog").getByLabel("Password", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Continue" }).click();
  const key = (await page.getByRole("dialog").locator("code").textContent()) ?? "";
  await page.getByLabel("Code that the app shows").fill(codeOf(key));
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "I have kept them" }).click();
  await signOut(page);
  await page.getByLabel("Email address").fill(person.email);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Confirm that it is you" })).toBeVisible();
  await accessible(page);
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await expect(page.getByRole("heading", { name: "Your account" })).toBeVisible();
});

test("a portal on the same site takes passkeys in its own form", async ({ page, context, portico, enter, word }) => {
  const person = await portico.person("Petra Portal", `${word}@example.com`);
  await Device.of(page);
  await enter(context, person);
  await add(page, "Phone");
  await signOut(page);
  const portal = await Portal.plain(portico.portals.otherSite, portico.base);
  try {
    await page.goto(portal.origin);
    await button(page).click();
    await expect(page.getByRole("heading", { name: `Hello, ${person.name}` })).toBeVisible();
    await page.getByRole("button", { name: `Account of ${person.name}` }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await expect(button(page)).toBeVisible();
    await accessible(page);
    await portico.sql("DELETE FROM passkeys");
    await button(page).click();
    await expect(page.getByRole("alert").filter({ hasText: "not known here any more" })).toBeVisible();
  } finally {
    await portal.stop();
  }
});

test("pages of an origin that may not ask for passkeys do not offer them", async ({ page, portico }) => {
  await page.route("**/v1/instance*", async (route) => {
    const response = await route.fetch();
    const instance = await response.json();
    instance.methods.passkey.origins = ["https://elsewhere.example"];
    await route.fulfill({ response, json: instance });
  });
  await page.goto("/sign-in");
  await expect(page.getByRole("heading", { name: /^Sign in to/ })).toBeVisible();
  await expect(page.getByLabel("Email address")).toHaveAttribute("autocomplete", "username");
  await expect(button(page)).toHaveCount(0);
  const portal = await Portal.plain(portico.portals.otherSite, portico.base);
  try {
    await page.goto(portal.origin);
    await expect(page.getByRole("link", { name: "Other ways to sign in" })).toBeVisible();
    await expect(button(page)).toHaveCount(0);
  } finally {
    await portal.stop();
  }
});

test("passkeys speak German, and fit a phone", async ({ page, context, portico, enter, word }) => {
  const person = await portico.person("Gerda German", `${word}@example.com`);
  await Device.of(page);
  await page.setViewportSize({ width: 360, height: 720 });
  await page.emulateMedia({ colorScheme: "dark" });
  await enter(context, person);
  await add(page, "Phone with a long name that does not fit into one line of it");
  await page.goto("/account/security?locale=de");
  await expect(page.getByRole("button", { name: "Passkey hinzufügen" })).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await accessible(page);
});
