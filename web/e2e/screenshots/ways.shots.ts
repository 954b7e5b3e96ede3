import type { Page } from "@playwright/test";
import { Device } from "../support/passkeys";
import { test } from "../support/story";
import { ALL, shoot } from "./shoot";

// Every way in that needs nobody else. Passkeys are bound to a name.
test.use({
  host: "localhost",
  settings: {
    PORTICO__METHODS__PASSKEY__ENABLED: "true",
    PORTICO__METHODS__PHONE_NUMBER__ENABLED: "true",
    PORTICO__METHODS__PHONE_NUMBER__SIGN_UP: "true",
    PORTICO__METHODS__EMAIL_OTP__ENABLED: "true",
    PORTICO__METHODS__API_KEY__ENABLED: "true",
    PORTICO__METHODS__DEVICE__ENABLED: "true",
    PORTICO__METHODS__DEVICE__CLIENT_IDS: "kitchen-radio",
    PORTICO__OUTBOUND__ALLOW_HTTP: "true",
    PORTICO__OUTBOUND__ALLOW_PRIVATE: "127.0.0.0/8",
  },
});

const NUMBER = "+4915112345678";
const KEYS = ["Billing service", "Nightly export", "Terminal of the workshop"];

const card = (page: Page, name: string) => page.locator("section", { has: page.getByRole("heading", { name }) });
const at = (page: Page, name: string) => card(page, name).evaluate((element) => element.scrollIntoView());

test("the ways in", async ({ page, context, portico, enter }) => {
  const owner = await portico.person("Ines Integrator", "ines@globex.example");
  const organization = await portico.organization("Globex", owner);
  await Device.of(page);
  await shoot(page, "sign-in-ways", "/sign-in", ALL, () =>
    page.getByRole("button", { name: "Text me a code" }).waitFor(),
  );
  await shoot(page, "sign-in-telephone", "/sign-in", ALL, async () => {
    await page.getByRole("button", { name: "Text me a code" }).click();
    await page.getByLabel("Phone number").fill("+49 151 12345678");
  });

  await enter(context, owner);
  await page.goto("/account/security");
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("Laptop");
  await page.getByRole("button", { name: "Create passkey" }).click();
  await page.getByRole("listitem").filter({ hasText: "Laptop" }).waitFor();
  await shoot(page, "account-passkeys", "/account/security", ALL, async () => {
    await page.getByText("Laptop").waitFor();
    await at(page, "Passkeys");
  });

  await page.goto("/account");
  await card(page, "Phone number").getByLabel("Phone number").fill(NUMBER);
  await page.getByRole("button", { name: "Add number" }).click();
  await page.getByLabel("Code").fill(await portico.telephones.code(NUMBER));
  await page.getByRole("button", { name: "Confirm number" }).click();
  await page.getByText("Your phone number is confirmed").waitFor();
  await shoot(page, "account-telephone", "/account", ALL, async () => {
    await page.getByText(NUMBER).waitFor();
    await at(page, "Phone number");
  });

  const headers = { origin: portico.base };
  for (const name of KEYS)
    await context.request.post(`${portico.base}/api/auth/api-key/create`, {
      headers,
      data: { name, expiresIn: 30 * 86_400 },
    });
  await shoot(page, "account-api-keys", "/account/api-keys", ALL, () => page.getByText(KEYS[0] ?? "").waitFor());

  const { body } = await portico.ask("POST", "/api/auth/device/code", {
    client_id: "kitchen-radio",
    scope: "music:read music:play",
  });
  await shoot(page, "device", body.verification_uri_complete, ALL, async () => {
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("heading", { name: "Let kitchen-radio in?" }).waitFor();
  });

  for (const name of KEYS)
    await context.request.post(`${portico.base}/api/auth/api-key/create`, {
      headers,
      data: { name, organizationId: organization.id },
    });
  await shoot(page, "api-keys", `/console/o/${organization.id}/api-keys`, [0, 2]);

  const { data: permissions } = await portico.call("GET", "/v1/permissions?limit=500");
  for (const [name, description, wanted] of [
    ["Auditor", "Sees roles and keys, changes nothing.", /^See /],
    ["Front desk", "Brings people in, and takes them out again.", /members|[Ii]nvit/],
  ] as const)
    await portico.call("POST", "/v1/roles", {
      key: `org:${name.toLowerCase().replace(" ", "_")}`,
      name,
      description,
      permissions: permissions
        .filter((one: { name: string }) => wanted.test(one.name))
        .map(({ key }: { key: string }) => key),
    });
  await shoot(page, "roles", `/console/o/${organization.id}/roles`, ALL, () =>
    page.getByText("Auditor").first().waitFor(),
  );
});
