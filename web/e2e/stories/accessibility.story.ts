import type { Page } from "@playwright/test";
import { connected } from "../support/idp";
import { DIRECTORY, INSTANCE, ORGANIZATION } from "../support/pages";
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

/** An endpoint of webhooks that nothing is sent to. */
const UNTOLD = { url: "https://hooks.example/portico", enabled_event_types: ["role.deleted"] };

for (const colorScheme of ["light", "dark"] as const) {
  test(`hosted pages, ${colorScheme}`, async ({ page, context, portico, enter, word }) => {
    test.setTimeout(180_000);
    await page.emulateMedia({ colorScheme });
    const look = (path: string, heading?: string) =>
      test.step(path, async () => {
        expect.soft((await page.goto(path))?.status()).toBe(200);
        const titles = page.getByRole("heading", { level: 1 });
        await expect.soft(heading ? titles.filter({ hasText: heading }) : titles.first()).toBeAttached();
        await accessible(page, expect.soft);
      });
    for (const path of HOSTED_OUTSIDE) await look(path);
    const owner = await portico.person("Axel", `${word}@example.com`);
    const organization = await portico.organization(`Axe ${word}`, owner);
    const guest = await portico.person("Gail Guest", `${word}-g@example.com`);
    await portico.call("POST", `/v1/organizations/${organization.id}/invitations`, { email_address: guest.email });
    const [invitation] = await portico.mail.wait(guest.email, /\/invitation\/\S+/);
    await look("/reset-password?token=a-token-that-is-tried-when-it-is-sent", "Choose a new password");
    await look("/verify-email?token=a-token-that-is-tried-when-it-is-sent", "Confirm your email address");
    await look("/verify-email?verified=1", "Email address confirmed");
    await look(invitation, "You have been invited");
    await enter(context, guest);
    await look(invitation, `Join ${organization.name}`);
    await look("/verify-email", "Email address confirmed");
    const site = portico.portals.otherSite;
    const asks = {
      client_origin: site,
      redirect_uri: `${site}/`,
      state: "s".repeat(22),
      code_challenge: "c".repeat(43),
    };
    await look(`/embed/authorize?${new URLSearchParams(asks)}`, "Continue to the site");
    await enter(context, ADMIN);
    for (const path of HOSTED_INSIDE) await look(path);
  });

  test(`console pages of the instance, ${colorScheme}`, async ({ page, context, portico, enter, word }) => {
    test.setTimeout(240_000);
    const person = await portico.person("Axel", `${word}@example.com`);
    const endpoint = await portico.call("POST", "/v1/webhooks/endpoints", UNTOLD);
    await page.emulateMedia({ colorScheme });
    await enter(context, ADMIN);
    await judge(page, [
      ...INSTANCE.map((path) => (path ? `/instance${path}` : path)),
      `/instance/users/${person.id}`,
      `/instance/webhooks/${endpoint.id}`,
    ]);
  });

  test(`console pages of an organization, ${colorScheme}`, async ({ page, context, portico, enter, word }) => {
    test.setTimeout(240_000);
    const owner = await portico.person("Axel", `${word}@example.com`);
    const organization = await portico.organization(`Axe ${word}`, owner);
    await page.emulateMedia({ colorScheme });
    await enter(context, owner);
    const endpoint = await portico.call("POST", "/v1/webhooks/endpoints", {
      ...UNTOLD,
      organization_id: organization.id,
    });
    await judge(
      page,
      [...ORGANIZATION, `/webhooks/${endpoint.id}`].map((path) => `/o/${organization.id}${path}`),
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
      [...DIRECTORY, `/users/${person}`].map((path) => `/o/${organization.id}/directories/${directory}${path}`),
    );
  });
}

/** Looks at pages of the console, when what they load is there. */
async function judge(page: Page, paths: string[]): Promise<void> {
  for (const path of paths) {
    await test.step(path || "/", async () => {
      expect.soft((await page.goto(`/console${path}`))?.status()).toBe(200);
      await expect.soft(page.getByRole("heading", { level: 1 }).first()).toBeVisible();
      await expect.soft(page.getByRole("heading", { name: "There is no such page" })).toHaveCount(0);
      await expect.soft(page.getByRole("progressbar").or(page.locator("[aria-busy=true]"))).toHaveCount(0);
      await accessible(page, expect.soft);
    });
  }
}
