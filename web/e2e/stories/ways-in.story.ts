import { expect, test } from "../support/story";

// The real server with every way in that a mailbox or a name needs; `methods.story.ts` has the pages' own care.
test.use({
  settings: {
    PORTICO__METHODS__MAGIC_LINK__ENABLED: "true",
    PORTICO__METHODS__EMAIL_OTP__ENABLED: "true",
    PORTICO__METHODS__USERNAME__ENABLED: "true",
  },
});

test("a mailed link signs in, and only once", async ({ page, browser, portico, word }) => {
  const person = await portico.person("Lina Link", `${word}@example.com`);
  await page.goto("/sign-in?redirect_to=%2Forganizations");
  await page.getByRole("button", { name: "Email me a sign-in link" }).click();
  await page.getByLabel("Email address").fill(person.email);
  await page.getByRole("button", { name: "Email me a sign-in link" }).click();
  await expect(page.getByText("a link is on its way")).toBeVisible();
  const [link] = await portico.mail.wait(person.email, /http:\/\/\S+magic-link\/verify\S*/);
  await page.goto(link);
  await expect(page).toHaveURL(`${portico.base}/organizations`);

  const other = await browser.newPage();
  await other.goto(link);
  await expect(other.getByRole("alert").filter({ hasText: "The link was used already" })).toBeVisible();
  await other.close();
});

test("a mailed code signs in, after a wrong one", async ({ page, portico, word }) => {
  const person = await portico.person("Cody Code", `${word}@example.com`);
  await page.goto("/sign-in");
  await page.getByRole("button", { name: "Email me a code" }).click();
  await page.getByLabel("Email address").fill(person.email);
  await page.getByRole("button", { name: "Email me a code" }).click();
  const [, code] = await portico.mail.wait(person.email, /\b(\d{6})\b/);
  await page.getByLabel("Code").fill(code === "000000" ? "111111" : "000000");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByText("The code is wrong.")).toBeVisible();
  await page.getByLabel("Code").fill(code);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Your account" })).toBeVisible();
});

test("a user name signs in", async ({ page, portico, word }) => {
  const words = {
    name: "Uma User",
    email: `${word}@example.com`,
    password: "a long enough password",
    username: `uma_${word}`,
  };
  const made = await portico.ask("POST", "/api/auth/sign-up/email", words, { origin: portico.base });
  expect(made.status).toBe(200);
  await page.goto("/sign-in");
  await page.getByLabel("Email address or username").fill(words.username.toUpperCase());
  await page.getByLabel("Password", { exact: true }).fill(words.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Your account" })).toBeVisible();
});
