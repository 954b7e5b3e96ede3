/** What a page needs is asked for at once, and nothing is made that nobody looks at. */
import { ADMIN, expect, test } from "../support/story";

for (const [path, first, heading] of [
  ["/console/instance/keys", "/v1/secret-keys?", "Secret keys"],
  ["/sign-in", "/v1/instance", "Sign in"],
  ["/sign-in?redirect_to=%2Faccount", "/v1/instance", "Sign in"],
] as const) {
  test(`${path} asks for what it shows before any of its code has come`, async ({ page, context, enter }) => {
    if (path.startsWith("/console")) await enter(context, ADMIN);
    const asked = page.waitForRequest((request) => request.url().includes(first), { timeout: 15_000 });
    // None comes until that was asked.
    await page.route(/\.(?:css|js)$/, async (route) => {
      await asked.catch(() => undefined);
      await route.continue();
    });
    await page.goto(path);
    await asked;
    await expect(page.getByRole("heading", { name: heading })).toBeVisible();
  });
}

for (const [path, asks] of [
  ["/console/instance/keys", ["/v1/me", "/v1/instance", "/v1/secret-keys"]],
  ["/account", ["/api/auth/get-session", "/v1/instance"]],
] as const) {
  test(`${path} never says that it loads what has come before its code`, async ({ page, context, enter }) => {
    await enter(context, ADMIN);
    await page.addInitScript(() => {
      const seen: string[] = [];
      Object.assign(window, { seen });
      // Each answer, once whoever asked for it has read it too.
      const read: string[] = [];
      const text = Response.prototype.text;
      Response.prototype.text = async function () {
        const said = await text.call(this);
        setTimeout(() => read.push(this.url));
        return said;
      };
      Object.assign(window, { read });
      new MutationObserver(() => {
        for (const wait of document.querySelectorAll(".pc-loading, .pc-skeleton, .pt-spinner"))
          seen.push(wait.outerHTML);
      }).observe(document, { subtree: true, childList: true });
    });
    await page.route(/\/main-[^/]+\.js$/, async (route) => {
      await page.waitForFunction((all) => {
        const { read } = window as unknown as { read: string[] };
        return all.every((one) => read.some((url) => url.includes(one)));
      }, asks);
      await route.continue();
    });
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    const seen = await page.evaluate(() => (window as unknown as { seen: string[] }).seen);
    expect(seen).toEqual([]);
  });
}

test("what comes after the first page is asked for with all that it needs", async ({ page, portico, word }) => {
  const person = await portico.person("Lara Later", `${word}@example.com`);
  // The code of the page does not come until what it stands on was asked for.
  const below = page.waitForRequest(/\/overlay-[^/]+\.js$/, { timeout: 15_000 });
  let before = true;
  await page.route(/\/account-[^/]+\.js$/, async (route) => {
    await below.catch(() => {
      before = false;
    });
    await route.continue();
  });
  await page.goto("/sign-in");
  await page.getByLabel("Email address").fill(person.email);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Your account" })).toBeVisible({ timeout: 20_000 });
  expect(before).toBe(true);
});

test.describe("in another language", () => {
  test.use({ locale: "de-DE" });
  test("the words come beside the code that shows them", async ({ page }) => {
    const words = page.waitForRequest(/\/de-[^/]+\.js$/, { timeout: 15_000 });
    await page.route(/\/main-[^/]+\.js$/, async (route) => {
      await words.catch(() => undefined);
      await route.continue();
    });
    await page.goto("/sign-in");
    await words;
    await expect(page.getByRole("heading", { name: "Anmelden" })).toBeVisible();
  });
});

test("an instant is printed in full for who points at it", async ({ page, context, enter }) => {
  await enter(context, ADMIN);
  await page.goto("/console/instance/keys");
  const made = page.getByRole("table", { name: "Secret keys" }).locator("time").first();
  await expect(made).toHaveText(/now|ago/);
  expect(await made.getAttribute("title")).toBeNull();
  await made.hover();
  const year = new Date((await made.getAttribute("datetime")) ?? "").getFullYear();
  await expect(made).toHaveAttribute("title", new RegExp(String(year)));
});
