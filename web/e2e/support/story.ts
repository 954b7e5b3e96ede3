import AxeBuilder from "@axe-core/playwright";
import { type BrowserContext, test as base, expect, type Page } from "@playwright/test";
import { ADMIN, type Person, Portico } from "./portico";

interface Shared {
  /** Settings of the server besides the usual: `PORTICO__SECTION__KEY`. */
  settings: Record<string, string>;
  /** The name under which the browser reaches the server. */
  host: Portico["host"];
  portico: Portico;
}

interface Own {
  /** A word that no other story uses, for names and addresses. */
  word: string;
  /** Signs a browser in, without a page. */
  enter: (context: BrowserContext, person: Pick<Person, "email" | "password">) => Promise<void>;
  /** No page threw, and the server did not panic. */
  quiet: undefined;
}

let words = 0;

export const test = base.extend<Own, Shared>({
  settings: [{}, { option: true, scope: "worker" }],
  host: ["127.0.0.1", { option: true, scope: "worker" }],
  portico: [
    async ({ settings, host }, use) => {
      const portico = await new Portico(host).start(settings);
      await use(portico);
      await portico.stop();
    },
    { scope: "worker", timeout: 120_000 },
  ],
  baseURL: async ({ portico }, use) => use(portico.base),
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures from here
  word: async ({}, use) => use(`w${process.pid % 1000}x${++words}`),
  enter: async ({ portico }, use) =>
    use(async (context, { email, password }) => {
      const answer = await context.request.post(`${portico.base}/api/auth/sign-in/email`, {
        headers: { origin: portico.base },
        data: { email, password },
      });
      expect(answer.status(), await answer.text()).toBe(200);
    }),
  quiet: [
    async ({ context, portico }, use) => {
      const thrown: string[] = [];
      context.on("weberror", (error) => thrown.push(String(error.error().stack)));
      await use(undefined);
      expect(thrown, "a page threw").toEqual([]);
      expect(portico.log(), "the server panicked").not.toContain("panicked at");
    },
    { auto: true },
  ],
});

export { ADMIN, expect };

/** No serious violation of WCAG 2.2 AA on the page, elements included. */
export async function accessible(page: Page, say: typeof expect | typeof expect.soft = expect): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
    .analyze();
  const serious = violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, help, nodes }) => ({
      id,
      help,
      where: nodes.slice(0, 5).map(({ target, failureSummary }) => `${target.join(" ")}: ${failureSummary}`),
    }));
  say(serious, `${page.url()} is not accessible`).toEqual([]);
}
