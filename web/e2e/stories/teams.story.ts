/** Teams in the console: by hand, and filled by a directory's groups. */
import type { Page } from "@playwright/test";
import { synced } from "../support/directory";
import type { Json } from "../support/portico";
import { ADMIN, accessible, expect, test } from "../support/story";

const row = (page: Page, text: string) => page.getByRole("row").filter({ hasText: text });

/** Chooses in the menu of a row. */
async function chosen(page: Page, text: string, item: string): Promise<void> {
  await row(page, text)
    .getByRole("button", { name: /^Actions for / })
    .click();
  await page.getByRole("menuitem", { name: item, exact: true }).click();
}

/** Makes a team on the page of teams. */
async function made(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: "Make a team" }).click();
  const dialog = page.getByRole("dialog", { name: "Make a team" });
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByRole("button", { name: "Make it" }).click();
  await expect(dialog).toBeHidden();
  await expect(row(page, name)).toBeVisible();
}

test("a team is made, filled by hand, renamed and deleted", async ({ page, context, portico, enter, word }) => {
  test.setTimeout(90_000);
  const owner = await portico.person("Tilda Teams", `${word}-o@example.com`);
  const member = await portico.person(`Mona ${word}`, `${word}-m@example.com`);
  const organization = await portico.organization(`Teams ${word}`, owner);
  await portico.call("POST", `/v1/organizations/${organization.id}/memberships`, {
    user_id: member.id,
    role: "org:member",
  });
  await enter(context, owner);
  await page.goto(`/console/o/${organization.id}`);
  await page.getByRole("link", { name: "Teams", exact: true }).click();
  await expect(page.getByText("There is no team yet")).toBeVisible();
  await accessible(page);
  await made(page, "Sales");
  await made(page, "Support");
  await accessible(page);

  await page.getByRole("link", { name: "Sales" }).click();
  await expect(page.getByText("Nobody is in this team")).toBeVisible();
  await page.getByRole("button", { name: "Add a member" }).click();
  const dialog = page.getByRole("dialog", { name: "Add members to “Sales”" });
  await dialog.getByRole("searchbox").fill(word);
  await dialog.getByRole("button", { name: `Add ${member.name}` }).click();
  await expect(dialog.getByText("In the team")).toBeVisible();
  await accessible(page);
  await dialog.getByRole("button", { name: "Close" }).first().click();
  // By name and address, though her name has no parts.
  await expect(row(page, member.name)).toContainText(member.email);
  await expect(row(page, member.name)).toContainText("Given by hand");
  await accessible(page);
  await chosen(page, member.name, "Take out");
  await page.getByRole("dialog").getByRole("button", { name: "Take out" }).click();
  await expect(row(page, member.name)).toHaveCount(0);

  await page.getByRole("button", { name: "Rename" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("Sales and success");
  await page.getByRole("dialog").getByRole("button", { name: "Rename" }).click();
  await expect(page.getByRole("heading", { name: "Sales and success", level: 1 })).toBeVisible();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(page).toHaveURL(new RegExp(`/o/${organization.id}/teams$`));
  await expect(row(page, "Sales and success")).toHaveCount(0);

  // The last one stays, and it is said why.
  await chosen(page, "Support", "Delete");
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(page.getByRole("dialog").getByRole("alert")).toContainText("Unable to remove last team");
  await accessible(page);

  // Who only belongs to the organization manages no teams.
  await context.clearCookies();
  await enter(context, member);
  await page.goto(`/console/o/${organization.id}`);
  await expect(page.getByRole("heading", { name: organization.name })).toBeVisible();
  await expect(page.getByRole("link", { name: "Teams", exact: true })).toHaveCount(0);
});

test("a rule fills a team with a group, and saving rules keeps it", async ({ page, context, portico, enter, word }) => {
  test.setTimeout(90_000);
  const { organization, okta, path, page: within } = await synced(portico, word);
  const grace = await okta.assign(`grace@${word}.example`, "Grace", "Group");
  const group = await okta.push("Engineering", [grace]);
  const rules = async () => (await portico.call("GET", `${path}/role-rules`)).rules;
  // An administrator of the instance, who is no member, does all of it.
  await enter(context, ADMIN);
  await page.goto(`/console/o/${organization.id}/teams`);
  await made(page, "Builders");

  await page.goto(`${within}/rules`);
  await page.getByRole("button", { name: "Add a rule" }).click();
  const rule = page.getByRole("main").getByRole("listitem").first();
  await rule.getByPlaceholder("Name of a group").fill("Engineering");
  await rule.getByRole("checkbox", { name: "Member" }).uncheck();
  await expect(rule.getByText("Choose at least one role or team.")).toBeVisible();
  await rule.getByLabel("Add a team for Engineering").selectOption("Builders");
  await expect(rule.getByText("Choose at least one role or team.")).toBeHidden();
  await accessible(page);
  await page.getByRole("button", { name: "Simulate" }).click();
  await expect(page.getByText("1 person gains a role or a team")).toBeVisible();
  await expect(row(page, `grace@${word}.example`).getByRole("cell").nth(1)).toHaveText("Team Builders");
  await accessible(page);
  await page.getByRole("button", { name: "Save these rules" }).click();
  await expect(page.getByText("The rules are saved and in force")).toBeVisible();
  expect((await rules()).map((one: Json) => [one.group_name, one.roles, one.teams.length])).toEqual([
    ["Engineering", [], 1],
  ]);
  await page.goto(`${within}/groups`);
  await expect(row(page, "Engineering")).toContainText("Team Builders");

  // The team says where the place comes from, and follows the group while it is looked at.
  await page.goto(`/console/o/${organization.id}/teams`);
  await expect(row(page, "Builders")).toContainText("Engineering");
  await page.getByRole("link", { name: "Builders" }).click();
  const place = row(page, "Grace Group");
  await expect(place).toContainText("By the group “Engineering”");
  await expect(place.getByRole("button")).toHaveCount(0);
  await expect(page.getByText("of Okta")).toBeVisible();
  await accessible(page);
  await okta.leave(group, grace);
  await expect(page.getByText("Nobody is in this team")).toBeVisible();

  // Changing something else of the rules leaves the team in them.
  await page.goto(`${within}/rules`);
  await page.getByRole("checkbox", { name: "Admin" }).check();
  await page.getByRole("button", { name: "Save without simulating" }).click();
  await expect(page.getByText("The rules are saved and in force")).toBeVisible();
  expect((await rules()).map((one: Json) => [one.roles, one.teams.length])).toEqual([[["org:admin"], 1]]);
  await page.getByRole("button", { name: "Take out the team Builders" }).click();
  await page.getByRole("button", { name: "Save without simulating" }).click();
  await expect.poll(async () => (await rules())[0].teams).toEqual([]);
});
