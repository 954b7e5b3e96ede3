import { expect, test } from "../support/story";

test("with the keyboard alone, after a mistake", async ({ page, portico, word }) => {
  const person = await portico.person("Kim Keys", `${word}@example.com`);
  await page.goto("/sign-in");
  await page.getByLabel("Email address").focus();
  await page.keyboard.type(person.email);
  await page.getByLabel("Password", { exact: true }).focus();
  await page.keyboard.type("not the password");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert").first()).toBeVisible();
  await expect(page).toHaveURL(/sign-in/);

  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.keyboard.press("Enter");
  await expect(page).not.toHaveURL(/sign-in/);
  await page.goto("/account");
  await expect(page.getByRole("heading", { name: "Your account" })).toBeVisible();
});

test("a page that needs a session leads to the sign-in and back", async ({ page, portico, word }) => {
  const person = await portico.person("Ben Back", `${word}@example.com`);
  await page.goto("/account");
  await expect(page).toHaveURL(/\/sign-in/);
  await page.getByLabel("Email address").fill(person.email);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page).toHaveURL(/\/account/);
});

test("redirect_to leads to trusted places only", async ({ page, portico, word }) => {
  const person = await portico.person("Rita", `${word}@example.com`);
  await page.goto(`/sign-in?redirect_to=${encodeURIComponent("https://evil.example/")}`);
  await page.getByLabel("Email address").fill(person.email);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page).not.toHaveURL(/sign-in/);
  expect(new URL(page.url()).origin).toBe(portico.base);
});

test("a forgotten password is chosen anew by the mail's link", async ({ page, portico, word }) => {
  const person = await portico.person("Fritz", `${word}@example.com`);
  await page.goto("/forgot-password");
  await page.getByLabel("Email address").fill(person.email);
  await page.getByRole("button", { name: "Send link" }).click();
  await expect(page.getByRole("heading", { name: "Check your inbox" })).toBeVisible();
  const [link] = await portico.mail.wait(person.email, /http:\/\/\S+reset-password\S*/);
  await page.goto(link);
  await page.getByLabel("New password").fill("a password that is new");
  await page.getByRole("button", { name: "Change password" }).click();
  await expect(page.getByText("Your password has been changed")).toBeVisible();
  const old = await portico.ask("POST", "/api/auth/sign-in/email", { email: person.email, password: person.password });
  expect(old.status).toBe(401);
  const renewed = await portico.ask("POST", "/api/auth/sign-in/email", {
    email: person.email,
    password: "a password that is new",
  });
  expect(renewed.status).toBe(200);
});
