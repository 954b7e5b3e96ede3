import type { Json } from "../support/portico";
import { expect, test } from "../support/story";

test("somebody without an account is invited, signs up, and belongs", async ({ page, portico, word }) => {
  const owner = await portico.person("Olga Owner", `${word}-owner@example.com`);
  const organization = await portico.organization(`Invited ${word}`, owner);
  const email = `${word}-guest@example.com`;
  await portico.call("POST", `/v1/organizations/${organization.id}/invitations`, {
    email_address: email,
    role: "org:admin",
  });
  const [link] = await portico.mail.wait(email, /http:\/\/\S+\/invitation\/\S+/);

  await page.goto(link);
  await expect(page.getByRole("heading", { name: "You have been invited" })).toBeVisible();
  await page
    .getByRole("link", { name: /create|sign up/i })
    .first()
    .click();
  await page.getByLabel("Name").fill("Gail Guest");
  await page.getByLabel("Email address").fill(email);
  await page.getByLabel("Password", { exact: true }).fill("correct horse battery");
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByRole("heading", { name: `Join ${organization.name}` })).toBeVisible();
  await page.getByRole("button", { name: "Accept invitation" }).click();
  await expect(page).not.toHaveURL(/invitation/);

  const members = await portico.call("GET", `/v1/organizations/${organization.id}/memberships?limit=10`);
  const guest = members.data.find((member: Json) => member.public_user_data.identifier === email);
  expect(guest?.role).toBe("org:admin");
});

test("an invitation that was taken back opens nothing", async ({ page, portico, enter, context, word }) => {
  const owner = await portico.person("Olga Owner", `${word}-owner@example.com`);
  const guest = await portico.person("Gail Guest", `${word}-guest@example.com`);
  const organization = await portico.organization(`Taken back ${word}`, owner);
  const path = `/v1/organizations/${organization.id}/invitations`;
  const invitation = await portico.call("POST", path, { email_address: guest.email });
  const [link] = await portico.mail.wait(guest.email, /http:\/\/\S+\/invitation\/\S+/);
  await portico.call("POST", `${path}/${invitation.id}/revoke`);
  await enter(context, guest);
  await page.goto(link);
  await expect(page.getByRole("heading", { name: "This invitation is not open any more" })).toBeVisible();
});
