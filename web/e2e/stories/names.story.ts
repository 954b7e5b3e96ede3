/** Lists of what happened speak of people and things by their names, lead to them, and keep the ids at hand. */
import type { Page } from "@playwright/test";
import { synced } from "../support/directory";
import { ADMIN, accessible, expect, test } from "../support/story";

const row = (page: Page, table: string, type: string) =>
  page.getByRole("table", { name: table }).locator("tbody").getByRole("row").filter({ hasText: type }).first();

test("who did what to whom is told by names, on one question for everybody", async ({
  page,
  context,
  portico,
  enter,
  word,
}) => {
  const { owner, organization, directory, okta, page: within } = await synced(portico, word);
  const ann = await okta.assign(`ann@${word}.example`, "Ann", "Analyst");
  const ben = await okta.assign(`ben@${word}.example`, "Ben", "Builder");
  const group = await okta.push("Everyone", [ann, ben]);
  await okta.unassign(ben);
  await enter(context, owner);
  await portico.call("PATCH", `/v1/organizations/${organization.id}`, { name: `Renamed ${word}` });

  // Of an organization, by its owner.
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.goto(`/console/o/${organization.id}/events`);
  const provisioned = row(page, "Events", "scimUser.provisioned").locator("..").getByRole("row");
  const arrival = provisioned.filter({ hasText: "scimUser.provisioned" }).filter({ hasText: ann });
  await expect(arrival.getByRole("link", { name: "Ann Analyst" })).toBeVisible();
  await expect(arrival.getByRole("link", { name: "Okta" })).toHaveAttribute("href", within);
  await expect(arrival.getByText(ann)).toBeVisible();
  // A membership is called by its person.
  const membership = row(page, "Events", "organizationMembership.created");
  // Who is suspended is not among the members who can be asked for: another row says who that was.
  await expect(membership.getByText("Ben Builder")).toBeVisible();
  await expect(membership.getByText(/^mem_/)).toBeVisible();
  expect(asked.filter((url) => url.includes("list-members"))).toHaveLength(1);
  // Of what a directory pushed the rows say enough themselves.
  expect(asked.filter((url) => /\/(?:users|groups)\/scim/.test(url))).toHaveLength(0);
  await accessible(page);
  await arrival.getByRole("link", { name: "Ann Analyst" }).click();
  await expect(page.getByRole("heading", { name: "Ann Analyst" })).toBeVisible();

  // Nothing here says what the group is called: it is asked for once, though it stands there twice.
  await page.goto(`/console/o/${organization.id}/events?type=scimGroup.memberAdded`);
  await expect(page.getByRole("table", { name: "Events" }).getByRole("link", { name: "Everyone" })).toHaveCount(2);
  await expect(row(page, "Events", "scimGroup.memberAdded").getByText(group)).toBeVisible();
  expect(asked.filter((url) => url.includes(`/groups/${group}`))).toHaveLength(1);

  await page.goto(`${within}/receipts`);
  const ended = page.getByRole("table", { name: "Receipts" }).locator("tbody").getByRole("row");
  await expect(ended.getByRole("link", { name: "Ben Builder" })).toHaveAttribute("href", `${within}/users/${ben}`);

  // A key of the instance is not the owner's to see: its id stays, and is cut where there is no room.
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`/console/o/${organization.id}/events?type=directory.created`);
  const key = row(page, "Events", "directory.created").getByText(/^key_/);
  await expect(key).toBeVisible();
  const [inner, outer] = [await key.boundingBox(), await page.getByRole("table", { name: "Events" }).boundingBox()];
  expect((inner?.x ?? 0) + (inner?.width ?? 0)).toBeLessThan((outer?.x ?? 0) + (outer?.width ?? 0));
  // Whom a link means may be gone by the time it is followed.
  await page.goto(`${within}/users/scimu_01h455vb4pex5vsknk084sn02q`);
  await expect(page.getByText("It may have been deleted meanwhile.")).toBeVisible();
  await page.setViewportSize({ width: 1280, height: 720 });

  // Of the instance, by its administrator: the key that did it is named, and what it did it to.
  await context.clearCookies();
  await enter(context, ADMIN);
  await page.goto(`/console/instance/audit?type=organization.updated&target=${organization.id}`);
  const update = row(page, "Audit", "organization.updated");
  await expect(update.getByRole("link", { name: `Renamed ${word}` })).toHaveAttribute(
    "href",
    `/console/o/${organization.id}`,
  );
  await expect(update.getByRole("link", { name: "Bootstrap" })).toHaveAttribute("href", "/console/instance/keys");
  await update.getByRole("button", { name: "organization.updated" }).click();
  const entry = page.getByRole("dialog");
  await expect(entry.getByRole("link", { name: `Renamed ${word}` }).first()).toBeVisible();
  await expect(entry.getByText(organization.id, { exact: true }).first()).toBeVisible();
  await accessible(page);

  // What is gone is called as it was, and leads nowhere.
  const carl = await portico.person("Carl Careful", `${word}-carl@example.com`);
  await portico.call("DELETE", `/v1/users/${carl.id}`);
  await page.goto(`/console/instance/audit?target=${carl.id}`);
  const deleted = row(page, "Audit", "user.deleted");
  await expect(deleted.getByText(carl.id)).toBeVisible();
  await expect(deleted.getByRole("link", { name: /Carl/ })).toHaveCount(0);
  await page.goto(`/console/instance/events?type=directory.created&organization=${organization.id}`);
  await expect(row(page, "Events", "directory.created").getByRole("link", { name: "Okta" })).toHaveAttribute(
    "href",
    `/console/o/${organization.id}/directories/${directory}`,
  );
});
