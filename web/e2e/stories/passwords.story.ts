/** Fields for passwords: hidden until they are shown, pasted into, and known to password managers (ASVS 5.0, 6.2.6 and 6.2.7). */
import type { Page } from "@playwright/test";
import { ADMIN, accessible, expect, test } from "../support/story";

const LONG = "correct horse battery staple, pasted as a password manager does — 42 ✓";

/** The field of that label: masked at first, shown and hidden by a button, and open to what is pasted. */
async function judged(page: Page, label: string, autocomplete: string): Promise<void> {
  const field = page.getByLabel(label, { exact: true });
  await expect(field).toHaveAttribute("type", "password");
  await expect(field).toHaveAttribute("autocomplete", autocomplete);
  await expect(field).not.toHaveAttribute("maxlength");
  await field.click();
  await page.keyboard.press("ControlOrMeta+V");
  await expect(field).toHaveValue(LONG);
  const reveal = page.locator(".pt-password", { has: field }).getByRole("button");
  await expect(reveal).toHaveAccessibleName("Show password");
  await reveal.focus();
  await page.keyboard.press("Enter");
  await expect(field).toHaveAttribute("type", "text");
  await expect(field).toHaveValue(LONG);
  await expect(reveal).toHaveAccessibleName("Hide password");
  await reveal.click();
  await expect(field).toHaveAttribute("type", "password");
  await field.fill("");
}

test("passwords are pasted, shown, and filled in by password managers", async ({
  page,
  context,
  portico,
  enter,
  word,
}) => {
  test.setTimeout(90_000);
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto("/sign-in");
  await page.evaluate((text) => navigator.clipboard.writeText(text), LONG);
  await judged(page, "Password", "current-password");
  await expect(page.getByLabel("Email address")).toHaveAttribute("autocomplete", /^username\b/);
  await page.goto("/sign-up");
  await judged(page, "Password", "new-password");
  await expect(page.getByLabel("Email address")).toHaveAttribute("autocomplete", "username");
  await page.goto("/reset-password?token=a-token-that-is-tried-when-it-is-sent");
  await judged(page, "New password", "new-password");

  const person = await portico.person("Pia Paste", `${word}@example.com`);
  await enter(context, person);
  await page.goto("/account/security");
  await judged(page, "Current password", "current-password");
  await judged(page, "New password", "new-password");
  // Whose password it is, for whoever keeps several.
  await expect(page.locator("input[name=username][autocomplete=username]")).toHaveValue(person.email);
  await page.goto("/account");
  await page.getByRole("button", { name: "Delete account" }).click();
  await judged(page, "Current password (optional)", "current-password");
});

test("an administrator gives a password that is masked, and pasted", async ({
  page,
  context,
  enter,
  portico,
  word,
}) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await enter(context, ADMIN);
  await page.goto("/console/instance/users");
  await page.evaluate((text) => navigator.clipboard.writeText(text), LONG);
  await page.getByRole("button", { name: "Make a user" }).click();
  const dialog = page.getByRole("dialog", { name: "Make a user" });
  await dialog.getByLabel(/^Email address/).fill(`${word}@example.com`);
  const field = dialog.getByLabel("Password", { exact: true });
  await expect(field).toHaveAttribute("type", "password");
  await expect(field).toHaveAttribute("autocomplete", "new-password");
  await field.click();
  await page.keyboard.press("ControlOrMeta+V");
  await expect(field).toHaveValue(LONG);
  await accessible(page);
  await dialog.getByRole("button", { name: "Make it" }).click();
  await expect(page.getByText("The user was made")).toBeVisible();
  const entered = await portico.ask("POST", "/api/auth/sign-in/email", {
    email: `${word}@example.com`,
    password: LONG,
  });
  expect(entered.status).toBe(200);
});
