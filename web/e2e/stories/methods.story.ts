import type { Page } from "@playwright/test";
import { accessible, expect, test } from "../support/story";

/** Announces ways to sign in, whatever the server is configured for. */
async function announced(page: Page, methods: Record<string, unknown>): Promise<void> {
  await page.route("**/v1/instance*", async (route) => {
    const response = await route.fetch();
    const instance = await response.json();
    await route.fulfill({ response, json: { ...instance, methods: { ...instance.methods, ...methods } } });
  });
}

/** Answers for the server; what was asked is in the list. */
async function answered(page: Page, path: string, json: unknown, status = 200): Promise<unknown[]> {
  const asked: unknown[] = [];
  await page.route(`**/api/auth${path}`, async (route) => {
    asked.push(route.request().postDataJSON());
    await route.fulfill({ status, json });
  });
  return asked;
}

test("what is not announced is not shown", async ({ page }) => {
  await announced(page, {
    magic_link: { enabled: false },
    email_otp: { enabled: false },
    username: { enabled: false },
    phone_number: { enabled: false, sign_up_enabled: false },
    social: [],
    two_factor: { enabled: false },
  });
  await page.goto("/sign-in");
  await expect(page.getByLabel("Email address", { exact: true })).toBeVisible();
  await expect(page.getByRole("button")).toHaveText([/^$/, "Sign in", /Automatic|System|Light|Dark/i]);
});

test("a link is mailed", async ({ page }) => {
  await announced(page, { magic_link: { enabled: true } });
  const asked = await answered(page, "/sign-in/magic-link", { status: true });
  await page.goto("/sign-in?redirect_to=%2Forganizations");
  await page.getByRole("button", { name: "Email me a sign-in link" }).click();
  await page.getByLabel("Email address").fill("ann@example.com");
  await page.getByRole("button", { name: "Email me a sign-in link" }).click();
  await expect(page.getByText("If ann@example.com can sign in here, a link is on its way.")).toBeVisible();
  await accessible(page);
  expect(asked).toEqual([
    {
      email: "ann@example.com",
      callbackURL: "/sign-in?redirect_to=%2Forganizations&came=1",
      errorCallbackURL: "/sign-in?redirect_to=%2Forganizations",
    },
  ]);
  await page.goto("/sign-in?error=INVALID_TOKEN");
  await expect(page.getByRole("alert").filter({ hasText: "The link was used already" })).toBeVisible();
});

test("whom a link has led back is led on", async ({ page, context, portico, enter, word }) => {
  await enter(context, await portico.person("Cora Came", `${word}@example.com`));
  await page.goto("/sign-in?redirect_to=%2Forganizations&came=1");
  await expect(page).toHaveURL(`${portico.base}/organizations`);
});

test("a code is mailed and entered", async ({ page }) => {
  await announced(page, { email_password: { enabled: false }, email_otp: { enabled: true } });
  const sent = await answered(page, "/email-otp/send-verification-otp", { success: true });
  const entered = await answered(page, "/sign-in/email-otp", { code: "INVALID_OTP", message: "Invalid OTP" }, 400);
  await page.goto("/sign-in");
  await page.getByLabel("Email address").fill("ann@example.com");
  await page.getByRole("button", { name: "Email me a code" }).click();
  await page.getByLabel("Code").fill("123456");
  await accessible(page);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByText("The code is wrong.")).toBeVisible();
  expect(sent).toEqual([{ email: "ann@example.com", type: "sign-in" }]);
  expect(entered).toEqual([{ email: "ann@example.com", otp: "123456" }]);
});

test("a user name is taken where there are such", async ({ page }) => {
  await announced(page, { username: { enabled: true } });
  const fault = { code: "INVALID_USERNAME_OR_PASSWORD", message: "Invalid username or password" };
  const asked = await answered(page, "/sign-in/username", fault, 401);
  await page.goto("/sign-in");
  await page.getByLabel("Email address or username").fill("ann");
  await page.getByLabel("Password", { exact: true }).fill("a password");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByText("Username or password is wrong.")).toBeVisible();
  expect(asked).toEqual([{ username: "ann", password: "a password", rememberMe: true }]);
});

test("a service signs in, in German", async ({ page, portico }) => {
  await announced(page, { social: [{ id: "google", name: "Google" }] });
  const asked = await answered(page, "/sign-in/social", { url: `${portico.base}/there`, redirect: true });
  await page.goto("/sign-in?locale=de");
  await accessible(page);
  await page.getByRole("button", { name: "Weiter mit Google" }).click();
  await expect(page).toHaveURL(/\/there$/);
  expect(asked).toEqual([
    {
      provider: "google",
      callbackURL: "/sign-in?locale=de&came=1",
      errorCallbackURL: "/sign-in?locale=de",
    },
  ]);
});

test("a second factor is asked for after the password", async ({ page, context, portico, enter, word }) => {
  const person = await portico.person("Fay Factor", `${word}@example.com`);
  await answered(page, "/sign-in/email", { twoFactorRedirect: true, twoFactorMethods: ["totp", "otp"] });
  const sent = await answered(page, "/two-factor/send-otp", { status: true });
  await answered(page, "/two-factor/verify-totp", { code: "INVALID_CODE", message: "Invalid code" }, 401);
  await page.goto("/sign-in");
  await page.getByLabel("Email address").fill(person.email);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Confirm that it is you" })).toBeVisible();
  await page.getByLabel("Code").fill("000000");
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByText("The code is wrong.")).toBeVisible();
  await accessible(page);
  await page.getByRole("button", { name: "Use a backup code" }).click();
  await expect(page.getByText("Each works once.")).toBeVisible();
  await page.getByRole("button", { name: "Get a code by email" }).click();
  await page.getByRole("button", { name: "Send a code" }).click();
  await expect(page.getByText("The code is on its way.")).toBeVisible();
  expect(sent).toHaveLength(1);
  // The server says yes, and gives the session with it.
  await page.route("**/api/auth/two-factor/verify-otp", async (route) => {
    expect(route.request().postDataJSON()).toEqual({ code: "123456", trustDevice: true });
    await enter(context, person);
    await route.fulfill({ json: { token: "t", user: {} } });
  });
  await page.getByLabel("Code").fill("123456");
  await page.getByLabel("Do not ask again on this device").check();
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByRole("heading", { name: "Your account" })).toBeVisible();
});
