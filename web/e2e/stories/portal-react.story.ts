import type { Page } from "@playwright/test";
import { codeOf } from "../support/authenticator";
import { BetterAuth, Portal } from "../support/portals";
import { accessible, expect, test } from "../support/story";

test.use({ settings: { PORTICO__METHODS__MAGIC_LINK__ENABLED: "true" } });

async function byPassword(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

test("the official React client and the elements agree about who is signed in", async ({ page, portico, word }) => {
  const person = await portico.person("Rea React", `${word}@example.com`);
  const organization = await portico.organization(`React ${word}`, person);
  const portal = await Portal.react(portico.portals.sameSite, portico.base);
  try {
    await page.goto(portal.origin);
    await byPassword(page, person.email, "not the password");
    await expect(page.getByRole("alert")).toHaveText("Invalid email or password");
    await byPassword(page, person.email, person.password);
    await expect(page.getByRole("heading", { name: `Hello, ${person.name}` })).toBeVisible();

    // The client's hooks change the organization, the elements follow.
    await page.getByRole("button", { name: `Work in ${organization.name}` }).click();
    await expect(page.getByText(`Works in ${organization.name}`)).toBeVisible();
    await expect(page.getByRole("tab", { name: "Members" })).toBeVisible();
    await expect(page.getByRole("listitem").filter({ hasText: person.email })).toBeVisible();
    await accessible(page);

    // An element signs out, the client follows.
    await page.getByRole("button", { name: `Account of ${person.name}` }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await expect(page.getByRole("heading", { name: "Sign in to Contoso" })).toBeVisible();
  } finally {
    await portal.stop();
  }
});

/** What a portal has signed its people in by, and has to go on with: one setting says which of both it is. */
for (const which of ["Better Auth", "Portico"] as const) {
  test(`the portal signs people in by password, app and link with ${which}`, async ({ page, portico, word }) => {
    test.setTimeout(90_000);
    const ours = which === "Portico";
    const person = { name: "Mira Moves", email: `${word}@example.com`, password: "correct horse battery" };
    const origin = portico.portals.sameSite;
    const before = ours ? null : await BetterAuth.for(origin);
    const base = before?.base ?? portico.base;
    const portal = await Portal.react(origin, base);
    const hello = page.getByRole("heading", { name: `Hello, ${person.name}` });
    const leave = async () => {
      if (ours) {
        await page.getByRole("button", { name: `Account of ${person.name}` }).click();
        await page.getByRole("menuitem", { name: "Sign out" }).click();
      } else await page.getByRole("button", { name: "Sign out" }).click();
      await expect(page.getByRole("heading", { name: "Sign in to Contoso" })).toBeVisible();
    };
    try {
      if (before) await before.signUp(person);
      else await portico.person(person.name, person.email, person.password);
      await page.goto(origin);
      await byPassword(page, person.email, "not the password");
      await expect(page.getByRole("alert")).toHaveText("Invalid email or password");
      await byPassword(page, person.email, person.password);
      await expect(hello).toBeVisible();

      await page.getByLabel("Your password").fill(person.password);
      await page.getByRole("button", { name: "Set up an app" }).click();
      const key = (await page.locator("code").textContent()) ?? "";
      // Each code is good once: those of the period before, of this one and of the next, in turn.
      await page.getByLabel("Code of the app").fill(codeOf(key, -1));
      await page.getByRole("button", { name: "Confirm" }).click();
      await expect(page.getByText("An app is asked for when you sign in.")).toBeVisible();
      await accessible(page);

      await leave();
      await byPassword(page, person.email, person.password);
      await expect(page.getByRole("heading", { name: "One more step" })).toBeVisible();
      await page.getByLabel("Code of the app").fill("abcdef");
      await page.getByRole("button", { name: "Go on" }).click();
      await expect(page.getByRole("alert")).toHaveText("Invalid code");
      await accessible(page);
      await page.getByLabel("Code of the app").fill(codeOf(key));
      await page.getByRole("button", { name: "Go on" }).click();
      await expect(hello).toBeVisible();

      await leave();
      await page.getByRole("button", { name: "Use a link instead" }).click();
      await page.getByLabel("Email").fill(person.email);
      await page.getByRole("button", { name: "Mail me a link" }).click();
      await expect(page.getByText("We have mailed you a link.")).toBeVisible();
      const link = before
        ? await before.link(person.email)
        : (await portico.mail.wait(person.email, /http:\/\/\S+magic-link\/verify\S*/))[0];
      await page.goto(link);
      // Portico asks for the second factor on every way in, and the portal has a page for it.
      if (ours) {
        await expect(page.getByRole("heading", { name: "One more step" })).toBeVisible();
        await page.getByLabel("Code of the app").fill(codeOf(key, 1));
        await page.getByRole("button", { name: "Go on" }).click();
      }
      await expect(hello).toBeVisible();
      await leave();
    } finally {
      await portal.stop();
      await before?.stop();
    }
  });
}
