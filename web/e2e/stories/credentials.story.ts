/** What an identity provider authenticates with, and the links by which others set one up. */
import type { Page } from "@playwright/test";
import { answered, synced } from "../support/directory";
import { Okta } from "../support/idp";
import { accessible, expect, test } from "../support/story";

const row = (page: Page, name: string) => page.getByRole("row").filter({ hasText: name });

/** Chooses in the menu of a row, and says yes to what is asked then. */
async function chosen(page: Page, name: string, item: string, yes = item): Promise<void> {
  await page.getByRole("button", { name: `Actions for ${name}` }).click();
  await page.getByRole("menuitem", { name: item, exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: yes, exact: true }).click();
}

/** The secret that a dialog shows once, which is then closed. */
async function shown(page: Page, name: string, secret = "Bearer token"): Promise<string> {
  const dialog = page.getByRole("dialog", { name });
  const token = await dialog.getByLabel(secret, { exact: true }).inputValue();
  await dialog.getByRole("button", { name: "I have copied it" }).click();
  await expect(dialog).toBeHidden();
  return token;
}

test("a credential is made, rotated with an overlap, and revoked for good", async ({
  page,
  context,
  portico,
  enter,
  word,
}) => {
  test.setTimeout(90_000);
  const { owner, path, page: within } = await synced(portico, word);
  const { endpoint_url: url } = await portico.call("GET", path);
  const asks = (token: string) => answered(new Okta(url, token).test());
  await enter(context, owner);
  await page.goto(`${within}/credentials`);
  await page.getByRole("button", { name: "Make a credential" }).click();
  const dialog = page.getByRole("dialog", { name: "Make a credential" });
  await dialog.getByLabel("Name").fill("Okta production");
  await dialog.getByLabel("Expires").selectOption("In 90 days");
  await accessible(page);
  await dialog.getByRole("button", { name: "Make it" }).click();
  await expect(page.getByText("It is kept only as a hash and cannot be shown again. It expires")).toBeVisible();
  const old = await shown(page, "Okta production");
  const line = row(page, "Okta production");
  await expect(line).toContainText("Valid");
  await expect(line).toContainText(old.slice(0, 8));
  await expect(line).not.toContainText(old);
  await expect(line.getByRole("cell").nth(3)).toHaveText("Never");
  const [made] = (await portico.call("GET", `${path}/credentials?query=Okta production&limit=50`)).data.filter(
    (one: { name: string }) => one.name === "Okta production",
  );
  expect(Math.round((made.expires_at - Date.now()) / 86_400_000)).toBe(90);
  expect(await asks(old)).toBe("done");
  await page.reload();
  await expect(line.getByRole("cell").nth(3)).not.toHaveText("Never");

  // Both are good until it is said that the provider has the new one.
  await chosen(page, "Okta production", "Rotate");
  const next = await shown(page, "Okta production");
  expect(next).not.toBe(old);
  await expect(line).toContainText("Rotating");
  expect([await asks(old), await asks(next)]).toEqual(["done", "done"]);
  await line.getByRole("button", { name: "Complete rotation" }).click();
  const ask = page.getByRole("dialog", { name: "Complete the rotation of “Okta production”?" });
  await expect(ask).toContainText("The old secret is refused from now on.");
  await accessible(page);
  await ask.getByRole("button", { name: "Complete" }).click();
  await expect(line).toContainText("Valid");
  expect(await asks(old)).toContain("401");
  expect(await asks(next)).toBe("done");

  // A rotation that is called off leaves the one that there was.
  await chosen(page, "Okta production", "Rotate");
  const given = await shown(page, "Okta production");
  await expect(line).toContainText("Rotating");
  await chosen(page, "Okta production", "Cancel the rotation");
  await expect(line).toContainText("Valid");
  expect(await asks(given)).toContain("401");
  expect(await asks(next)).toBe("done");

  await chosen(page, "Okta production", "Revoke");
  await expect(line).toContainText("Revoked");
  expect(await asks(next)).toContain("401");
  // It stays in the list, for the log names it: there is nothing more to be done to it.
  await expect(page.getByRole("button", { name: "Actions for Okta production" })).toHaveCount(0);
  await expect(line.getByRole("link", { name: "Requests" })).toBeVisible();
});

test("a credential that has expired says so, and one that soon will", async ({
  page,
  context,
  portico,
  enter,
  word,
}) => {
  const { owner, path, page: within } = await synced(portico, word);
  const { endpoint_url: url } = await portico.call("GET", path);
  const day = 86_400_000;
  const make = (name: string, days: number) =>
    portico.call("POST", `${path}/credentials`, { name, expires_at: Date.now() + days * day });
  await make("Soon over", 7);
  const over = await make("Long over", 1);
  await portico.sql("UPDATE directory_credentials SET expires_at = ? WHERE id = ?", Date.now() - day, over.id);
  await enter(context, owner);
  await page.goto(`${within}/credentials`);
  await expect(row(page, "Soon over")).toContainText("Expires soon");
  await expect(row(page, "Soon over")).toContainText(/in [67] days/);
  await expect(row(page, "Long over")).toContainText("Expired");
  await expect(row(page, "Long over")).toContainText("yesterday");
  expect(await answered(new Okta(url, over.token).test())).toContain("401");
  await accessible(page);
});

test("a setup link is made in the console, used by somebody else, and another one revoked", async ({
  page,
  context,
  browser,
  portico,
  enter,
  word,
}) => {
  test.setTimeout(90_000);
  const { owner, organization, page: within } = await synced(portico, word);
  await enter(context, owner);
  await page.goto(`${within}/settings`);
  const links = page.locator("#setup-links");
  const make = async () => {
    await links.getByLabel("How long the link works").selectOption("A day");
    await links.getByRole("button", { name: "Make a link" }).click();
    return shown(page, "Setup link", "Link");
  };
  await expect(links.getByText("No link has been made.")).toBeVisible();
  const used = await make();
  const rows = links.getByRole("table", { name: "Setup links" }).locator("tbody").getByRole("row");
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText("Open");
  await expect(rows).toContainText("Not yet");
  await expect(rows).toContainText(/in 2[34] hours/);
  await accessible(page);

  const other = await browser.newContext();
  const visitor = await other.newPage();
  await visitor.goto(used);
  await visitor.getByRole("button", { name: "Begin setup" }).click();
  await expect(visitor.getByRole("heading", { name: `Connect the directory of ${organization.name}` })).toBeVisible();
  // Whoever looks on sees that somebody has begun.
  await expect(rows).toContainText("Used");
  await expect(links.getByRole("button", { name: "Revoke" })).toHaveCount(0);

  const second = await make();
  await expect(rows).toHaveCount(2);
  await links.getByRole("button", { name: "Revoke" }).click();
  await page.getByRole("dialog", { name: "Revoke the link?" }).getByRole("button", { name: "Revoke" }).click();
  await expect(page.getByText("The link is revoked")).toBeVisible();
  await expect(rows.filter({ hasText: "Revoked" })).toHaveCount(1);
  await visitor.goto(second);
  await visitor.getByRole("button", { name: "Begin setup" }).click();
  await expect(visitor.getByRole("heading", { name: "This link is not valid any more" })).toBeVisible();
  await other.close();
});
