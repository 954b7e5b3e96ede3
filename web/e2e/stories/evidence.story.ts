/** What a directory can show for itself: a self-test, receipts, and everything about one person. */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { Download } from "@playwright/test";
import { synced } from "../support/directory";
import { binary } from "../support/portico";
import { accessible, expect, test } from "../support/story";

test("the self-test runs against the directory, and reports", async ({ page, context, portico, enter, word }) => {
  test.setTimeout(180_000);
  const { owner, path, page: within } = await synced(portico, word);
  await enter(context, owner);
  await page.goto(`${within}/self-test`);
  await page.getByRole("button", { name: "Run the self-test" }).click();
  await expect(page.getByRole("heading", { name: "The checks are running" })).toBeVisible();
  await expect(page.getByText("The endpoint does all that the standards demand")).toBeVisible({ timeout: 120_000 });
  await expect(page.getByText(/[1-9]\d\d checks passed, 0 failed, \d+ skipped, with [\d,]+ requests in/)).toBeVisible();
  await expect(page.getByText("could not be removed")).toHaveCount(0);
  await accessible(page);
  const checks = page.getByRole("main").getByRole("listitem");
  await expect(checks).toHaveCount(100);
  await expect(checks.first().getByLabel("Passed")).toBeVisible();
  const title = ((await checks.nth(7).locator("summary span, span").nth(1).textContent()) ?? "").trim();
  await page.getByRole("searchbox", { name: "Search checks" }).fill(title.toUpperCase());
  await expect(checks.filter({ hasNotText: title })).toHaveCount(0);
  await expect(checks.first()).toContainText(title);
  await page.getByLabel("Result", { exact: true }).selectOption({ label: "Failed (0)" });
  await expect(page.getByText("No check matches.")).toBeVisible();
  // What was made for it is gone, the credential included.
  expect((await portico.call("GET", `${path}/users?limit=1`)).total_count).toBe(0);
  const credentials = await portico.call("GET", `${path}/credentials?limit=50`);
  expect(credentials.data.map((one: { name: string }) => one.name)).toEqual(["Okta"]);
});

const text = async (download: Download): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};

test("whose access ended is told in order, with a receipt that anybody can verify", async ({
  page,
  context,
  portico,
  enter,
  word,
}, info) => {
  test.setTimeout(90_000);
  const { owner, okta, page: within } = await synced(portico, word);
  const email = `leo@${word}.example`;
  const id = await okta.assign(email, "Leo", "Leaver");
  // He has set a password, and is signed in twice.
  const { user_id } = await portico.call("GET", `${within.replace("/console/o/", "/v1/organizations/")}/users/${id}`);
  await portico.ask("POST", "/api/auth/request-password-reset", { email, redirectTo: "/reset-password" });
  const [, token] = await portico.mail.wait(email, /reset-password\/([\w-]+)/);
  const password = "correct horse battery";
  expect((await portico.ask("POST", "/api/auth/reset-password", { token, newPassword: password })).status).toBe(200);
  for (const _ of [1, 2]) {
    const entered = await portico.ask("POST", "/api/auth/sign-in/email", { email, password });
    expect(entered.status).toBe(200);
  }
  await okta.unassign(id);
  await enter(context, owner);

  await page.goto(`${within}/users`);
  await page.getByRole("link", { name: "Leo Leaver" }).click();
  await expect(page.getByRole("heading", { name: "Leo Leaver" })).toBeVisible();
  await expect(page.getByText("Not active")).toBeVisible();
  await expect(page.getByText("Suspended").first()).toBeVisible();
  const timeline = page.locator("section", { has: page.getByRole("heading", { name: "Timeline" }) });
  const told = timeline.locator("ol > li");
  await expect(told.filter({ hasText: "access.ended" })).toHaveCount(1);
  // Newest first: the end, and what it was asked by, before the beginning.
  const words = await told.allInnerTexts();
  const places = ["scimUser.deprovisioned", "access.ended", "scimUser.provisioned", "user.create"].map((word) =>
    words.findIndex((one) => one.includes(word)),
  );
  expect(places, words.join("\n")).toEqual([...places].filter((at) => at >= 0).sort((a, b) => a - b));
  // Nothing of what the directory said is left out.
  await page.getByText("The whole SCIM resource").click();
  const resource = page.locator("pre", { hasText: '"userName"' });
  await expect(resource).toContainText(`"externalId": "00u${email}"`);
  await expect(resource).toContainText('"locale": "en-US"');
  await expect(resource).toContainText('"active": false');
  await accessible(page);
  await told.filter({ hasText: "access.ended" }).getByRole("link").first().click();
  await expect(page).toHaveURL(/\/requests\//);
  await expect(page.getByRole("button", { name: "Dry run" })).toBeVisible();
  await page.goBack();

  await page.getByRole("link", { name: "Receipts for ended access" }).click();
  const rows = page.getByRole("table", { name: "Receipts" }).locator("tbody").getByRole("row");
  await expect(rows).toHaveCount(1);
  await rows.getByRole("button", { name: "Show" }).click();
  const receipt = page.getByRole("dialog", { name: "Receipt" });
  await expect(receipt.getByText("Sessions ended")).toBeVisible();
  await expect(receipt.locator("dl > div").filter({ hasText: "Sessions ended" })).toContainText("2");
  await expect(receipt.getByText(user_id, { exact: true })).toBeVisible();
  await accessible(page);
  const [json] = await Promise.all([
    page.waitForEvent("download"),
    receipt.getByRole("button", { name: "Download the receipt (JSON)" }).click(),
  ]);
  const [jws] = await Promise.all([
    page.waitForEvent("download"),
    receipt.getByRole("button", { name: "Download the JWS" }).click(),
  ]);

  // What the page says is to be done is done.
  const commands = (await receipt.locator("pre").last().textContent()) ?? "";
  const [, receiptId = "", issuer = ""] =
    /receipt verify (\S+)\.json --jwks jwks\.json --issuer (\S+)/.exec(commands) ?? [];
  expect(issuer).toBe(portico.base);
  const keys = info.outputPath("jwks.json");
  await writeFile(keys, JSON.stringify((await portico.ask("GET", "/.well-known/jwks.json")).body));
  const verify = async (file: string) =>
    (await promisify(execFile)(binary, ["receipt", "verify", file, "--jwks", keys, "--issuer", issuer, "--json"]))
      .stdout;
  const whole = info.outputPath(json.suggestedFilename());
  expect(json.suggestedFilename()).toBe(`${receiptId}.json`);
  await writeFile(whole, await text(json));
  expect(await verify(whole)).toContain(receiptId);
  const signature = await text(jws);
  const alone = info.outputPath("receipt.jws");
  await writeFile(alone, signature);
  expect(await verify(alone)).toContain(receiptId);
  const [head, , sign] = signature.split(".");
  const forged = Buffer.from(JSON.stringify({ id: receiptId })).toString("base64url");
  await writeFile(alone, [head, forged, sign].join("."));
  await expect(verify(alone)).rejects.toThrow();
});
