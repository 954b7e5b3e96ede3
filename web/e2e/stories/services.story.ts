import { Issuer } from "../support/issuer";
import { Portal } from "../support/portals";
import { accessible, test as base, expect } from "../support/story";

/** A server that knows a service, and names to sign in with. */
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
    async ({ issuer }, use) => use({ ...issuer.settings(), PORTICO__METHODS__USERNAME__ENABLED: "true" }),
    { scope: "worker" },
  ],
});

test("a service is linked, signs in, and is unlinked", async ({ page, context, portico, issuer, enter, word }) => {
  const person = await portico.person("Liv Linked", `${word}@example.com`);
  await enter(context, person);
  await page.goto("/account/security");
  await expect(page.getByText("Not linked")).toBeVisible();
  await accessible(page);

  // Whoever thinks better of it is told so.
  issuer.somebody = null;
  await page.getByRole("button", { name: "Link: Acme ID" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "You did not allow the sign-in." })).toBeVisible();
  issuer.somebody = { sub: `other-${word}`, email: `other-${word}@example.com`, name: "Other" };
  await page.getByRole("button", { name: "Link: Acme ID" }).click();
  await expect(page.getByText("The account has another email address than yours here.")).toBeVisible();

  issuer.somebody = { sub: word, email: person.email, name: person.name };
  await page.getByRole("button", { name: "Link: Acme ID" }).click();
  await expect(page.getByText("Acme ID is linked. You can sign in with it now.")).toBeVisible();
  await accessible(page);

  await context.clearCookies();
  await page.goto("/sign-in");
  await page.getByRole("button", { name: "Continue with Acme ID" }).click();
  await expect(page.getByRole("heading", { name: "Your account" })).toBeVisible();

  // A while later it takes a recent sign-in, which the service can be.
  await portico.age(person);
  await page.goto("/account/security");
  await page.getByRole("button", { name: "Unlink: Acme ID" }).click();
  await expect(page.getByText("Your account at Acme ID stays as it is.")).toBeVisible();
  await accessible(page);
  await page.getByRole("button", { name: "Unlink", exact: true }).click();
  await page.getByRole("status").getByRole("link", { name: "Sign in again" }).click();
  await page.getByRole("button", { name: "Continue with Acme ID" }).click();
  await expect(page).toHaveURL(`${portico.base}/account/security`);
  await page.getByRole("button", { name: "Unlink: Acme ID" }).click();
  await page.getByRole("button", { name: "Unlink", exact: true }).click();
  await expect(page.getByRole("button", { name: "Link: Acme ID" })).toBeVisible();
});

test("a service signs somebody up, who comes to where they wanted", async ({ page, portico, issuer, word }) => {
  await page.goto("/sign-up?redirect_to=%2Forganizations");
  await expect(page.getByRole("button", { name: "Continue with Acme ID" })).toBeVisible();
  await accessible(page);
  issuer.somebody = null;
  await page.getByRole("button", { name: "Continue with Acme ID" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "You did not allow the sign-in." })).toBeVisible();
  await expect(page.getByRole("heading", { name: /^Create your .* account$/ })).toBeVisible();
  issuer.somebody = { sub: word, email: `${word}@example.com`, name: "Nina New" };
  const [asked] = await Promise.all([
    page.waitForRequest("**/api/auth/sign-in/social"),
    page.getByRole("button", { name: "Continue with Acme ID" }).click(),
  ]);
  expect(asked.postDataJSON()).toMatchObject({ provider: "acme", requestSignUp: true });
  await expect(page).toHaveURL(`${portico.base}/organizations`);
  await page.goto("/account");
  await expect(page.getByText(`${word}@example.com`).first()).toBeVisible();
});

test("the only way in cannot be taken away", async ({ page, issuer, word }) => {
  issuer.somebody = { sub: word, email: `${word}@example.com`, name: "Sola Service" };
  await page.goto("/sign-in");
  await page.getByRole("button", { name: "Continue with Acme ID" }).click();
  await expect(page.getByRole("heading", { name: "Your account" })).toBeVisible();
  await page.goto("/account/security");
  await expect(page.getByText("Your only way to sign in")).toBeVisible();
  await expect(page.getByRole("button", { name: /^Unlink/ })).toHaveCount(0);
});

test("a user name is chosen, changed and given up", async ({ page, context, portico, enter, word }) => {
  const [person, other] = [
    await portico.person("Una Name", `${word}@example.com`),
    await portico.person("Otto Other", `${word}-o@example.com`),
  ];
  await enter(context, other);
  const taken = await context.request.post(`${portico.base}/api/auth/update-user`, {
    headers: { origin: portico.base },
    data: { username: `taken_${word}` },
  });
  expect(taken.status()).toBe(200);
  await context.clearCookies();

  await enter(context, person);
  await page.goto("/account");
  const field = page.getByLabel("Username");
  const card = page.locator("section", { has: page.getByRole("heading", { name: "Username" }) });
  const saved = page.getByText("Saved", { exact: true });
  await field.fill("a b");
  await page.keyboard.press("Enter");
  await expect(card.getByText("Use letters a to z, digits, underscores and dots.")).toBeVisible();
  await expect(field).toBeFocused();
  await field.fill(`Taken_${word}`);
  await expect(card.getByText(`Taken_${word} is taken.`)).toBeVisible();
  await accessible(page);
  await page.keyboard.press("Enter");
  await expect(card.getByText("This username is taken. Choose another one.")).toBeVisible();
  await field.fill(`Una_${word}`);
  await expect(card.getByText(`Una_${word} is free.`)).toBeVisible();
  await accessible(page);
  await page.keyboard.press("Enter");
  await expect(saved).toBeVisible();
  await page.reload();
  await expect(field).toHaveValue(`Una_${word}`);

  await context.clearCookies();
  await page.goto("/sign-in");
  await page.getByLabel("Email address or username").fill(`una_${word}`);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Your account" })).toBeVisible();
  await field.fill("");
  await card.getByRole("button", { name: "Save" }).click();
  await expect(saved).toBeVisible();
  const free = await portico.ask("POST", "/api/auth/is-username-available", { username: `una_${word}` });
  expect(free.body).toEqual({ available: true });
});

test("the element takes a user name where it takes an address", async ({ page, context, portico, enter, word }) => {
  const person = await portico.person("Nils Name", `${word}@example.com`);
  await enter(context, person);
  const named = await context.request.post(`${portico.base}/api/auth/update-user`, {
    headers: { origin: portico.base },
    data: { username: `nils_${word}` },
  });
  expect(named.status()).toBe(200);
  await context.clearCookies();
  const portal = await Portal.plain(portico.portals.sameSite, portico.base);
  await page.goto(portal.origin);
  await page.getByLabel("Email or username").fill(`nils_${word}`);
  await page.getByLabel("Password").fill("not the password");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("alert")).toHaveText("The username or the password is not right.");
  await accessible(page);
  await page.getByLabel("Password").fill(person.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("heading", { name: `Hello, ${person.name}` })).toBeVisible();
  await portal.stop();
});
