/** On a phone nothing runs out of its place, and where one is can be seen. */
import { synced } from "../support/directory";
import { expect, test } from "../support/story";

test.use({ viewport: { width: 390, height: 844 } });

test("the open tab of a directory is in sight, and long names stay in their cards", async ({
  page,
  context,
  portico,
  enter,
  word,
}) => {
  const { owner, okta, page: within } = await synced(portico, word);
  await okta.assign(`somebody.with.a.very.long.address.of.many.names@${word}.example`, "Ann", "Example");
  await enter(context, owner);
  await page.goto(`${within}/requests`);
  const tabs = page.getByRole("navigation", { name: "Directory" });
  await expect(tabs.getByRole("link", { name: "Requests" })).toBeInViewport({ ratio: 0.9 });
  const table = page.getByRole("table", { name: "Requests" });
  const named = table.getByText(/^somebody\.with/).first();
  await expect(named).toBeVisible();
  const [inner, outer] = [await named.boundingBox(), await table.boundingBox()];
  expect((inner?.x ?? 0) + (inner?.width ?? 0)).toBeLessThan((outer?.x ?? 0) + (outer?.width ?? 0));
  await tabs.getByRole("link", { name: "Credentials" }).click();
  await expect(page.getByRole("table", { name: "Credentials" })).toBeVisible();
  await expect(tabs.getByRole("link", { name: "Credentials" })).toBeInViewport({ ratio: 0.9 });
  await page.goto(`${within}/self-test`);
  await expect(tabs.getByRole("link", { name: "Self-test" })).toBeInViewport({ ratio: 0.9 });
});
