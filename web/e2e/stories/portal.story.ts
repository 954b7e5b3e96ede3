import type { Page } from "@playwright/test";
import { connected, Okta } from "../support/idp";
import { Portal } from "../support/portals";
import { freePort, type Person, type Portico } from "../support/portico";
import { accessible, expect, test as story } from "../support/story";

/** The example portal on another site than Portico's (`localhost` against `127.0.0.1`), and on the same. */
const test = story.extend<object, { elsewhere: Portal; nearby: Portal }>({
  elsewhere: [
    async ({ portico }, use) => {
      const portal = await Portal.plain(portico.portals.otherSite, portico.base);
      await use(portal);
      await portal.stop();
    },
    { scope: "worker" },
  ],
  nearby: [
    async ({ portico }, use) => {
      const portal = await Portal.plain(portico.portals.sameSite, portico.base);
      await use(portal);
      await portal.stop();
    },
    { scope: "worker" },
  ],
});

async function owner(
  portico: Portico,
  word: string,
): Promise<{ person: Person; organization: { id: string; name: string } }> {
  const person = await portico.person("Paula Portal", `${word}@example.com`);
  return { person, organization: await portico.organization(`Portal ${word}`, person) };
}

/** Sets an attribute of the page's HTML before any module runs. */
async function changed(page: Page, selector: string, name: string, value: string): Promise<void> {
  await page.addInitScript(
    ([selector = "", name = "", value = ""]) => {
      const set = () => document.querySelector(`${selector}:not([${name}="${value}"])`)?.setAttribute(name, value);
      new MutationObserver(set).observe(document, { childList: true, subtree: true });
    },
    [selector, name, value],
  );
}

/** Signs in on Portico's page in the popup that the portal opens. */
async function byPopup(page: Page, person: Person): Promise<void> {
  const opening = page.waitForEvent("popup");
  await page.getByRole("button", { name: "Sign in" }).click();
  const popup = await opening;
  await popup.getByLabel("Email address").fill(person.email);
  await popup.getByLabel("Password", { exact: true }).fill(person.password);
  const closing = popup.waitForEvent("close");
  await popup.getByRole("button", { name: "Sign in", exact: true }).click();
  await closing;
}

test("on another site: a popup signs in, the token stays in the tab, and signing out ends it", async ({
  page,
  context,
  portico,
  elsewhere,
  word,
}) => {
  const { person, organization } = await owner(portico, word);
  const addresses: string[] = [];
  page.on("framenavigated", (frame) => addresses.push(frame.url()));
  await page.goto(elsewhere.origin);
  await byPopup(page, person);
  await expect(page.getByRole("heading", { name: `Hello, ${person.name}` })).toBeVisible();

  // The page works with the bearer token: no cookie of Portico is sent from here.
  await page.getByRole("button", { name: /choose an organization/i }).click();
  await page.getByRole("menuitemradio", { name: organization.name }).click();
  await expect(page.getByRole("tab", { name: "Members" })).toBeVisible();
  await expect(page.getByRole("listitem").filter({ hasText: person.email })).toBeVisible();
  const token = await page.evaluate(() => (window as unknown as { Portico: { token(): string } }).Portico.token());
  expect(token.length).toBeGreaterThan(20);
  for (const address of addresses) expect(address).not.toContain(token);
  expect(await page.evaluate(() => [localStorage.length, location.hash, location.search])).toEqual([0, "", ""]);
  // It is a session of its own, not that of Portico's pages.
  const cookies = await context.cookies(portico.base);
  for (const cookie of cookies) expect(decodeURIComponent(cookie.value)).not.toContain(token);

  await page.reload();
  await expect(page.getByRole("heading", { name: `Hello, ${person.name}` })).toBeVisible();
  await page.getByRole("button", { name: `Account of ${person.name}` }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Welcome to Northwind" })).toBeVisible();
  const answer = await portico.ask("GET", "/api/auth/get-session", undefined, { authorization: `Bearer ${token}` });
  expect(answer.body).toBeNull();
});

test("on another site: a closed popup says so", async ({ page, elsewhere }) => {
  await page.goto(elsewhere.origin);
  const opening = page.waitForEvent("popup");
  await page.getByRole("button", { name: "Sign in" }).click();
  const popup = await opening;
  await popup.getByRole("button", { name: "Sign in", exact: true }).waitFor();
  await popup.close();
  await expect(page.getByRole("alert")).toHaveText("The window was closed before you were signed in.");
});

test("on another site: a redirect comes back with a code that leaves the address", async ({
  page,
  portico,
  elsewhere,
  word,
}) => {
  const { person } = await owner(portico, word);
  // The portal's page, but with the attribute that asks for redirects. Answered by the test itself, the page would be
  // of an unknown network, from which Chromium loads nothing of this machine.
  await changed(page, "portico-sign-in", "mode", "redirect");
  await page.goto(`${elsewhere.origin}/?tab=1`);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(new RegExp(`^${portico.base}`));
  await page.getByLabel("Email address").fill(person.email);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("heading", { name: `Hello, ${person.name}` })).toBeVisible();
  await expect(page).toHaveURL(`${elsewhere.origin}/?tab=1`);
});

test("on the same site: the form stands in the page and the session is a cookie", async ({
  page,
  portico,
  nearby,
  word,
}) => {
  const { person, organization } = await owner(portico, word);
  await page.goto(nearby.origin);
  await page.getByLabel("Email").fill(person.email);
  await page.getByLabel("Password").fill("not the password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toHaveText("The email or the password is not right.");
  await accessible(page);
  await page.getByLabel("Password").fill(person.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: `Hello, ${person.name}` })).toBeVisible();
  expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  await expect(page.getByText("portico:signed-in")).toBeVisible();

  await page.getByRole("button", { name: "Choose an organization" }).click();
  await page.getByRole("menuitemradio", { name: organization.name }).click();
  await page.getByRole("tab", { name: "Invitations" }).click();
  const guest = `${word}-guest@example.com`;
  await page.getByLabel("Email").fill(guest);
  await page.getByRole("button", { name: "Invite" }).click();
  await expect(page.getByText(`${guest} is invited.`)).toBeVisible();
  await portico.mail.wait(guest, /invitation/);
  await page.getByRole("button", { name: `Take back the invitation of ${guest}` }).click();
  await expect(page.getByText("No invitation is open.")).toBeVisible();
  await accessible(page);
});

for (const site of ["same", "other"] as const) {
  test(`the wizard of the element connects Okta while the page is open (${site} site)`, async ({
    page,
    portico,
    nearby,
    elsewhere,
    word,
  }) => {
    const { person, organization } = await owner(portico, word);
    const portal = site === "same" ? nearby : elsewhere;
    await page.goto(portal.origin);
    if (site === "other") await byPopup(page, person);
    else {
      await page.getByLabel("Email").fill(person.email);
      await page.getByLabel("Password").fill(person.password);
      await page.getByRole("button", { name: "Sign in" }).click();
    }
    await page.getByRole("button", { name: "Choose an organization" }).click();
    await page.getByRole("menuitemradio", { name: organization.name }).click();
    await page.getByRole("tab", { name: "Directory sync" }).click();
    await page.getByRole("button", { name: "Connect a directory" }).click();
    await page.getByRole("radio", { name: "Okta" }).check();
    await page.getByRole("button", { name: "Continue" }).click();
    const token = await page.getByLabel("Token", { exact: true }).inputValue();
    const url = await page.getByLabel("Endpoint address", { exact: true }).inputValue();
    await accessible(page);
    await page.getByRole("button", { name: "Continue" }).click();
    await expect(page.getByText("Waiting for the first request")).toBeVisible();

    const okta = new Okta(url, token);
    await okta.test();
    await expect(page.getByText("Okta is connected")).toBeVisible();
    await okta.assign(`${word}-first@example.com`, "Fatima", "First");
    await expect(page.getByText("Fatima First has come")).toBeVisible();
    await accessible(page);
    await page.getByRole("button", { name: "Done" }).click();
    await expect(
      page.getByRole("listitem").filter({ hasText: "People: 1, groups: 0" }).getByText("Active"),
    ).toBeVisible();
  });
}

test("German and dark", async ({ page, nearby }) => {
  await page.emulateMedia({ colorScheme: "dark" });
  await changed(page, "html", "lang", "de");
  await page.goto(nearby.origin);
  await expect(page.getByRole("button", { name: "Anmelden" })).toBeVisible();
  await accessible(page);
});

test("an origin that nobody trusts signs nobody in", async ({ page, portico, word }) => {
  const { person } = await owner(portico, word);
  const stranger = await Portal.plain(`http://localhost:${await freePort()}`, portico.base);
  await page.goto(stranger.origin);
  const opening = page.waitForEvent("popup");
  await page.getByRole("button", { name: "Sign in" }).click();
  const popup = await opening;
  await expect(popup.getByText(/may not sign people in here/)).toBeVisible();
  await popup.close();
  await expect(page.getByRole("alert")).toBeVisible();
  const answer = await portico.ask(
    "POST",
    "/api/auth/sign-in/email",
    { email: person.email, password: person.password },
    { origin: stranger.origin },
  );
  expect(answer.status).toBe(403);
  await stranger.stop();
});

test("the wizard for one directory opens with a token of the product's server", async ({
  page,
  portico,
  elsewhere,
  word,
}) => {
  const { person, organization } = await owner(portico, word);
  const { directory, okta } = await connected(portico, organization.id);
  const session = await portico.call("POST", `/v1/directories/${directory}/setup-sessions`, {
    allowed_origins: [elsewhere.origin],
  });
  await page.goto(elsewhere.origin);
  await page.evaluate((token) => {
    const element = document.createElement("portico-directory-setup");
    element.setAttribute("setup-token", token);
    document.querySelector("main")?.append(element);
  }, session.token);
  await expect(page.getByRole("heading", { name: `Directory sync: ${organization.name}` })).toBeVisible();
  await expect(page.getByLabel("Endpoint address", { exact: true })).toHaveValue(/scim\/v2$/);
  await page.getByRole("button", { name: "Continue" }).click();
  await okta.test();
  await expect(page.getByText("Okta is connected")).toBeVisible();
  // It reaches nothing but that directory.
  const beyond = await portico.ask("GET", `/v1/organizations/${organization.id}/memberships`, undefined, {
    authorization: `Bearer ${session.token}`,
    origin: elsewhere.origin,
  });
  expect(beyond.status).toBeGreaterThanOrEqual(401);
  expect(JSON.stringify(beyond.body)).not.toContain(person.email);
});
