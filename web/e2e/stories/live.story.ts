/** What changes appears without a reload: by the stream of events, and where there is none, by asking again. */
import type { Page } from "@playwright/test";
import { synced } from "../support/directory";
import { ADMIN, expect, test } from "../support/story";

const state = (page: Page, name: string) => page.getByRole("button", { name });
const LIVE = "Changes appear as they happen";
const POLLING = "The event stream cannot be reached: this page asks every few seconds";

/** Takes from the page every means to ask again by the clock: what it learns then, it was told. */
async function clockless(page: Page): Promise<void> {
  await page.addInitScript(() => {
    window.setInterval = (() => 0) as unknown as typeof window.setInterval;
  });
}

/** What the page asks the administration API for, from now on. */
function questions(page: Page): string[] {
  const asked: string[] = [];
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith("/v1/")) asked.push(pathname);
  });
  return asked;
}

test("the stream alone brings what happens", async ({ page, context, portico, enter, word }) => {
  const { owner, organization, okta, page: within } = await synced(portico, word);
  await enter(context, owner);
  await clockless(page);
  await page.goto(`/console/o/${organization.id}/members`);
  await expect(page.getByRole("row").filter({ hasText: owner.email })).toBeVisible();
  await expect(state(page, LIVE)).toBeVisible();
  const asked = questions(page);
  await okta.assign(`stream@${word}.example`, "Stella", "Stream");
  await expect(page.getByRole("row").filter({ hasText: `stream@${word}.example` })).toBeVisible();
  // What the event is about is asked for, over no new stream.
  expect(asked).toContain(`/v1/organizations/${organization.id}/memberships`);
  expect(asked).not.toContain("/v1/events/stream");
  await expect(state(page, LIVE)).toBeVisible();

  await page.goto(`${within}/users`);
  await expect(page.getByRole("link", { name: "Stella Stream" })).toBeVisible();
  await expect(state(page, LIVE)).toBeVisible();
  await okta.assign(`second@${word}.example`, "Sid", "Second");
  await expect(page.getByRole("link", { name: "Sid Second" })).toBeVisible();

  // Nobody hears of what is none of theirs.
  const stranger = await portico.person("Stan Stranger", `${word}-s@example.com`);
  const other = await portico.organization(`Elsewhere ${word}`, stranger);
  const before = asked.length;
  await portico.call("POST", `/v1/organizations/${other.id}/invitations`, { email_address: `${word}-x@example.com` });
  await okta.assign(`third@${word}.example`, "Tess", "Third");
  await expect(page.getByRole("link", { name: "Tess Third" })).toBeVisible();
  expect(asked.slice(before).filter((path) => path.includes(other.id))).toEqual([]);
});

test("a page that is loaded anew again and again hears what happens", async ({
  page,
  context,
  portico,
  enter,
  word,
}) => {
  const owner = await portico.person("Rita Reload", `${word}@example.com`);
  const organization = await portico.organization(`Again ${word}`, owner);
  await enter(context, owner);
  for (let times = 0; times < 14; times += 1) {
    const streams = page.waitForResponse((response) => response.url().includes("/v1/events/stream"));
    await page.goto(`/console/o/${organization.id}/invitations`);
    // What the pages before have left behind does not count.
    expect((await streams).status()).toBe(200);
  }
  await expect(state(page, LIVE)).toBeVisible();
});

test("an administrator of the instance sees everything as it happens", async ({
  page,
  context,
  portico,
  enter,
  word,
}) => {
  await enter(context, ADMIN);
  await clockless(page);
  await page.goto("/console/instance/events?type=user.created");
  await expect(page.getByRole("table", { name: "Events" })).toBeVisible();
  await expect(state(page, LIVE)).toBeVisible();
  const person = await portico.person("Nora New", `${word}@example.com`);
  await expect(page.getByRole("row").filter({ hasText: person.id }).first()).toBeVisible();
});

for (const [how, fails] of [
  ["is refused", (page: Page) => page.route("**/v1/events/stream*", (route) => route.fulfill({ status: 503 }))],
  ["breaks off", (page: Page) => page.route("**/v1/events/stream*", (route) => route.abort("connectionreset"))],
] as const) {
  test(`where the stream ${how} the page asks every few seconds, and hears again when it can`, async ({
    page,
    context,
    portico,
    enter,
    word,
  }) => {
    const owner = await portico.person("Paul Poll", `${word}@example.com`);
    const organization = await portico.organization(`Polled ${word}`, owner);
    await enter(context, owner);
    await fails(page);
    await page.clock.install();
    await page.goto(`/console/o/${organization.id}/invitations`);
    await expect(page.getByText("Nobody has been invited yet")).toBeVisible();
    await expect(state(page, POLLING)).toBeVisible();
    await portico.call("POST", `/v1/organizations/${organization.id}/invitations`, {
      email_address: `asked-${word}@example.com`,
    });
    await page.clock.fastForward(5_000);
    await expect(page.getByRole("row").filter({ hasText: `asked-${word}@example.com` })).toBeVisible();
    await expect(state(page, POLLING)).toBeVisible();

    await page.unroute("**/v1/events/stream*");
    await page.clock.fastForward(60_000);
    await expect(state(page, LIVE)).toBeVisible();
  });
}
