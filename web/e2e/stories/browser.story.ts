/** What a browser remembers: how somebody came in last, and several people beside one another. */
import type { Page } from "@playwright/test";
import { Issuer } from "../support/issuer";
import type { Person } from "../support/portico";
import { accessible, test as base, expect } from "../support/story";

const test = base.extend<object, { issuer: Issuer }>({
  issuer: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures from here
    async ({}, use) => {
      const issuer = await new Issuer().start();
      await use(issuer);
      issuer.stop();
    },
    { scope: "worker" },
  ],
  settings: [
    async ({ issuer }, use) =>
      use({
        ...issuer.settings(),
        PORTICO__METHODS__MAGIC_LINK__ENABLED: "true",
        PORTICO__METHODS__LAST_LOGIN_METHOD__ENABLED: "true",
        PORTICO__METHODS__MULTI_SESSION__ENABLED: "true",
      }),
    { scope: "worker" },
  ],
});

async function byPassword(page: Page, person: Person): Promise<void> {
  await page.getByLabel("Email address").fill(person.email);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Your account" })).toBeVisible();
}

test("the sign-in offers first what was taken last", async ({ page, context, portico, issuer, word }) => {
  const person = await portico.person("Lara Last", `${word}@example.com`);
  const hint = page.getByText("You signed in this way last.");
  const leave = () => context.clearCookies({ name: /session/ });
  await page.goto("/sign-in");
  await expect(hint).toHaveCount(0);
  await page.getByRole("button", { name: "Email me a sign-in link" }).click();
  await page.getByLabel("Email address").fill(person.email);
  await page.getByRole("button", { name: "Email me a sign-in link" }).click();
  const [link] = await portico.mail.wait(person.email, /http:\/\/\S+magic-link\/verify\S*/);
  await page.goto(link);
  await expect(page.getByRole("heading", { name: "Your account" })).toBeVisible();

  await leave();
  await page.goto("/sign-in");
  await expect(hint).toBeVisible();
  await expect(page.getByLabel("Password", { exact: true })).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Email me a sign-in link" })).toBeVisible();
  await accessible(page);
  await page.getByRole("button", { name: "Use a password" }).click();
  await expect(hint).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Email me a sign-in link Last used" })).toBeVisible();
  await accessible(page);

  issuer.somebody = { sub: word, email: person.email, name: person.name };
  await page.getByRole("button", { name: "Continue with Acme ID", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Your account" })).toBeVisible();
  await leave();
  await page.goto("/sign-in");
  await expect(page.getByRole("button", { name: "Continue with Acme ID Last used" })).toBeVisible();
  await expect(page.getByLabel("Password", { exact: true })).toBeVisible();
  await accessible(page);
});

test("two people change places in one browser, and one of them leaves", async ({ page, portico, word }) => {
  const [ann, ben] = [
    await portico.person("Ann First", `${word}-a@example.com`),
    await portico.person("Ben Second", `${word}-b@example.com`),
  ];
  const accounts = page.locator("section", { has: page.getByRole("heading", { name: "Accounts in this browser" }) });
  const own = accounts.getByRole("listitem").filter({ hasText: "In use" });
  await page.goto("/sign-in");
  await byPassword(page, ann);
  await expect(accounts.getByRole("listitem")).toHaveCount(1);
  await accounts.getByRole("link", { name: "Add an account" }).click();
  await expect(page.getByRole("heading", { name: /^Sign in to / })).toBeVisible();
  await byPassword(page, ben);
  await expect(own).toContainText(ben.email);
  await expect(accounts.getByRole("listitem")).toHaveCount(2);
  await accessible(page);

  await accounts.getByRole("button", { name: `Switch: ${ann.name}` }).click();
  await expect(own).toContainText(ann.email);
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue(ann.name);

  // Whoever comes to the sign-in uses another account beside this one, and may go back instead.
  await page.goto("/sign-in");
  await page.getByRole("button", { name: "Use another account" }).click();
  await expect(page.getByLabel("Email address")).toBeVisible();
  await page.goto("/account");
  await expect(accounts.getByRole("listitem")).toHaveCount(2);

  await accounts.getByRole("button", { name: `Sign out: ${ben.name}` }).click();
  await expect(page.getByText(`${ben.name} is signed out here`)).toBeVisible();
  await expect(accounts.getByRole("listitem")).toHaveCount(1);
  const left = await portico.call("GET", `/v1/sessions?user_id=${ben.id}&status=active`);
  expect(left.total_count).toBe(0);
  await page.reload();
  await expect(own).toContainText(ann.email);
});
