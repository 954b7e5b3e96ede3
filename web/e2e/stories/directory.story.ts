import { connected, Okta } from "../support/idp";
import type { Json, Person, Portico } from "../support/portico";
import { expect, test } from "../support/story";

async function owned(
  portico: Portico,
  word: string,
): Promise<{ owner: Person; organization: { id: string; name: string; slug: string } }> {
  const owner = await portico.person("Otis Owner", `${word}-owner@example.com`);
  return { owner, organization: await portico.organization(`Sync ${word}`, owner) };
}

test("the wizard connects Okta while the page is open", async ({ page, context, portico, enter, word }) => {
  const { owner, organization } = await owned(portico, word);
  await enter(context, owner);
  await page.goto(`/console/o/${organization.id}/directories/new`);
  await page.getByRole("radio", { name: "Okta" }).check();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Make a credential" }).click();
  const url = await page.getByLabel("Endpoint URL", { exact: true }).inputValue();
  const token = await page.getByLabel("Bearer token", { exact: true }).inputValue();
  expect(token).toMatch(/^scim_/);
  await page.getByRole("button", { name: "I have copied it: continue" }).click();
  await expect(page.getByText("Waiting for the first request")).toBeVisible();

  const okta = new Okta(url, token);
  await okta.test();
  await expect(page.getByText("Connected: the first request has arrived")).toBeVisible();
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByText("Waiting for the first person")).toBeVisible();
  await okta.assign(`${word}-first@example.com`, "Fatima", "First");
  await expect(page.getByText("The first person has arrived")).toBeVisible();
  await expect(page.getByRole("heading", { name: "Fatima First" })).toBeVisible();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("link", { name: "Open the directory" }).click();
  await expect(page.getByRole("heading", { name: "Okta", level: 1 })).toBeVisible();
});

test("a group gives a role, and what is being pushed appears without a reload", async ({
  page,
  context,
  portico,
  enter,
  word,
}) => {
  const { owner, organization } = await owned(portico, word);
  await portico.call("POST", `/v1/organizations/${organization.id}/domains`, {
    name: `${word}.example`,
    verified: true,
  });
  const { directory, okta } = await connected(portico, organization.id);
  const grace = await okta.assign(`grace@${word}.example`, "Grace", "Group");
  await enter(context, owner);
  await page.goto(`/console/o/${organization.id}/directories/${directory}/groups`);
  await expect(
    page
      .getByRole("navigation", { name: "Breadcrumb" })
      .or(page.getByRole("heading", { level: 1 }))
      .first(),
  ).toBeVisible();
  await okta.push("Platform admins", [grace]);
  await expect(page.getByText("Platform admins").first()).toBeVisible();

  const rules = `/v1/organizations/${organization.id}/directories/${directory}/role-rules`;
  await portico.call("PUT", rules, { rules: [{ group_name: "Platform admins", roles: ["org:admin"] }] });
  await page.goto(`/console/o/${organization.id}/members`);
  const row = page.getByRole("row").filter({ hasText: `grace@${word}.example` });
  await expect(row).toContainText("Admin");
  await expect(row).toContainText("Platform admins");
  const members = await portico.call("GET", `/v1/organizations/${organization.id}/memberships?limit=10`);
  const member = members.data.find((one: Json) => one.public_user_data.identifier === `grace@${word}.example`);
  expect(member.roles).toContain("org:admin");
});

test("deactivation ends the open session in the other browser", async ({ browser, portico, word }) => {
  const { organization } = await owned(portico, word);
  await portico.call("POST", `/v1/organizations/${organization.id}/domains`, {
    name: `${word}.example`,
    verified: true,
  });
  const { okta } = await connected(portico, organization.id);
  const email = `leo@${word}.example`;
  const id = await okta.assign(email, "Leo", "Leaver");

  // Leo chooses a password by the mail's link, and works.
  const context = await browser.newContext({ baseURL: portico.base });
  const page = await context.newPage();
  await page.goto("/forgot-password");
  await page.getByLabel("Email address").fill(email);
  await page.getByRole("button", { name: "Send link" }).click();
  const [link] = await portico.mail.wait(email, /http:\/\/\S+reset-password\S*/);
  await page.goto(link);
  await page.getByLabel("New password").fill("correct horse battery");
  await page.getByRole("button", { name: "Change password" }).click();
  await expect(page.getByText("Your password has been changed")).toBeVisible();
  await page.goto("/sign-in");
  await page.getByLabel("Email address").fill(email);
  await page.getByLabel("Password", { exact: true }).fill("correct horse battery");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page).not.toHaveURL(/sign-in/);
  await page.goto("/account");
  await expect(page.getByRole("heading", { name: "Your account" })).toBeVisible();

  await okta.unassign(id);
  await page.reload();
  await expect(page).toHaveURL(/\/sign-in/);
  await page.getByLabel("Email address").fill(email);
  await page.getByLabel("Password", { exact: true }).fill("correct horse battery");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("alert").first()).toBeVisible();
  await expect(page).toHaveURL(/\/sign-in/);
  await context.close();
});
