/** What an admin decides about in a directory, and what cannot be taken back. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Page } from "@playwright/test";
import { answered, synced } from "../support/directory";
import type { Okta } from "../support/idp";
import { ADMIN, accessible, expect, test } from "../support/story";

/** Assigns so many people, several at a time. */
async function assigned(okta: Okta, word: string, howMany: number): Promise<string[]> {
  const ids: string[] = [];
  for (let at = 0; at < howMany; at += 10) {
    const some = Array.from({ length: Math.min(10, howMany - at) }, (_, n) => at + n);
    ids.push(...(await Promise.all(some.map((n) => okta.assign(`p${n}@${word}.example`, "Pia", `Number ${n}`)))));
  }
  return ids;
}

/** The question that a page asks before it does something. */
const question = (page: Page) => page.getByRole("dialog");

test("the circuit breaker trips, is released, and rejects", async ({ page, context, portico, enter, word }) => {
  const { owner, okta, path, page: within } = await synced(portico, word);
  await portico.call("PATCH", path, {
    settings: { breaker: { enabled: true, people: 2, percent: 4, window_seconds: 600 } },
  });
  const ids = await assigned(okta, word, 52);
  await enter(context, owner);
  await page.goto(within);
  await expect(page.getByText("Active", { exact: true }).first()).toBeVisible();

  const answers: string[] = [];
  for (const id of ids.slice(0, 5)) answers.push(await answered(okta.unassign(id)));
  expect(answers.slice(0, 2)).toEqual(["done", "done"]);
  expect(answers.at(-1)).toContain("503");
  // Whoever looks on sees it without a reload.
  await expect(page.getByText("The circuit breaker holds back whatever ends somebody's access")).toBeVisible();
  await expect(page.getByText("Breaker tripped")).toBeVisible();
  await accessible(page);
  const held = ids[4] ?? "";

  await page.getByRole("button", { name: "It is wrong: reject" }).click();
  await question(page).getByRole("button", { name: "Reject" }).click();
  await expect(page.getByText("What ends access is refused until you resume the directory")).toBeVisible();
  expect(await answered(okta.unassign(held))).toContain("503");
  await page.getByRole("button", { name: "Resume" }).click();
  await question(page).getByRole("button", { name: "Resume" }).click();
  await expect(page.getByText("Breaker tripped")).toBeHidden();

  const again: string[] = [];
  for (const id of ids.slice(4, 9)) again.push(await answered(okta.unassign(id)));
  expect(again.at(-1)).toContain("503");
  await page.getByRole("button", { name: "It is right: release" }).click();
  await question(page).getByRole("button", { name: "Release" }).click();
  await expect(page.getByText("Breaker tripped")).toBeHidden();
  expect(await answered(okta.unassign(ids[8] ?? ""))).toBe("done");
});

test("a directory is disconnected after its name was typed", async ({ page, context, portico, enter, word }) => {
  const { owner, okta, organization, page: within } = await synced(portico, word);
  await okta.assign(`gone@${word}.example`, "Gina", "Gone");
  await enter(context, owner);
  await page.goto(`${within}/settings`);
  await page.getByRole("button", { name: "Disconnect" }).click();
  const confirm = question(page).getByRole("button", { name: "Disconnect" });
  await expect(confirm).toBeDisabled();
  await question(page).getByLabel("Type “Okta” to go on").fill("Okta");
  await accessible(page);
  await confirm.click();
  await expect(page).toHaveURL(new RegExp(`/o/${organization.id}/directories$`));
  expect(await answered(okta.test())).toContain("401");
  await page.goto(`/console/o/${organization.id}/members`);
  await expect(page.getByRole("row").filter({ hasText: `gone@${word}.example` })).toContainText("Suspended");
});

test("a request is tried dry and then replayed for real", async ({ page, context, portico, enter, word }) => {
  const { owner, okta, path, page: within } = await synced(portico, word);
  const id = await okta.assign(`rita@${word}.example`, "Rita", "Replayed");
  await okta.unassign(id);
  await portico.call("POST", `${path}/pause`);
  await portico.call("POST", `${path}/resume`);
  await okta.activate(id);
  const requests = await portico.call("GET", `${path}/requests?limit=50`);
  const deactivation = requests.data.findLast(
    (one: { method: string; person?: { user_name?: string } }) =>
      one.method === "PATCH" && one.person?.user_name === `rita@${word}.example`,
  );
  await enter(context, owner);
  await page.goto(`${within}/requests/${deactivation.id}`);
  await page.getByRole("button", { name: "Dry run" }).click();
  await expect(page.getByText("Everything was done and taken back: nothing has changed.")).toBeVisible();
  await accessible(page);
  const person = () => portico.call("GET", `${path}/users/${id}`);
  expect((await person()).active).toBe(true);
  await page.getByRole("button", { name: "Replay for real" }).click();
  await question(page).getByRole("button", { name: "Replay for real" }).click();
  await expect(page.getByText("The request was made again: 200")).toBeVisible();
  expect((await person()).active).toBe(false);
});

test("whoever has a role that is deleted gets the other one", async ({ page, context, portico, enter, word }) => {
  const owner = await portico.person("Rosa Roles", `${word}-owner@example.com`);
  const member = await portico.person("Mia Member", `${word}-member@example.com`);
  const organization = await portico.organization(`Roles ${word}`, owner);
  const key = `org:auditor_${word}`;
  await portico.call("POST", "/v1/roles", { key, name: `Auditor ${word}`, permissions: [] });
  await portico.call("POST", `/v1/organizations/${organization.id}/memberships`, { user_id: member.id, role: key });
  await enter(context, ADMIN);
  await page.goto("/console/instance/roles");
  const card = page.locator("section").filter({ hasText: key });
  await card.getByRole("button", { name: "Delete" }).click();
  await question(page).getByLabel("Role instead").selectOption({ label: "Admin" });
  await accessible(page);
  await question(page).getByRole("button", { name: "Delete" }).click();
  await expect(card).toHaveCount(0);
  const members = await portico.call("GET", `/v1/organizations/${organization.id}/memberships?limit=10`);
  const mine = members.data.find(
    (one: { public_user_data: { identifier: string } }) => one.public_user_data.identifier === member.email,
  );
  expect(mine.role).toBe("org:admin");
});

test("an import is looked at, applied, and another one discarded", async ({ page, context, portico, enter, word }) => {
  const { owner, okta, path, page: within } = await synced(portico, word);
  await okta.assign(`stays@${word}.example`, "Stella", "Stays");
  const leaver = await okta.assign(`leaves@${word}.example`, "Lars", "Leaves");
  await enter(context, owner);
  await page.goto(`${within}/import`);
  await page.getByRole("button", { name: "Begin import mode" }).click();
  await question(page).getByRole("button", { name: "Begin" }).click();
  await expect(page.getByText("The directory listens, and does nothing").first()).toBeVisible();

  await okta.assign(`comes@${word}.example`, "Carla", "Comes");
  await okta.unassign(leaver);
  const rows = page.getByRole("table", { name: "Outcomes" });
  await expect(rows.getByRole("row").filter({ hasText: `comes@${word}.example` })).toContainText("Created");
  await expect(rows.getByRole("row").filter({ hasText: `leaves@${word}.example` })).toContainText("Deactivated");
  await accessible(page);
  expect((await portico.call("GET", `${path}/users/${leaver}`)).active).toBe(true);
  await page.getByLabel("Outcome", { exact: true }).selectOption("deactivated");
  await expect(rows.getByRole("row")).toHaveCount(2);
  await expect(page).toHaveURL(/outcome=deactivated/);

  await page.getByRole("button", { name: "Apply" }).click();
  await expect(question(page)).toContainText("1 person will lose access");
  await question(page).getByRole("button", { name: "Apply" }).click();
  await expect(page.getByRole("button", { name: "Begin import mode" })).toBeVisible();
  expect((await portico.call("GET", `${path}/users/${leaver}`)).active).toBe(false);
  expect((await portico.call("GET", `${path}/users?query=comes@${word}.example`)).total_count).toBe(1);

  await page.goto(`${within}/import`);
  await page.getByRole("button", { name: "Begin import mode" }).click();
  await question(page).getByRole("button", { name: "Begin" }).click();
  await expect(page.getByText("Nothing has been said yet").or(rows)).toBeVisible();
  await okta.assign(`never@${word}.example`, "Nils", "Never");
  await expect(rows.getByRole("row").filter({ hasText: `never@${word}.example` })).toBeVisible();
  await page.getByRole("button", { name: "Discard" }).click();
  await question(page).getByRole("button", { name: "Discard" }).click();
  await expect(page.getByRole("button", { name: "Begin import mode" })).toBeVisible();
  expect((await portico.call("GET", `${path}/users?query=never@${word}.example`)).total_count).toBe(0);
});

test("ten thousand people are paged, searched and kept in the address", async ({
  page,
  context,
  portico,
  enter,
  word,
}) => {
  const { owner, organization, okta, page: within } = await synced(portico, word);
  const first = await okta.assign(`first@${word}.example`, "Fatima", "First");
  const crowd = fileURLToPath(new URL("../support/crowd.py", import.meta.url));
  await promisify(execFile)("python3", [crowd, portico.database, first, "9999", word]);
  await enter(context, owner);
  await page.goto(`${within}/users`);
  await expect(page.getByText("1–25 of 10,000")).toBeVisible();
  await accessible(page);
  await page.goto(`${within}/users?page=400`);
  await expect(page.getByText("9,976–10,000 of 10,000")).toBeVisible();
  await page.getByRole("searchbox", { name: "Search people" }).fill("Person 07777");
  await expect(page.getByRole("table", { name: "People" }).getByRole("row")).toHaveCount(2);
  await expect(page).toHaveURL(/q=Person/);
  await page.getByRole("link", { name: "Person 07777" }).click();
  await expect(page.getByRole("heading", { name: "Person 07777" })).toBeVisible();

  await page.goto(`/console/o/${organization.id}/members`);
  await expect(page.getByText("1–25 of 10,001")).toBeVisible();
  await page.getByRole("button", { name: "Next" }).click();
  await expect(page.getByText("26–50 of 10,001")).toBeVisible();
  await expect(page).toHaveURL(/page=2/);
});
