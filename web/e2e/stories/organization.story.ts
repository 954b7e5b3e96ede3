/** What an organization's owner does in the console: members, invitations, domains, settings. */
import type { Locator, Page } from "@playwright/test";
import type { Json } from "../support/portico";
import { accessible, expect, test } from "../support/story";

const row = (page: Page, text: string) => page.getByRole("row").filter({ hasText: text });

/** Chooses in the menu of a row. */
async function chosen(page: Page, text: string, item: string): Promise<void> {
  await row(page, text)
    .getByRole("button", { name: /^Actions for / })
    .click();
  await page.getByRole("menuitem", { name: item, exact: true }).click();
}

test("a member is given another role, and removed", async ({ page, context, browser, portico, enter, word }) => {
  test.setTimeout(90_000);
  const owner = await portico.person("Olga Owner", `${word}-o@example.com`);
  const member = await portico.person("Mia Member", `${word}-m@example.com`);
  const organization = await portico.organization(`Members ${word}`, owner);
  const path = `/v1/organizations/${organization.id}/memberships`;
  await portico.call("POST", path, { user_id: member.id, role: "org:member" });
  const theirs = await browser.newContext({ baseURL: portico.base });
  await enter(theirs, member);
  await enter(context, owner);
  await page.goto(`/console/o/${organization.id}/members`);
  await expect(row(page, member.email)).toContainText("Member");
  // Her name, though it has no first and last.
  await expect(row(page, member.email).getByText(member.name, { exact: true })).toBeVisible();
  await chosen(page, member.email, "Change the role");
  const dialog = page.getByRole("dialog", { name: `The role of ${member.name}` });
  await dialog.getByLabel("Role given by hand").selectOption("Admin");
  await accessible(page);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("The role was changed")).toBeVisible();
  await expect(row(page, member.email).getByText("Admin", { exact: true })).toBeVisible();
  await expect(row(page, member.email)).toContainText("given by hand");
  // She may do now what admins do.
  const own = await theirs.newPage();
  await own.goto(`/console/o/${organization.id}/members`);
  await expect(own.getByRole("link", { name: "Invite people" })).toBeVisible();

  await page.getByLabel("Role", { exact: true }).selectOption("Owner");
  await expect(row(page, member.email)).toHaveCount(0);
  await expect(page).toHaveURL(/role=org%3Aowner/);
  // The only owner stays one.
  await chosen(page, owner.email, "Remove");
  const last = page.getByRole("dialog", { name: /^Remove .*\?$/ });
  await last.getByRole("button", { name: "Remove" }).click();
  await expect(last.getByRole("alert")).toBeVisible();
  await accessible(page);
  await last.getByRole("button", { name: "Cancel" }).click();
  await page.getByLabel("Role", { exact: true }).selectOption("Any role");
  await chosen(page, member.email, "Remove");
  await last.getByRole("button", { name: "Remove" }).click();
  await expect(page.getByText("The member was removed")).toBeVisible();
  await expect(row(page, member.email)).toHaveCount(0);
  await own.reload();
  await expect(own.getByRole("link", { name: "Invite people" })).toHaveCount(0);
  await theirs.close();
});

test("a pasted list is invited, one of it again, and one taken back", async ({
  page,
  context,
  portico,
  enter,
  word,
}) => {
  test.setTimeout(90_000);
  const owner = await portico.person("Olga Owner", `${word}-o@example.com`);
  const organization = await portico.organization(`Pasted ${word}`, owner);
  const [ann, ben] = [`ann-${word}@example.com`, `ben-${word}@example.com`];
  await enter(context, owner);
  await page.goto(`/console/o/${organization.id}/invitations`);
  await page.getByRole("button", { name: "Invite people" }).click();
  const dialog = page.getByRole("dialog", { name: "Invite people" });
  await dialog.getByLabel("Addresses").fill(`Ann Example <${ann}>, ${ben}; nobody\n${ann.toUpperCase()}`);
  await expect(dialog.getByText("2 addresses, 1 duplicate left out")).toBeVisible();
  await expect(dialog.getByText("No address: nobody")).toBeVisible();
  await dialog.getByLabel("Role").selectOption("Admin");
  await accessible(page);
  await dialog.getByRole("button", { name: "Send 2 invitations" }).click();
  await expect(page.getByText("2 invitations sent")).toBeVisible();
  await expect(dialog).toBeHidden();
  for (const address of [ann, ben]) {
    await expect(row(page, address)).toContainText("Pending");
    await expect(row(page, address)).toContainText("Admin");
    await portico.mail.wait(address, /http:\/\/\S+\/invitation\/\S+/);
  }

  // Who belongs already is not invited; the others are.
  await page.getByRole("button", { name: "Invite people" }).click();
  const cara = `cara-${word}@example.com`;
  await dialog.getByLabel("Addresses").fill(`${owner.email} ${cara}`);
  await dialog.getByRole("button", { name: "Send 2 invitations" }).click();
  await expect(dialog.getByText("1 address was not invited")).toBeVisible();
  await expect(dialog.getByRole("listitem")).toContainText(owner.email);
  await accessible(page);
  await dialog.getByRole("button", { name: "Close" }).first().click();
  await expect(row(page, cara)).toContainText("Pending");

  const letters = () => portico.mail.letters.filter(({ recipients }: Json) => recipients.includes(ben)).length;
  const before = letters();
  await chosen(page, ben, "Send again");
  await expect(page.getByText("The invitation was sent again")).toBeVisible();
  await expect.poll(letters).toBe(before + 1);
  await chosen(page, ann, "Revoke");
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await expect(row(page, ann)).toContainText("Revoked");
  await page.getByLabel("Status", { exact: true }).selectOption("Pending");
  await expect(row(page, ann)).toHaveCount(0);
  await expect(row(page, ben)).toHaveCount(1);
  await page.getByRole("searchbox", { name: "Search addresses" }).fill("cara");
  await expect(row(page, ben)).toHaveCount(0);
  await expect(row(page, cara)).toHaveCount(1);
});

test("domains are claimed, used and removed", async ({ page, context, portico, enter, word }) => {
  const owner = await portico.person("Dora Domain", `${word}-o@example.com`);
  const organization = await portico.organization(`Domains ${word}`, owner);
  await enter(context, owner);
  await page.goto(`/console/o/${organization.id}/domains`);
  await page.getByRole("button", { name: "Add a domain" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a domain" });
  await dialog.getByLabel("Domain").fill("not a domain");
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  await expect(dialog.getByRole("alert")).toBeVisible();
  await dialog.getByLabel("Domain").fill(`${word}.example`);
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  const verify = page.getByRole("dialog", { name: `Verify ${word}.example` });
  await expect(verify.getByLabel("Type", { exact: true })).toHaveValue("TXT");
  await expect(verify.getByLabel("Name", { exact: true })).toHaveValue(new RegExp(`${word}\\.example$`));
  await expect(verify.getByLabel("Value", { exact: true })).toHaveValue(/.{16,}/);
  await accessible(page);
  await verify.getByRole("button", { name: "Later" }).click();
  const claimed = row(page, `${word}.example`);
  await expect(claimed).toContainText("Not verified");
  await expect(claimed.getByRole("combobox")).toBeDisabled();

  // What the operator vouches for is there at once.
  await portico.call("POST", `/v1/organizations/${organization.id}/domains`, {
    name: `held-${word}.example`,
    verified: true,
  });
  const held = row(page, `held-${word}.example`);
  await expect(held.getByText("Verified", { exact: true })).toBeVisible();
  await held.getByRole("combobox").selectOption("Suggested by your own pages");
  await expect(page.getByText("Saved", { exact: true })).toBeVisible();
  await page.reload();
  await expect(held.getByRole("combobox")).toHaveValue("automatic_suggestion");
  await chosen(page, `held-${word}.example`, "Remove");
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await expect(held).toHaveCount(0);
  await accessible(page);
});

/** A picture of one pixel. */
const PIXEL = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

/** The color of its ground, however the style sheet writes it. */
const painted = (what: Locator): Promise<string> =>
  what.evaluate((element) => {
    const canvas = document.createElement("canvas").getContext("2d");
    if (!canvas) throw new Error("no canvas");
    canvas.fillStyle = getComputedStyle(element).backgroundColor;
    canvas.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0] = canvas.getImageData(0, 0, 1, 1).data;
    return `#${[red, green, blue].map((one) => one.toString(16).padStart(2, "0")).join("")}`;
  });

test("name, logo and color are seen where people sign in, and the organization is deleted", async ({
  page,
  context,
  browser,
  portico,
  enter,
  word,
}) => {
  test.setTimeout(90_000);
  const owner = await portico.person("Bella Brand", `${word}-o@example.com`);
  const organization = await portico.organization(`Plain ${word}`, owner);
  await enter(context, owner);
  await page.goto(`/console/o/${organization.id}/settings`);
  await page.getByLabel("Name").fill(`Colorful ${word}`);
  await page.getByLabel("Slug").fill(`colorful-${word}`);
  await page
    .getByLabel("Logo")
    .setInputFiles({ name: "large.png", mimeType: "image/png", buffer: Buffer.alloc(300_000) });
  await expect(page.getByText("The picture may have 256 kB at most.")).toBeVisible();
  await page.getByLabel("Logo").setInputFiles({ name: "logo.png", mimeType: "image/png", buffer: PIXEL });
  await expect(page.getByText("The picture may have 256 kB at most.")).toBeHidden();
  await page.getByLabel("Accent color", { exact: true }).fill("#0f76");
  await expect(page.getByText("Write it as #rrggbb")).toBeVisible();
  await expect(page.getByRole("button", { name: "Save" })).toBeDisabled();
  await page.getByLabel("Accent color", { exact: true }).fill("#0F766E");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("The settings are saved")).toBeVisible();
  await accessible(page);

  const other = await browser.newContext({ baseURL: portico.base, colorScheme: "light" });
  const visitor = await other.newPage();
  await visitor.goto(`/sign-in?organization=${organization.id}`);
  await expect(visitor.getByRole("heading", { name: `Sign in to Colorful ${word}` })).toBeVisible();
  await expect(visitor.getByRole("main").locator("img").first()).toHaveJSProperty("naturalWidth", 1);
  await expect.poll(() => painted(visitor.getByRole("button", { name: "Sign in", exact: true }))).toBe("#0f766e");
  await accessible(visitor);
  await other.close();

  await page.getByRole("button", { name: "Delete", exact: true }).click();
  const ask = page.getByRole("dialog", { name: `Delete Colorful ${word}?` });
  await expect(ask.getByRole("button", { name: "Delete for good" })).toBeDisabled();
  await ask.getByLabel(`Type “colorful-${word}” to go on`).fill(`colorful-${word}`);
  await accessible(page);
  await ask.getByRole("button", { name: "Delete for good" }).click();
  await expect(page).not.toHaveURL(new RegExp(organization.id));
  const gone = await portico.ask("GET", `/v1/organizations/${organization.id}`, undefined, {
    authorization: `Bearer ${portico.boot.secret_key}`,
  });
  expect(gone.status).toBe(404);
});
