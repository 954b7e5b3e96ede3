import type { Page } from "@playwright/test";
import { connected } from "../support/idp";
import { ADMIN, accessible, expect, test } from "../support/story";

const HOSTED_OUTSIDE = [
  "/sign-in",
  "/sign-up",
  "/forgot-password",
  "/reset-password?token=none",
  "/verify-email",
  "/invitation/inv_none",
  "/setup/none",
  "/embed/authorize",
];
const HOSTED_INSIDE = ["/account", "/account/security", "/account/organizations", "/organizations", "/device"];
const INSTANCE = [
  "",
  "/instance",
  "/users",
  "/organizations",
  "/directories",
  "/events",
  "/webhooks",
  "/audit",
  "/keys",
  "/roles",
  "/health",
];
const ORGANIZATION = [
  "",
  "/members",
  "/invitations",
  "/roles",
  "/domains",
  "/api-keys",
  "/events",
  "/audit",
  "/webhooks",
  "/settings",
  "/directories",
  "/directories/new",
];
const DIRECTORY = [
  "",
  "/users",
  "/groups",
  "/rules",
  "/mapping",
  "/requests",
  "/credentials",
  "/receipts",
  "/import",
  "/self-test",
  "/settings",
];

for (const colorScheme of ["light", "dark"] as const) {
  test(`hosted pages, ${colorScheme}`, async ({ page, context, enter }) => {
    test.setTimeout(180_000);
    await page.emulateMedia({ colorScheme });
    for (const path of HOSTED_OUTSIDE) {
      await test.step(path, async () => {
        expect.soft((await page.goto(path))?.status()).toBe(200);
        await expect.soft(page.getByRole("heading").first()).toBeAttached();
        await accessible(page, expect.soft);
      });
    }
    await enter(context, ADMIN);
    for (const path of HOSTED_INSIDE) {
      await test.step(path, async () => {
        expect.soft((await page.goto(path))?.status()).toBe(200);
        await expect.soft(page.getByRole("heading", { level: 1 }).first()).toBeAttached();
        await accessible(page, expect.soft);
      });
    }
  });

  test(`console pages of the instance, ${colorScheme}`, async ({ page, context, enter }) => {
    test.setTimeout(240_000);
    await page.emulateMedia({ colorScheme });
    await enter(context, ADMIN);
    await judge(page, INSTANCE);
  });

  test(`console pages of an organization, ${colorScheme}`, async ({ page, context, portico, enter, word }) => {
    test.setTimeout(240_000);
    const owner = await portico.person("Axel", `${word}@example.com`);
    const organization = await portico.organization(`Axe ${word}`, owner);
    await page.emulateMedia({ colorScheme });
    await enter(context, owner);
    await judge(
      page,
      ORGANIZATION.map((path) => `/o/${organization.id}${path}`),
    );
  });

  test(`console pages of a directory, ${colorScheme}`, async ({ page, context, portico, enter, word }) => {
    test.setTimeout(240_000);
    const owner = await portico.person("Axel", `${word}@example.com`);
    const organization = await portico.organization(`Axe ${word}`, owner);
    const { directory, okta } = await connected(portico, organization.id);
    const person = await okta.assign(`${word}-ann@example.com`, "Ann", "Example");
    await okta.push("Everybody", [person]);
    await page.emulateMedia({ colorScheme });
    await enter(context, owner);
    await judge(
      page,
      DIRECTORY.map((path) => `/o/${organization.id}/directories/${directory}${path}`),
    );
  });
}

/** Looks at pages of the console, when what they load is there. */
async function judge(page: Page, paths: string[]): Promise<void> {
  for (const path of paths) {
    await test.step(path || "/", async () => {
      expect.soft((await page.goto(`/console${path}`))?.status()).toBe(200);
      await expect.soft(page.getByRole("heading", { level: 1 }).first()).toBeVisible();
      await expect.soft(page.getByRole("progressbar").or(page.locator("[aria-busy=true]"))).toHaveCount(0);
      await accessible(page, expect.soft);
    });
  }
}
