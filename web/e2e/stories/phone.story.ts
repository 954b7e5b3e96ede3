import type { Page } from "@playwright/test";
import { Portal } from "../support/portals";
import { ADMIN, accessible, expect, test } from "../support/story";

// The real server, and a gateway for short messages that shows what reaches a telephone.
test.use({
  settings: {
    PORTICO__METHODS__PHONE_NUMBER__ENABLED: "true",
    PORTICO__METHODS__PHONE_NUMBER__SIGN_UP: "true",
    PORTICO__OUTBOUND__ALLOW_HTTP: "true",
    PORTICO__OUTBOUND__ALLOW_PRIVATE: "127.0.0.0/8",
  },
});

let numbers = 0;

/** A number that no other story has, as people write it and as the server does. */
function aNumber(): { written: string; number: string } {
  const last = String(++numbers).padStart(4, "0");
  return { written: `+49 (0)151 555-${last}`, number: `+49151555${last}` };
}

const card = (page: Page) => page.locator("section", { has: page.getByRole("heading", { name: "Phone number" }) });

/** Gives whoever is signed in a number, by the API. */
async function given(page: Page, base: string, number: string, code: () => Promise<string>): Promise<void> {
  const headers = { origin: base };
  await page.request.post(`${base}/api/auth/phone-number/send-otp`, { headers, data: { phoneNumber: number } });
  const data = { phoneNumber: number, code: await code(), updatePhoneNumber: true };
  const answer = await page.request.post(`${base}/api/auth/phone-number/verify`, { headers, data });
  expect(answer.status(), await answer.text()).toBe(200);
}

test("a number is added by a code, changed and removed, by the keyboard", async ({
  page,
  context,
  portico,
  enter,
  word,
}) => {
  const [first, second] = [aNumber(), aNumber()];
  await enter(context, await portico.person("Tilda Telephone", `${word}@example.com`));
  await page.goto("/account");
  await card(page).getByLabel("Phone number", { exact: true }).fill("0151 5551234");
  await page.keyboard.press("Enter");
  await expect(card(page).getByText("Begin with + and the country code")).toBeVisible();
  await expect(card(page).getByLabel("Phone number", { exact: true })).toBeFocused();
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.type(first.written);
  await page.keyboard.press("Enter");
  await expect(card(page).getByText(`We texted a code to ${first.number}.`)).toBeVisible();
  await expect(card(page).getByLabel("Code")).toBeFocused();
  await accessible(page);
  const code = await portico.telephones.code(first.number);
  await page.keyboard.type(code === "000000" ? "111111" : "000000");
  await page.keyboard.press("Enter");
  await expect(card(page).getByText("The code is wrong.")).toBeVisible();
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.type(code);
  await page.keyboard.press("Enter");
  await expect(card(page).getByText(first.number)).toBeVisible();
  await expect(card(page).getByText("Confirmed", { exact: true })).toBeVisible();

  // Another message takes the place of the first.
  await card(page).getByLabel("New phone number").fill(second.written);
  await card(page).getByRole("button", { name: "Change number" }).press("Enter");
  await portico.telephones.code(second.number);
  await card(page).getByRole("button", { name: "Send again" }).press("Enter");
  await card(page)
    .getByLabel("Code")
    .fill(await portico.telephones.code(second.number));
  await card(page).getByRole("button", { name: "Confirm number" }).press("Enter");
  await expect(card(page).getByText(second.number)).toBeVisible();
  await expect(card(page).getByText(first.number)).toHaveCount(0);
  await accessible(page);

  await card(page)
    .getByRole("button", { name: `Remove: ${second.number}` })
    .press("Enter");
  await expect(page.getByText("Your other ways to sign in stay.")).toBeVisible();
  await accessible(page);
  await page.getByRole("alertdialog").getByRole("button", { name: "Remove", exact: true }).press("Enter");
  await expect(page.getByText("The phone number has been removed")).toBeVisible();
  await expect(card(page).getByRole("button", { name: "Add number" })).toBeVisible();
});

test("a number that came with imported people is confirmed, and one of somebody else is not given", async ({
  page,
  context,
  portico,
  enter,
  word,
}) => {
  const [own, taken] = [aNumber(), aNumber()];
  const person = await portico.person("Imke Imported", `${word}@example.com`);
  const other = await portico.person("Olga Other", `${word}o@example.com`);
  await portico.sql("UPDATE users SET phone_number = ? WHERE id = ?", own.number, person.id);
  await portico.sql(
    "UPDATE users SET phone_number = ?, phone_number_verified = 1 WHERE id = ?",
    taken.number,
    other.id,
  );
  await enter(context, person);
  await page.goto("/account");
  await expect(card(page).getByText("Not confirmed")).toBeVisible();
  await card(page).getByRole("button", { name: "Confirm number" }).click();
  await card(page)
    .getByLabel("Code")
    .fill(await portico.telephones.code(own.number));
  await card(page).getByRole("button", { name: "Confirm number" }).click();
  await expect(card(page).getByText("Confirmed", { exact: true })).toBeVisible();

  await card(page).getByLabel("New phone number").fill(taken.written);
  await card(page).getByRole("button", { name: "Change number" }).click();
  await card(page)
    .getByLabel("Code")
    .fill(await portico.telephones.code(taken.number));
  await card(page).getByRole("button", { name: "Confirm number" }).click();
  await expect(card(page).getByText("This number belongs to another account.")).toBeVisible();
});

test("a session that is not fresh asks for the sign-in, and leads back", async ({
  page,
  context,
  portico,
  enter,
  word,
}) => {
  const { written, number } = aNumber();
  const person = await portico.person("Stella Stale", `${word}@example.com`);
  await enter(context, person);
  await portico.age(person);
  await page.goto("/account");
  await card(page).getByLabel("Phone number", { exact: true }).fill(written);
  await card(page).getByRole("button", { name: "Add number" }).click();
  await card(page)
    .getByLabel("Code")
    .fill(await portico.telephones.code(number));
  await card(page).getByRole("button", { name: "Confirm number" }).click();
  await card(page).getByRole("link", { name: "Sign in again" }).click();
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page).toHaveURL(`${portico.base}/account`);
});

test("a texted code signs in, after a wrong one; so does the password", async ({
  page,
  context,
  browser,
  portico,
  enter,
  word,
}) => {
  const { written, number } = aNumber();
  const person = await portico.person("Nora Number", `${word}@example.com`);
  await enter(context, person);
  await page.goto("/account");
  await given(page, portico.base, number, () => portico.telephones.code(number));

  const elsewhere = await browser.newContext();
  const guest = await elsewhere.newPage();
  await guest.goto("/sign-in?redirect_to=%2Forganizations");
  await guest.getByRole("button", { name: "Text me a code" }).click();
  await guest.getByLabel("Phone number").fill(written);
  await accessible(guest);
  await guest.getByRole("button", { name: "Text me a code" }).click();
  await expect(guest.getByText(`If ${number} can sign in here, a code is on its way.`)).toBeVisible();
  await accessible(guest);
  const code = await portico.telephones.code(number);
  await guest.getByLabel("Code").fill(code === "000000" ? "111111" : "000000");
  await guest.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(guest.getByText("The code is wrong.")).toBeVisible();
  await guest.getByLabel("Code").fill(code);
  await guest.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(guest).toHaveURL(`${portico.base}/organizations`);
  await elsewhere.close();

  const other = await browser.newPage();
  await other.goto("/sign-in");
  await other.getByLabel("Email address or phone number").fill(written);
  await other.getByLabel("Password", { exact: true }).fill("a wrong password");
  await other.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(other.getByText("Phone number or password is wrong.")).toBeVisible();
  await other.getByLabel("Password", { exact: true }).fill(person.password);
  await other.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(other.getByRole("heading", { name: "Your account" })).toBeVisible();
  await other.close();
});

test("a texted code sets a new password", async ({ page, context, browser, portico, enter, word }) => {
  const { written, number } = aNumber();
  const person = await portico.person("Rita Reset", `${word}@example.com`);
  await enter(context, person);
  await page.goto("/account");
  await given(page, portico.base, number, () => portico.telephones.code(number));

  const elsewhere = await browser.newContext();
  const guest = await elsewhere.newPage();
  await guest.goto("/sign-in");
  await guest.getByRole("link", { name: "Forgot password?" }).click();
  await guest.getByLabel("Email address or phone number").fill(written);
  await guest.getByRole("button", { name: "Continue" }).click();
  await guest.getByLabel("Code").fill(await portico.telephones.code(number));
  await guest.getByLabel("New password", { exact: true }).fill("short");
  await guest.getByRole("button", { name: "Change password" }).click();
  await expect(guest.getByText("Too short: at least")).toBeVisible();
  await accessible(guest);
  await guest.getByLabel("New password", { exact: true }).fill("another staple that is long");
  await guest.getByRole("button", { name: "Change password" }).click();
  await expect(guest.getByText("Your password has been changed.")).toBeVisible();
  await guest.getByLabel("Email address or phone number").fill(person.email);
  await guest.getByLabel("Password", { exact: true }).fill("another staple that is long");
  await guest.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(guest.getByRole("heading", { name: "Your account" })).toBeVisible();
  await elsewhere.close();
  // All sessions of before have ended.
  await page.reload();
  await expect(page).toHaveURL(/\/sign-in/);
});

test("who has no address signs up by a number, in German, and adds an address later", async ({
  page,
  browser,
  portico,
  enter,
  word,
}) => {
  const { written, number } = aNumber();
  await page.goto("/sign-in?locale=de");
  await page.getByRole("link", { name: "Registrieren" }).click();
  await page.getByRole("button", { name: "Telefonnummer verwenden" }).click();
  await page.getByRole("button", { name: "Code per SMS" }).click();
  await expect(page.getByLabel("Name")).toBeFocused();
  await accessible(page);
  await page.getByLabel("Name").fill("Nina Nirgends");
  await page.getByLabel("Telefonnummer").fill(written.replace("+", "00"));
  await page.getByRole("button", { name: "Code per SMS" }).click();
  await page.getByLabel("Code").fill(await portico.telephones.code(number));
  await page.getByRole("button", { name: "Konto erstellen" }).click();
  await expect(page.getByRole("heading", { name: "Ihr Konto" })).toBeVisible();
  await expect(page.getByText(number)).toBeVisible();
  await expect(page.getByLabel("Name")).toHaveValue("Nina Nirgends");
  // The address that only the server knows is shown nowhere.
  expect(await page.content()).not.toContain("placeholder.invalid");
  await accessible(page);
  // Nor to an administrator, who finds the person by the name.
  const office = await browser.newContext({ baseURL: portico.base });
  await enter(office, ADMIN);
  const desk = await office.newPage();
  await desk.goto("/console/instance/users?q=Nirgends");
  await expect(desk.getByRole("row").filter({ hasText: "Nina Nirgends" })).not.toContainText("@");
  await desk.getByRole("link", { name: "Nina Nirgends" }).click();
  await expect(desk.getByRole("definition").first()).toHaveText("None");
  expect(await desk.content()).not.toContain("placeholder.invalid");
  await office.close();
  await page.getByRole("button", { name: `Entfernen: ${number}` }).click();
  await expect(page.getByText("Ihr Konto hat keine E-Mail-Adresse.")).toBeVisible();
  await page.getByRole("button", { name: "Abbrechen" }).click();
  await page.getByLabel("E-Mail-Adresse").fill(`${word}@example.com`);
  await page.getByRole("button", { name: "Adresse hinzufügen" }).click();
  await expect(page.getByText(`Folgen Sie dem Link in der E-Mail an ${word}@example.com.`)).toBeVisible();
  const [link] = await portico.mail.wait(`${word}@example.com`, /http:\/\/\S+verify-email\S*/);
  await page.goto(link);
  await page.goto("/account?locale=de");
  await expect(page.getByText(`${word}@example.com`).first()).toBeVisible();
});

test("the element leads to the page that knows telephones", async ({ page, portico }) => {
  const portal = await Portal.plain(portico.portals.sameSite, portico.base);
  try {
    await page.goto(`${portal.origin}/`);
    const others = page.getByRole("link", { name: "Other ways to sign in" });
    await expect(others).toBeVisible();
    await others.click();
    await expect(page.getByRole("button", { name: "Text me a code" })).toBeVisible();
  } finally {
    await portal.stop();
  }
});
