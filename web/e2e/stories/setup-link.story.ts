import { Okta } from "../support/idp";
import { accessible, expect, test } from "../support/story";

test("somebody without an account sets a directory up by a link, which works once", async ({
  page,
  browser,
  portico,
  word,
}) => {
  const owner = await portico.person("Lena Link", `${word}@example.com`);
  const organization = await portico.organization(`Linked ${word}`, owner);
  const directory = await portico.call("POST", `/v1/organizations/${organization.id}/directories`, {
    name: "Okta",
    provider: "okta",
  });
  const link = await portico.call("POST", `/v1/directories/${directory.id}/setup-links`, {});
  expect(link.url).toContain("/setup/");

  await page.goto(link.url);
  await page.getByRole("button", { name: "Begin setup" }).click();
  await expect(page.getByRole("heading", { name: `Connect the directory of ${organization.name}` })).toBeVisible();
  expect(page.url()).not.toContain(new URL(link.url).pathname);
  await page.getByRole("radio", { name: "Okta" }).check();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Create credential" }).click();
  const token = await page.getByLabel("Token", { exact: true }).inputValue();
  const url = await page.getByLabel("Endpoint URL").inputValue();
  await accessible(page);
  await page.getByRole("button", { name: "I have entered the values" }).click();
  await expect(page.getByText("Waiting for the first request")).toBeVisible();
  const okta = new Okta(url, token);
  await okta.test();
  await expect(page.getByText("Your provider is connected")).toBeVisible();
  const id = await okta.assign(`${word}-first@example.com`, "Fatima", "First");
  await okta.push("Everybody", [id]);
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByText("Everybody").first()).toBeVisible();
  await accessible(page);

  // Whoever finds the link afterwards finds nothing.
  const other = await browser.newContext();
  const late = await other.newPage();
  await late.goto(link.url);
  await late.getByRole("button", { name: "Begin setup" }).click();
  await expect(late.getByRole("heading", { name: "This link is not valid any more" })).toBeVisible();
  await other.close();
});

test("a link that was revoked opens nothing", async ({ page, portico, word }) => {
  const owner = await portico.person("Lena Link", `${word}@example.com`);
  const organization = await portico.organization(`Revoked ${word}`, owner);
  const directory = await portico.call("POST", `/v1/organizations/${organization.id}/directories`, {
    name: "Okta",
    provider: "okta",
  });
  const link = await portico.call("POST", `/v1/directories/${directory.id}/setup-links`, { expires_in_hours: 1 });
  await portico.call("POST", `/v1/directories/${directory.id}/setup-links/${link.id}/revoke`);
  await page.goto(link.url);
  await page.getByRole("button", { name: "Begin setup" }).click();
  await expect(page.getByRole("heading", { name: "This link is not valid any more" })).toBeVisible();
});
