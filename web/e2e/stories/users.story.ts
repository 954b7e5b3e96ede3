/** What an administrator of the instance does to accounts, and what their owners see of it. */
import type { BrowserContext, Page } from "@playwright/test";
import type { Person } from "../support/portico";
import { ADMIN, accessible, expect, test } from "../support/story";

/** Opens the page of somebody's account, found by the address. */
async function found(page: Page, person: Person): Promise<void> {
  await page.goto("/console/instance/users");
  await page.getByRole("searchbox", { name: "Search by name or address" }).fill(person.email);
  await page.getByRole("link", { name: person.name }).click();
  await expect(page.getByRole("heading", { name: person.name, level: 1 })).toBeVisible();
}

/** Presses, and says yes to what is asked then. */
async function confirmed(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name, exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name, exact: true }).click();
  await expect(page.getByRole("dialog")).toBeHidden();
}

/** What is said to somebody who tries to sign in by the page. */
async function told(page: Page, person: Person): Promise<string> {
  await page.goto("/sign-in");
  await page.getByLabel("Email address").fill(person.email);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("alert").filter({ hasText: /\w/ })).toBeVisible();
  return (await page.getByRole("alert").filter({ hasText: /\w/ }).textContent()) ?? "";
}

/** Somebody's own browser. */
const signedIn = (context: BrowserContext) =>
  context.request.get("/api/auth/get-session").then(async (answer) => (await answer.json()) !== null);

test("an administrator acts as somebody under a banner, and stops", async ({ page, context, portico, enter, word }) => {
  test.setTimeout(90_000);
  const person = await portico.person(`Ines ${word}`, `${word}@example.com`);
  const organization = await portico.organization(`Acted ${word}`, person);
  await enter(context, ADMIN);
  await found(page, person);
  await page.getByRole("button", { name: "Impersonate" }).click();
  const ask = page.getByRole("dialog", { name: `Impersonate ${person.name}?` });
  await expect(ask).toContainText("A banner says so on every page");
  await ask.getByRole("button", { name: "Impersonate" }).click();
  const banner = page.getByRole("region", { name: "Impersonation" });
  await expect(banner).toContainText(`You are acting as ${person.name} (${person.email}).`);
  await expect(page).toHaveURL(`${portico.base}/console/o/${organization.id}`);
  await accessible(page);
  await page.getByRole("link", { name: "Members", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Members", level: 1 })).toBeVisible();
  await expect(banner).toBeVisible();
  await page.goto("/account");
  await expect(page.getByRole("heading", { name: "Your account" })).toBeVisible();
  await expect(banner).toContainText(person.name);
  await accessible(page);
  // What could keep the account is not possible meanwhile.
  const refused = await context.request.post("/api/auth/change-password", {
    headers: { origin: portico.base },
    data: { currentPassword: person.password, newPassword: "another long password" },
  });
  expect(refused.status()).toBe(403);
  await banner.getByRole("button", { name: "Stop impersonating" }).click();
  await expect(page).toHaveURL(`${portico.base}/console/instance/users`);
  await expect(page.getByRole("heading", { name: "Users", level: 1 })).toBeVisible();
  await expect(banner).toBeHidden();
  const session = await (await context.request.get("/api/auth/get-session")).json();
  expect(session.user.email).toBe(ADMIN.email);
  const audit = await portico.call("GET", "/v1/audit?type=session.impersonationEnded&limit=20");
  expect(JSON.stringify(audit.data)).toContain(person.id);
});

test("a ban, a lock and the end of a session shut somebody out", async ({
  page,
  context,
  browser,
  portico,
  enter,
  word,
}) => {
  test.setTimeout(120_000);
  const person = await portico.person(`Bruno ${word}`, `${word}@example.com`);
  const theirs = await browser.newContext({ baseURL: portico.base });
  const own = await theirs.newPage();
  await enter(theirs, person);
  await own.goto("/account");
  await expect(own.getByRole("heading", { name: "Your account" })).toBeVisible();
  await enter(context, ADMIN);
  await found(page, person);

  // One session, of this browser.
  const sessions = page.getByRole("table", { name: "Sessions" }).locator("tbody").getByRole("row");
  await expect(sessions).toHaveCount(1);
  await expect(sessions).toContainText("active");
  await sessions.getByRole("button", { name: "Revoke" }).click();
  await page.getByRole("dialog", { name: "Revoke the session?" }).getByRole("button", { name: "Revoke" }).click();
  await expect(page.getByText("The session has ended")).toBeVisible();
  await expect(page.getByRole("button", { name: "Revoke" })).toHaveCount(0);
  await own.reload();
  await expect(own).toHaveURL(/\/sign-in/);

  await enter(theirs, person);
  await page.getByRole("button", { name: "Ban", exact: true }).click();
  const ban = page.getByRole("dialog", { name: `Ban ${person.name}?` });
  await ban.getByLabel("Reason").fill("Sells what is not his");
  await ban.getByLabel("For how long").selectOption("A week");
  await accessible(page);
  await ban.getByRole("button", { name: "Ban" }).click();
  await expect(page.getByText("Banned", { exact: true })).toBeVisible();
  await expect(page.getByText("Sells what is not his")).toBeVisible();
  await expect(page.getByText("Banned until")).toBeVisible();
  await expect(page.getByRole("button", { name: "Impersonate" })).toBeHidden();
  expect(await signedIn(theirs)).toBe(false);
  expect(await told(own, person)).toContain("Your account is blocked.");
  await accessible(own);
  await confirmed(page, "Lift the ban");
  await expect(page.getByText("Active", { exact: true })).toBeVisible();

  await confirmed(page, "Lock");
  await expect(page.getByText("Locked", { exact: true })).toBeVisible();
  expect(await told(own, person)).toContain("Your account is locked.");
  await confirmed(page, "Unlock");
  await expect(page.getByText("Active", { exact: true })).toBeVisible();
  await own.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(own.getByRole("heading", { name: "Your account" })).toBeVisible();
  await theirs.close();
});
