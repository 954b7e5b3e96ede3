/** What an organization wants shown before its members act in it, in the console. */
import { Issuer } from "../support/issuer";
import { ADMIN, accessible, test as base, expect } from "../support/story";

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
  settings: [async ({ issuer }, use) => use(issuer.settings()), { scope: "worker" }],
});

test("an organization requires its own service, and says what that means", async ({
  page,
  context,
  browser,
  portico,
  issuer,
  enter,
  word,
}) => {
  test.setTimeout(90_000);
  const owner = await portico.person("Rosa Require", `${word}-o@example.com`);
  const member = await portico.person("Milo Member", `${word}-m@example.com`);
  const organization = await portico.organization(`Strict ${word}`, owner);
  const path = `/v1/organizations/${organization.id}`;
  await portico.call("POST", `${path}/memberships`, { user_id: member.id, role: "org:admin" });
  await enter(context, owner);
  await page.goto(`/console/o/${organization.id}/settings`);
  await page.getByRole("checkbox", { name: "Acme ID" }).check();
  await expect(page.getByText("only in a session that they opened through Acme ID")).toBeVisible();
  await accessible(page);
  const review = page.getByRole("button", { name: "Review the change" });
  await review.click();
  const ask = page.getByRole("dialog", { name: "Require this of every member?" });
  await expect(ask).toContainText("Who came in otherwise signs in again, through Acme ID.");
  await expect(ask).toContainText("Everybody stays a member");
  await accessible(page);
  // Nobody shuts themselves out.
  await ask.getByRole("button", { name: "Require it" }).click();
  await expect(ask.getByRole("alert")).toContainText("This organization requires you to sign in through Acme ID");
  await expect(ask.getByRole("alert")).toContainText("sign in again through that service");
  expect((await portico.call("GET", path)).require_sso).toEqual([]);

  issuer.somebody = { sub: word, email: owner.email, name: owner.name };
  await context.clearCookies();
  await page.goto(`/sign-in?redirect_to=${encodeURIComponent(`/console/o/${organization.id}/settings`)}`);
  await page.getByRole("button", { name: "Continue with Acme ID" }).click();
  await page.getByRole("checkbox", { name: "Acme ID" }).check();
  await review.click();
  await ask.getByRole("button", { name: "Require it" }).click();
  await expect(page.getByText("The requirements are in force")).toBeVisible();
  await page.reload();
  await expect(page.getByRole("checkbox", { name: "Acme ID" })).toBeChecked();

  // Who came in by the password reads what to do.
  const other = await browser.newContext({ baseURL: portico.base });
  await enter(other, member);
  const theirs = await other.newPage();
  await theirs.goto(`/console/o/${organization.id}/members`);
  await expect(theirs.getByRole("alert")).toContainText("This organization requires you to sign in through Acme ID");
  await expect(theirs.getByRole("alert")).toContainText("Sign out, and sign in again through that service.");
  await accessible(theirs);

  await page.getByRole("checkbox", { name: "Acme ID" }).uncheck();
  await review.click();
  const less = page.getByRole("dialog", { name: "Require less of members?" });
  await expect(less).toContainText("Members sign in any way that the instance has.");
  await less.getByRole("button", { name: "Require less" }).click();
  await expect.poll(async () => (await portico.call("GET", path)).require_sso).toEqual([]);
  await theirs.reload();
  await expect(theirs.getByRole("row").filter({ hasText: member.email })).toBeVisible();
  await other.close();
});

test("an administrator of the instance requires a second factor", async ({ page, context, portico, enter, word }) => {
  const owner = await portico.person("Fay Factor", `${word}-o@example.com`);
  const organization = await portico.organization(`Factors ${word}`, owner);
  await enter(context, ADMIN);
  await page.goto(`/console/o/${organization.id}/settings`);
  await page.getByRole("switch", { name: "Require a second factor" }).check();
  await page.getByRole("button", { name: "Review the change" }).click();
  const ask = page.getByRole("dialog", { name: "Require this of every member?" });
  await expect(ask).toContainText("until they have set one up in their account");
  await ask.getByRole("button", { name: "Require it" }).click();
  await expect(page.getByText("The requirements are in force")).toBeVisible();
  expect((await portico.call("GET", `/v1/organizations/${organization.id}`)).require_two_factor).toBe(true);

  await context.clearCookies();
  await enter(context, owner);
  await page.goto(`/console/o/${organization.id}/members`);
  await expect(page.getByRole("alert")).toContainText("Set up a second factor under your account");
});
