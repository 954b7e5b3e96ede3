import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";
import { expect, test } from "../support/story";

const folder = fileURLToPath(new URL("../../../docs/images/", import.meta.url));
const LOOKS = [
  { name: "light", colorScheme: "light", viewport: { width: 1280, height: 800 } },
  { name: "dark", colorScheme: "dark", viewport: { width: 1280, height: 800 } },
  { name: "phone", colorScheme: "light", viewport: { width: 390, height: 844 } },
] as const;
/** Each look; otherwise the light one is enough. */
export const ALL = [0, 1, 2];

/** Takes pictures of a page into `docs/images`, when it is `ready`. */
export async function shoot(
  page: Page,
  name: string,
  address: string,
  looks: number[] = [0],
  ready: () => Promise<unknown> = async () => {},
) {
  await test.step(name, async () => {
    await mkdir(folder, { recursive: true });
    await page.goto(address);
    await expect(page.getByRole("heading").first()).toBeVisible();
    await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
    await ready();
    for (const look of looks.map((index) => LOOKS[index] ?? LOOKS[0])) {
      await page.emulateMedia({ colorScheme: look.colorScheme, reducedMotion: "reduce" });
      await page.setViewportSize(look.viewport);
      await page.waitForTimeout(250);
      await page.screenshot({ path: `${folder}${name}-${look.name}.png`, animations: "disabled" });
    }
    await page.setViewportSize(LOOKS[0].viewport);
  });
}
