import { Portal } from "../support/portals";
import { accessible, expect, test } from "../support/story";

test("the official React client and the elements agree about who is signed in", async ({ page, portico, word }) => {
  const person = await portico.person("Rea React", `${word}@example.com`);
  const organization = await portico.organization(`React ${word}`, person);
  const portal = await Portal.react(portico.portals.sameSite, portico.base);
  try {
    await page.goto(portal.origin);
    await page.getByLabel("Email").fill(person.email);
    await page.getByLabel("Password").fill("not the password");
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("alert")).toHaveText("Invalid email or password");
    await page.getByLabel("Password").fill(person.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("heading", { name: `Hello, ${person.name}` })).toBeVisible();

    // The client's hooks change the organization, the elements follow.
    await page.getByRole("button", { name: `Work in ${organization.name}` }).click();
    await expect(page.getByText(`Works in ${organization.name}`)).toBeVisible();
    await expect(page.getByRole("tab", { name: "Members" })).toBeVisible();
    await expect(page.getByRole("listitem").filter({ hasText: person.email })).toBeVisible();
    await accessible(page);

    // An element signs out, the client follows.
    await page.getByRole("button", { name: `Account of ${person.name}` }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await expect(page.getByRole("heading", { name: "Sign in to Contoso" })).toBeVisible();
  } finally {
    await portal.stop();
  }
});
