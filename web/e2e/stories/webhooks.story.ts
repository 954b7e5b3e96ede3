import { Receiver, signature } from "../support/receiver";
import { ADMIN, accessible, test as base, expect } from "../support/story";

const test = base.extend<{ receiver: Receiver }, object>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures from here
  receiver: async ({}, use) => {
    const receiver = await new Receiver().start();
    await use(receiver);
    receiver.stop();
  },
});

// The receiver is where nothing but this machine reaches it.
test.use({
  settings: { PORTICO__OUTBOUND__ALLOW_HTTP: "true", PORTICO__OUTBOUND__ALLOW_PRIVATE: "127.0.0.0/8" },
});

test("an endpoint is added, tested, sent to again, given another secret, and deleted", async ({
  page,
  context,
  receiver,
  enter,
}) => {
  test.setTimeout(120_000);
  await enter(context, ADMIN);
  await page.goto("/console/instance/webhooks");
  await page.getByRole("button", { name: "Add an endpoint" }).click();
  const dialog = page.getByRole("dialog", { name: "Add an endpoint" });
  await dialog.getByLabel("Address").fill(receiver.url);
  await dialog.getByRole("switch", { name: "All events" }).uncheck();
  await expect(dialog.getByRole("button", { name: "Add", exact: true })).toBeDisabled();
  await dialog.getByRole("checkbox", { name: "user.created" }).check();
  await accessible(page);
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  const shown = page.getByRole("dialog", { name: "Signing secret" });
  const secret = await shown.getByLabel("Signing secret", { exact: true }).inputValue();
  await shown.getByRole("button", { name: "I have copied it" }).click();
  await expect(page.getByRole("heading", { name: receiver.url })).toBeVisible();
  await expect(page.getByText("user.created", { exact: true })).toBeVisible();
  await expect(page.getByText("Nothing has been sent yet.")).toBeVisible();

  await page.getByRole("button", { name: "Send a test" }).click();
  await expect.poll(() => receiver.got.length).toBe(1);
  const [first] = receiver.got;
  if (!first) throw new Error("nothing came");
  expect(JSON.parse(first.body).type).toBe("webhook.test");
  expect(first.signatures).toEqual([signature(first, secret)]);
  const rows = page.getByRole("table", { name: "Deliveries" }).locator("tbody").getByRole("row");
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText("Succeeded");
  await expect(rows.getByRole("cell").nth(3)).toHaveText("200");
  await accessible(page);
  await rows.getByRole("button", { name: "webhook.test" }).click();
  const delivery = page.getByRole("dialog", { name: "webhook.test" });
  await expect(delivery.getByText("noted")).toBeVisible();
  await accessible(page);
  await delivery.getByRole("button", { name: "Send again" }).click();
  await expect.poll(() => receiver.got.length).toBe(2);
  expect(receiver.got[1]?.id).toBe(first.id);

  // For a day each message is signed by both.
  await page.getByRole("button", { name: "Rotate" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Rotate" }).click();
  const next = await shown.getByLabel("Signing secret", { exact: true }).inputValue();
  expect(next).not.toBe(secret);
  await shown.getByRole("button", { name: "I have copied it" }).click();
  await expect(page.getByText("Old one signs until")).toBeVisible();
  await page.getByRole("button", { name: "Send a test" }).click();
  await expect.poll(() => receiver.got.length).toBe(3);
  const third = receiver.got[2];
  if (!third) throw new Error("nothing came");
  expect([...third.signatures].sort()).toEqual([signature(third, secret), signature(third, next)].sort());

  // Switched off it is told of nothing; switched on again it goes on where it stopped.
  await page.getByRole("button", { name: "Switch off" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Switch off" }).click();
  await expect(page.getByText("Switched off: by hand")).toBeVisible();
  await page.getByRole("button", { name: "Switch on" }).click();
  await expect(page.getByRole("button", { name: "Switch off" })).toBeVisible();

  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(page).toHaveURL(/\/instance\/webhooks$/);
  await expect(page.getByText("Nobody is told of events yet")).toBeVisible();
});

test("an organization's endpoint is told of its own events, what failed is seen, and sent again", async ({
  page,
  context,
  portico,
  receiver,
  enter,
  word,
}) => {
  test.setTimeout(120_000);
  const owner = await portico.person("Hanna Hook", `${word}@example.com`);
  const organization = await portico.organization(`Hooks ${word}`, owner);
  const other = await portico.organization(`Others ${word}`, owner);
  const endpoint = await portico.call("POST", "/v1/webhooks/endpoints", {
    url: receiver.url,
    organization_id: organization.id,
    enabled_event_types: ["organizationInvitation.created"],
  });
  const invite = (id: string, name: string) =>
    portico.call("POST", `/v1/organizations/${id}/invitations`, { email_address: `${name}-${word}@example.com` });
  receiver.status = 500;
  await invite(other.id, "other");
  await invite(organization.id, "mine");
  await expect.poll(() => receiver.got.length).toBe(1);
  expect(receiver.got[0]?.body).toContain(`mine-${word}@example.com`);
  await enter(context, owner);
  await page.goto(`/console/o/${organization.id}/webhooks/${endpoint.id}`);
  const rows = page.getByRole("table", { name: "Deliveries" }).locator("tbody").getByRole("row");
  await expect(rows).toContainText("Failed");
  await expect(rows.getByRole("cell").nth(3)).toHaveText("500");
  // What it was to be told of: the address, which is what an invitation is called by.
  await rows.getByRole("button", { name: "organizationInvitation.created" }).click();
  const delivery = page.getByRole("dialog", { name: "organizationInvitation.created" });
  await expect(delivery.getByText(`mine-${word}@example.com`, { exact: true })).toBeVisible();
  await delivery.getByRole("button", { name: "Close" }).first().click();
  await page.getByLabel("State", { exact: true }).selectOption("Succeeded");
  await expect(page.getByText("Nothing found")).toBeVisible();
  await expect(page).toHaveURL(/state=succeeded/);
  await accessible(page);

  receiver.status = 200;
  await page.getByRole("button", { name: "Send again since…" }).click();
  const ask = page.getByRole("dialog", { name: "Send everything again since when?" });
  const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 16);
  await ask.getByLabel("Since").fill(yesterday);
  await accessible(page);
  await ask.getByRole("button", { name: "Send again" }).click();
  await expect(page.getByText("1 event is sent again")).toBeVisible();
  await expect.poll(() => receiver.got.length).toBe(2);
  expect(receiver.got[1]?.id).toBe(receiver.got[0]?.id);
  await expect(rows.first()).toContainText("Succeeded");
});

test("secret keys are made, used and revoked, and the audit says so and is exported", async ({
  page,
  context,
  portico,
  enter,
  word,
}) => {
  test.setTimeout(90_000);
  await enter(context, ADMIN);
  await page.goto("/console/instance/keys");
  await page.getByRole("button", { name: "Make a key" }).click();
  const dialog = page.getByRole("dialog", { name: "Make a secret key" });
  await dialog.getByLabel("Name").fill(`Billing ${word}`);
  await dialog.getByRole("button", { name: "Make it" }).click();
  const shown = page.getByRole("dialog", { name: `Billing ${word}` });
  const key = await shown.getByLabel("Secret key", { exact: true }).inputValue();
  await accessible(page);
  await shown.getByRole("button", { name: "I have copied it" }).click();
  const row = page.getByRole("row").filter({ hasText: `Billing ${word}` });
  await expect(row).toContainText("Valid");
  await expect(row.getByRole("cell").nth(2)).toHaveText("Never");
  const list = () => portico.ask("GET", "/v1/users?limit=1", undefined, { authorization: `Bearer ${key}` });
  expect((await list()).status).toBe(200);
  await page.reload();
  await expect(row.getByRole("cell").nth(2)).not.toHaveText("Never");
  await row.getByRole("button", { name: "Revoke" }).click();
  await page
    .getByRole("dialog", { name: `Revoke “Billing ${word}”?` })
    .getByRole("button", { name: "Revoke" })
    .click();
  await expect(row).toContainText("Revoked");
  expect((await list()).status).toBe(401);

  await page.getByRole("link", { name: "Audit" }).click();
  await page.getByLabel("Type", { exact: true }).selectOption("secretKey.revoked");
  await expect(page).toHaveURL(/type=secretKey\.revoked/);
  const entries = page.getByRole("table", { name: "Audit" }).locator("tbody").getByRole("row");
  await expect(entries).toHaveCount(1);
  await entries.getByRole("button", { name: "secretKey.revoked" }).click();
  const entry = page.getByRole("dialog", { name: "secretKey.revoked" });
  await expect(entry.getByText("127.0.0.1", { exact: false })).toBeVisible();
  await expect(entry.getByText(`Billing ${word}`, { exact: false }).first()).toBeVisible();
  await expect(entry.getByText(key)).toHaveCount(0);
  await accessible(page);
  await page.keyboard.press("Escape");
  for (const [name, first] of [
    ["CSV", /^\S*type\S*/m],
    ["JSON lines", /^\{/],
  ] as const) {
    // An entry is exported once it is sealed, which is a moment after it is shown.
    await expect(async () => {
      const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name }).click()]);
      const chunks: Buffer[] = [];
      for await (const chunk of await file.createReadStream()) chunks.push(chunk);
      const text = Buffer.concat(chunks).toString();
      expect(text).toMatch(first);
      // Beside the entry that was asked for are the seals of all, by which the chain is checked, and nothing else.
      const entries = text.split("\n").filter((line) => /"\w+\.[a-zA-Z]+"/.test(line));
      expect(entries).toHaveLength(1);
      expect(entries[0]).toContain("secretKey.revoked");
    }).toPass({ timeout: 30_000 });
  }
  // A day on which nothing happened.
  await page.getByLabel("To this day").fill("2020-01-01");
  await expect(page.getByText("Nothing found")).toBeVisible();
});
