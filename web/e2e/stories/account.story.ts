/** What people do to their own accounts on `/account`, and which organization they choose. */
import type { Locator, Page } from "@playwright/test";
import type { Person, Portico } from "../support/portico";
import { accessible, expect, test } from "../support/story";

const card = (page: Page, name: string): Locator =>
  page.locator("section", { has: page.getByRole("heading", { name, exact: true }) });

/** Whether the password opens the account. */
const signsIn = async (portico: Portico, email: string, password: string): Promise<boolean> =>
  (await portico.ask("POST", "/api/auth/sign-in/email", { email, password })).status === 200;

test("a profile is changed, and a password, which ends the other sessions", async ({
  page,
  context,
  browser,
  portico,
  enter,
  word,
}) => {
  test.setTimeout(90_000);
  const person = await portico.person("Petra Plain", `${word}@example.com`);
  const others = await Promise.all([browser.newContext({ baseURL: portico.base }), browser.newContext()]);
  const [tablet, phone] = others;
  if (!tablet || !phone) throw new Error("no browsers");
  for (const one of [context, ...others]) await enter(one, person);
  const still = async (one: typeof tablet) =>
    (await (await one.request.get(`${portico.base}/api/auth/get-session`)).json()) !== null;

  await page.goto("/account");
  const profile = card(page, "Profile");
  await profile.getByLabel("Name").fill(" ");
  await profile.getByRole("button", { name: "Save" }).click();
  await expect(profile.getByText("Enter a name.")).toBeVisible();
  await expect(profile.getByLabel("Name")).toBeFocused();
  await profile.getByLabel("Name").fill("Petra Painted");
  await profile.getByLabel("Picture address").fill("ftp://example.com/me.png");
  await profile.getByRole("button", { name: "Save" }).click();
  await expect(profile.getByText("Enter a whole address that begins with https://.")).toBeVisible();
  await profile.getByLabel("Picture address").fill("");
  await profile.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Saved")).toBeVisible();
  expect((await portico.call("GET", `/v1/users/${person.id}`)).name).toBe("Petra Painted");

  // One device, of three.
  await page.getByRole("link", { name: "Security" }).click();
  const devices = card(page, "Sessions and devices").getByRole("listitem");
  await expect(devices).toHaveCount(3);
  await expect(devices.first()).toContainText("This device");
  await expect(devices.first().getByRole("button")).toHaveCount(0);
  await accessible(page);
  await devices
    .last()
    .getByRole("button", { name: /^Sign out: / })
    .click();
  await expect(page.getByText("Signed out there")).toBeVisible();
  await expect(devices).toHaveCount(2);
  expect([await still(tablet), await still(phone), await still(context)].filter(Boolean)).toHaveLength(2);
  expect(await still(context)).toBe(true);

  const password = card(page, "Password");
  await password.getByLabel("Current password").fill("not the password");
  await password.getByLabel("New password").fill("short");
  await password.getByRole("button", { name: "Change password" }).click();
  await expect(password.getByText("Too short: at least 8 characters.")).toBeVisible();
  await password.getByLabel("New password").fill("a long enough new password");
  await password.getByRole("button", { name: "Change password" }).click();
  await expect(password.getByText("The password is wrong.")).toBeVisible();
  await expect(password.getByLabel("Current password")).toBeFocused();
  await accessible(page);
  await password.getByLabel("Current password").fill(person.password);
  await password.getByRole("button", { name: "Change password" }).click();
  await expect(page.getByText("Your password has been changed")).toBeVisible();
  await expect(password.getByLabel("New password")).toHaveValue("");
  await expect(devices).toHaveCount(1);
  expect([await still(tablet), await still(phone), await still(context)]).toEqual([false, false, true]);
  expect(await signsIn(portico, person.email, person.password)).toBe(false);
  expect(await signsIn(portico, person.email, "a long enough new password")).toBe(true);

  // The session that this has just made is one elsewhere too.
  await page.reload();
  await card(page, "Sessions and devices").getByRole("button", { name: "Sign out everywhere else" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Sign out everywhere else" }).click();
  await expect(devices).toHaveCount(1);
  await Promise.all(others.map((one) => one.close()));
});

test("an address is changed by the mail to the old one and that to the new one", async ({
  page,
  context,
  portico,
  enter,
  word,
}) => {
  test.setTimeout(90_000);
  const person = await portico.person("Mara Moved", `old-${word}@example.com`);
  const to = `new-${word}@example.com`;
  await enter(context, person);
  await page.goto("/account");
  const address = card(page, "Email address");
  await address.getByLabel("New email address").fill(person.email.toUpperCase());
  await address.getByRole("button", { name: "Change address" }).click();
  await expect(address.getByText("This is your address already.")).toBeVisible();
  await address.getByLabel("New email address").fill(to);
  await address.getByRole("button", { name: "Change address" }).click();
  await expect(address.getByText(`To change to ${to}, follow the link in the email`)).toBeVisible();
  await accessible(page);
  const link = /http:\/\/\S+verify-email\S*/;
  const [old] = await portico.mail.wait(person.email, link);
  await page.goto(old);
  await expect(page.getByRole("heading", { name: "Thank you" })).toBeVisible();
  await accessible(page);
  const [next] = await portico.mail.wait(to, link);
  await page.goto(next);
  await expect(page.getByRole("heading", { name: "Thank you" })).toBeVisible();
  await page.getByRole("link", { name: "Your account" }).click();
  await expect(address.getByText(to)).toBeVisible();
  await expect(address.getByText("Confirmed")).toBeVisible();
  expect(await signsIn(portico, person.email, person.password)).toBe(false);
  expect(await signsIn(portico, to, person.password)).toBe(true);
});

/** Opens the question before an account is deleted, and types the address. */
async function asked(page: Page, person: Person): Promise<Locator> {
  await page.getByRole("button", { name: "Delete account" }).click();
  const ask = page.getByRole("alertdialog", { name: "Delete your account?" });
  await expect(ask.getByRole("button", { name: "Delete account" })).toBeDisabled();
  await ask.getByLabel(`Type ${person.email} to confirm`).fill(person.email);
  return ask;
}

test("an account is deleted by its owner, who proves it after a while", async ({
  page,
  context,
  portico,
  enter,
  word,
}) => {
  const person = await portico.person("Dina Deleted", `${word}@example.com`);
  await enter(context, person);
  await portico.age(person);
  await page.goto("/account");
  const ask = await asked(page, person);
  await accessible(page);
  await ask.getByRole("button", { name: "Delete account" }).click();
  await expect(
    ask.getByText("Your last sign-in was a while ago. Enter your password, or sign in again."),
  ).toBeVisible();
  await ask.getByLabel("Current password").fill("not the password");
  await ask.getByRole("button", { name: "Delete account" }).click();
  await expect(ask.getByText("The password is wrong.")).toBeVisible();
  await ask.getByLabel("Current password").fill(person.password);
  await ask.getByRole("button", { name: "Delete account" }).click();
  await expect(page).toHaveURL(/\/sign-in/);
  await expect(page.getByText("Your account has been deleted")).toBeVisible();
  expect(await signsIn(portico, person.email, person.password)).toBe(false);
});

test("an organization is chosen, made, and left", async ({ page, context, portico, enter, word }) => {
  test.setTimeout(90_000);
  const person = await portico.person("Cleo Chooser", `${word}@example.com`);
  const host = await portico.person("Hugo Host", `${word}-h@example.com`);
  const [one, two] = [
    await portico.organization(`First ${word}`, host),
    await portico.organization(`Second ${word}`, host),
  ];
  for (const { id } of [one, two]) {
    await portico.call("POST", `/v1/organizations/${id}/memberships`, { user_id: person.id, role: "org:member" });
  }
  const active = async () =>
    (await (await context.request.get("/api/auth/get-session")).json()).session.activeOrganizationId;
  await enter(context, person);
  await page.goto("/organizations?redirect_to=%2Faccount%2Fsecurity");
  await page.getByRole("button", { name: `Second ${word}` }).click();
  await expect(page).toHaveURL(`${portico.base}/account/security`);
  expect(await active()).toBe(two.id);
  await page.goto("/organizations");
  await expect(page.getByRole("button", { name: `Second ${word}` })).toContainText("Active");

  await page.getByRole("button", { name: "New organization" }).click();
  await page.getByLabel("Name of the organization").fill(`Third & Ünlikely ${word}`);
  await expect(page.getByLabel("Short name")).toHaveValue(`third-unlikely-${word}`);
  await page.getByLabel("Short name").fill(one.slug);
  await page.getByRole("button", { name: "Create organization" }).click();
  await expect(page.getByText("This short name is taken.")).toBeVisible();
  await accessible(page);
  await page.getByLabel("Short name").fill(`third-${word}`);
  await page.getByRole("button", { name: "Create organization" }).click();
  await expect(page).toHaveURL(`${portico.base}/account/organizations`);
  const rows = page.getByRole("listitem");
  await expect(rows.filter({ hasText: `third-${word}` })).toContainText("Active");

  await page.getByRole("button", { name: `Leave: First ${word}` }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Leave" }).click();
  await expect(page.getByText(`First ${word}`)).toHaveCount(0);
  // Whoever is its only owner stays.
  await page.getByRole("button", { name: `Leave: Third & Ünlikely ${word}` }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Leave" }).click();
  await expect(page.getByText("You are the only owner. Make somebody else an owner first.")).toBeVisible();
  await accessible(page);
});
