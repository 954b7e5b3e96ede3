import { expect, test } from "../support/story";

test.use({ settings: { PORTICO__SIGN_UP__REQUIRE_EMAIL_VERIFICATION: "true" } });

test("somebody signs up, follows the mail's link, and signs in", async ({ page, portico, word }) => {
  const email = `${word}@example.com`;
  await page.goto("/sign-up");
  await page.getByLabel("Name").fill("Nora Newcomer");
  await page.getByLabel("Email address").fill(email);
  await page.getByLabel("Password", { exact: true }).fill("correct horse battery");
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByRole("heading", { name: "Check your inbox" })).toBeVisible();

  // The password alone opens nothing before the mailbox is proven.
  await page.goto("/sign-in");
  await page.getByLabel("Email address").fill(email);
  await page.getByLabel("Password", { exact: true }).fill("correct horse battery");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByText("Your email address is not confirmed yet")).toBeVisible();

  const [link] = await portico.mail.wait(email, /http:\/\/\S+verify-email\S*/);
  await page.goto(link);
  await expect(page.getByRole("heading", { name: "Email address confirmed" })).toBeVisible();

  await page.goto("/sign-in");
  await page.getByLabel("Email address").fill(email);
  await page.getByLabel("Password", { exact: true }).fill("correct horse battery");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page).not.toHaveURL(/sign-in/);
  await page.goto("/account");
  await expect(page.getByRole("heading", { name: "Your account" })).toBeVisible();
  await expect(page.getByText(email).first()).toBeVisible();
});

test("an address that has an account gets no second one", async ({ page, portico, word }) => {
  const person = await portico.person("Otto", `${word}@example.com`);
  await page.goto("/sign-up");
  await page.getByLabel("Name").fill("Somebody else");
  await page.getByLabel("Email address").fill(person.email);
  await page.getByLabel("Password", { exact: true }).fill("another password");
  await page.getByRole("button", { name: "Create account" }).click();
  // Where mailboxes have to be proven, the answer does not tell whether there is an account; the password stays.
  await expect(page.getByRole("heading", { name: "Check your inbox" })).toBeVisible();
  const wrong = await portico.ask("POST", "/api/auth/sign-in/email", {
    email: person.email,
    password: "another password",
  });
  expect(wrong.status).toBe(401);
});
