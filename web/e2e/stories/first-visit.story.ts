import type { Page } from "@playwright/test";
import { connected } from "../support/idp";
import { DIRECTORY, INSTANCE, ORGANIZATION } from "../support/pages";
import { ADMIN, expect, test } from "../support/story";

const HOSTED = ["/sign-in", "/account", "/organizations"];

/** What the page asks the server on a first visit, until it shows all. */
async function asked(page: Page, address: string): Promise<string[]> {
  const paths: string[] = [];
  page.on("request", (request) => {
    const { pathname, searchParams } = new URL(request.url());
    if (!/^\/(?:v1|readyz|api\/auth\/get-session)/.test(pathname)) return;
    // Of events it is asked how many there are, and then for the newest of them.
    const counts = pathname === "/v1/events" && searchParams.get("limit") === "1" && !searchParams.has("offset");
    paths.push(counts ? `${pathname}?limit=1` : pathname);
  });
  await page.goto(address);
  await expect(page.getByRole("heading", { level: 1 }).first()).toBeVisible();
  await expect(page.locator("[aria-busy=true], .pc-loading, .pc-skeleton")).toHaveCount(0);
  return paths;
}

// What is asked early is asked in the words of the page, or it would be asked twice.
test("nothing is asked twice on the first visit of a page", async ({ browser, portico, enter, word }) => {
  test.setTimeout(240_000);
  const owner = await portico.person("Fiona First", `${word}@example.com`);
  const organization = await portico.organization(`First ${word}`, owner);
  const { directory, okta } = await connected(portico, organization.id);
  await okta.push("Everybody", [await okta.assign(`${word}-ann@example.com`, "Ann", "Example")]);
  const within = `/v1/organizations/${organization.id}/directories/${directory}`;
  const first = async (what: string) =>
    `/${what}/${(await portico.call("GET", `${within}/${what}?limit=1`)).data[0].id}`;
  const one = [await first("users"), await first("requests")];
  const inside = `/console/o/${organization.id}`;
  const addresses = [
    ...ORGANIZATION.map((path) => [owner, inside + path] as const),
    ...[...DIRECTORY, ...one].map((path) => [owner, `${inside}/directories/${directory}${path}`] as const),
    ...INSTANCE.map((path) => [ADMIN, `/console/instance${path}`] as const),
    ...HOSTED.map((path) => [owner, path] as const),
  ];
  for (const [who, address] of addresses) {
    await test.step(address, async () => {
      const context = await browser.newContext({ baseURL: portico.base });
      await enter(context, who);
      const paths = await asked(await context.newPage(), address);
      await context.close();
      expect.soft(paths, address).toContain(address.startsWith("/console") ? "/v1/me" : "/api/auth/get-session");
      expect.soft(paths.toSorted(), address).toEqual([...new Set(paths)].sort());
      if (address.endsWith("/events")) expect.soft(paths, address).toContain("/v1/events");
    });
  }
});
