/** What a directory's people become: the roles of their groups, and their attributes. */
import type { Locator } from "@playwright/test";
import { synced } from "../support/directory";
import type { Json } from "../support/portico";
import { accessible, expect, test } from "../support/story";

/** Drags with the pointer, by the middle of one thing onto the middle of another. */
async function dragged(what: Locator, onto: Locator): Promise<void> {
  const [from, to] = [await what.boundingBox(), await onto.boundingBox()];
  if (!from || !to) throw new Error("what is dragged, or where to, is not to be seen");
  const { mouse } = what.page();
  await mouse.move(from.x + from.width / 2, from.y + from.height / 2);
  await mouse.down();
  await mouse.move(to.x + to.width / 2, to.y + to.height / 2, { steps: 4 });
  await mouse.up();
}

test("role rules are ordered, simulated, saved, and hold for whoever joins the group", async ({
  page,
  context,
  portico,
  enter,
  word,
}) => {
  test.setTimeout(90_000);
  const { owner, organization, okta, path, page: within } = await synced(portico, word);
  const grace = await okta.assign(`grace@${word}.example`, "Grace", "Group");
  const henry = await okta.assign(`henry@${word}.example`, "Henry", "Hired");
  await okta.push("Everybody", [grace, henry]);
  const admins = await okta.push("Platform admins", [grace]);
  await enter(context, owner);
  await page.goto(`${within}/rules`);
  await page.getByRole("button", { name: "Add a rule" }).click();
  const rules = page.getByRole("main").getByRole("listitem");
  const first = rules.nth(0);
  await first.getByPlaceholder("Name of a group").fill("Everybody");
  await page.getByRole("button", { name: "Add a rule" }).click();
  const second = rules.nth(1);
  await second.getByPlaceholder("Name of a group").fill("Platform admins");
  await expect(second.getByText("No single group has this name")).toBeHidden();
  await second.getByRole("checkbox", { name: "Member" }).uncheck();
  await expect(second.getByText("Choose at least one role.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Simulate" })).toBeDisabled();
  await second.getByRole("checkbox", { name: "Admin" }).check();

  // By the pointer, and by the keyboard there and back.
  const order = () =>
    rules
      .getByRole("textbox")
      .or(rules.getByRole("combobox"))
      .evaluateAll((all) => all.map((one) => (one as HTMLInputElement).value));
  await dragged(second.getByTitle("Drag to another place"), first);
  expect(await order()).toEqual(["Platform admins", "Everybody"]);
  await page.getByRole("button", { name: "Move Platform admins down" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByText("Platform admins is now number 2 of 2")).toBeAttached();
  expect(await order()).toEqual(["Everybody", "Platform admins"]);
  await page.getByRole("button", { name: "Move Platform admins up" }).focus();
  await page.keyboard.press("Enter");
  expect(await order()).toEqual(["Platform admins", "Everybody"]);
  await accessible(page);

  await page.getByRole("button", { name: "Simulate" }).click();
  await expect(page.getByText("1 person gains a role")).toBeVisible();
  await expect(page.getByText("0 people lose a role")).toBeVisible();
  const gaining = page.getByRole("row").filter({ hasText: `grace@${word}.example` });
  await expect(gaining.getByRole("cell").nth(1)).toHaveText("Admin");
  await expect(page.getByRole("row").filter({ hasText: `henry@${word}.example` })).toHaveCount(0);
  await accessible(page);
  expect((await portico.call("GET", `${path}/role-rules`)).rules).toEqual([]);

  await page.getByRole("button", { name: "Save these rules" }).click();
  await expect(page.getByText("The rules are saved and in force")).toBeVisible();
  const saved = (await portico.call("GET", `${path}/role-rules`)).rules;
  expect(saved.map((rule: Json) => [rule.group_name, rule.roles])).toEqual([
    ["Platform admins", ["org:admin"]],
    ["Everybody", ["org:member"]],
  ]);
  await page.reload();
  await expect(rules.first()).toContainText("Platform admins");

  // Nobody touches the page while the identity provider changes the group.
  await page.goto(`/console/o/${organization.id}/members`);
  const row = page.getByRole("row").filter({ hasText: `henry@${word}.example` });
  const byGroup = row.getByText("by the group “Platform admins”");
  await expect(row.getByText("by the group “Everybody”")).toBeVisible();
  await expect(byGroup).toBeHidden();
  await okta.join(admins, henry);
  await expect(byGroup).toBeVisible();
  await expect(row.getByText("Admin", { exact: true })).toBeVisible();
  await okta.leave(admins, henry);
  await expect(byGroup).toBeHidden();
});

test("a mapping is made of paths that were seen, tried live, saved, and had again", async ({
  page,
  context,
  portico,
  enter,
  word,
}) => {
  test.setTimeout(90_000);
  const { owner, okta, path, page: within } = await synced(portico, word);
  await okta.assign(`lena@${word}.example`, "Lena", "Located");
  await okta.assign(`otto@${word}.example`, "Otto", "Other");
  const metadata = async () => {
    const people = await portico.call("GET", `${path}/users?query=lena`);
    return (await portico.call("GET", `/v1/users/${people.data[0].user_id}`)).public_metadata;
  };
  await enter(context, owner);
  await page.goto(`${within}/mapping`);
  await expect(page.getByText("Nothing is mapped yet")).toBeVisible();
  await expect(page.getByText("Tried on 2 people as it is saved. Nothing is written.")).toBeVisible();

  await page.getByRole("button", { name: "locale", exact: true }).click();
  await expect(page.getByLabel("Attribute path")).toHaveValue("locale");
  await expect(page.getByLabel("Metadata key")).toHaveValue("locale");
  await expect(page.getByText("2 people would change")).toBeVisible();
  const lena = page.getByRole("group").filter({ hasText: `lena@${word}.example` });
  await lena.getByText(`lena@${word}.example`).click();
  await expect(lena.getByRole("row").filter({ hasText: "locale" })).toContainText("en-US");
  // An expression, tried while it is written.
  await page.getByRole("button", { name: "Change the value with an expression" }).click();
  await page.getByLabel("Expression").fill("{{ value | downcase }}");
  await expect(lena.getByRole("row").filter({ hasText: "locale" })).toContainText("en-us");
  await accessible(page);
  expect((await portico.call("GET", `${path}/attribute-mappings`)).version).toBe(0);

  await page.getByRole("button", { name: "Save the mapping" }).click();
  await expect(page.getByRole("heading", { name: "Mapping, version 1" })).toBeVisible();
  await expect.poll(metadata).toMatchObject({ locale: "en-us" });

  await page.getByRole("button", { name: "Add a row" }).click();
  await page.getByLabel("Attribute path").nth(1).fill("displayName");
  await page.getByLabel("Becomes").nth(1).selectOption("Public metadata");
  await page.getByLabel("Metadata key").nth(1).fill("not a key");
  await expect(page.getByText("A metadata key has letters, digits, and _ . - only.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Save the mapping" })).toBeDisabled();
  await page.getByLabel("Metadata key").nth(1).fill("shown_as");
  await page.getByRole("button", { name: "Save the mapping" }).click();
  await expect(page.getByRole("heading", { name: "Mapping, version 2" })).toBeVisible();
  await expect.poll(metadata).toMatchObject({ locale: "en-us", shown_as: "Lena Located" });

  await page.getByRole("button", { name: "Show versions" }).click();
  const versions = page.getByRole("listitem").filter({ hasText: /^Version/ });
  await expect(versions.filter({ hasText: "Version 2" })).toContainText("in force");
  await accessible(page);
  await versions.filter({ hasText: "Version 1" }).getByRole("button", { name: "Restore" }).click();
  await page.getByRole("dialog", { name: "Restore version 1?" }).getByRole("button", { name: "Restore" }).click();
  await expect(page.getByRole("heading", { name: "Mapping, version 3" })).toBeVisible();
  await expect(page.getByLabel("Attribute path")).toHaveCount(1);
  await expect.poll(async () => Object.keys(await metadata())).toEqual(["locale"]);
});
