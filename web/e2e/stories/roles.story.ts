/** Roles that are an organization's own, in the console. */
import { synced } from "../support/directory";
import type { Json } from "../support/portico";
import { accessible, expect, test } from "../support/story";

test("an owner makes a role of the organization, gives it, and deletes it", async ({
  page,
  context,
  portico,
  enter,
  word,
}) => {
  test.setTimeout(90_000);
  const { owner, organization, okta, path, page: within } = await synced(portico, word);
  const member = await portico.person(`Mia ${word}`, `${word}-m@example.com`);
  await portico.call("POST", `/v1/organizations/${organization.id}/memberships`, { user_id: member.id });
  const grace = await okta.assign(`grace@${word}.example`, "Grace", "Group");
  await okta.push("Auditing", [grace]);
  const roles = async () => (await portico.call("GET", `/v1/organizations/${organization.id}/roles?limit=100`)).data;
  await enter(context, owner);
  await page.goto(`/console/o/${organization.id}/roles`);
  await page.getByRole("button", { name: "Make a role" }).click();
  const dialog = page.getByRole("dialog", { name: "Make a role" });
  await dialog.getByLabel(/^Name/).fill("Auditor");
  await dialog.getByRole("checkbox", { name: /^Invite people/ }).check();
  await accessible(page);
  await dialog.getByRole("button", { name: "Make it" }).click();
  const card = page.locator("section").filter({ hasText: "org:auditor" });
  await expect(card).toContainText("of this organization");
  await expect(card).toContainText("Invite people");
  await accessible(page);
  // The others are not the organization's to change.
  await expect(page.getByRole("button", { name: "Change", exact: true })).toHaveCount(1);
  await card.getByRole("button", { name: "Change" }).click();
  await page.getByRole("dialog").getByLabel(/^Name/).fill("Head auditor");
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await expect(card.getByRole("heading", { name: /^Head auditor/ })).toBeVisible();
  expect((await portico.call("GET", "/v1/roles?limit=500")).data.map((one: Json) => one.key)).not.toContain(
    "org:auditor",
  );

  // It is given by hand, and by a group.
  await page.goto(`/console/o/${organization.id}/members`);
  const row = page.getByRole("row").filter({ hasText: member.email });
  await row.getByRole("button", { name: /^Actions for / }).click();
  await page.getByRole("menuitem", { name: "Change the role", exact: true }).click();
  await page.getByRole("dialog").getByLabel("Role given by hand").selectOption("Head auditor");
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await expect(row.getByText("Head auditor", { exact: true })).toBeVisible();
  await page.goto(`${within}/rules`);
  await page.getByRole("button", { name: "Add a rule" }).click();
  const rule = page.getByRole("main").getByRole("listitem").first();
  await rule.getByPlaceholder("Name of a group").fill("Auditing");
  await rule.getByRole("checkbox", { name: "Head auditor" }).check();
  await page.getByRole("button", { name: "Save without simulating" }).click();
  await expect(page.getByText("The rules are saved and in force")).toBeVisible();
  expect((await portico.call("GET", `${path}/role-rules`)).rules[0].roles).toContain("org:auditor");

  // What a directory gives is in the way, and it is said so.
  await page.goto(`/console/o/${organization.id}/roles`);
  await card.getByRole("button", { name: "Delete" }).click();
  const question = page.getByRole("dialog", { name: "Delete the role “Head auditor”?" });
  await question.getByRole("button", { name: "Delete" }).click();
  await expect(question.getByRole("alert")).toBeVisible();
  await accessible(page);
  await portico.call("PUT", `${path}/role-rules`, { rules: [] });
  await question.getByRole("button", { name: "Delete" }).click();
  await expect(card).toHaveCount(0);
  expect((await roles()).map((one: Json) => one.key)).not.toContain("org:auditor");
});
