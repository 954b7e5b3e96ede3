import { readFileSync } from "node:fs";
import type { Browser, BrowserContextOptions, Page } from "@playwright/test";

/** A laptop with a slow processor on a slow line: what the budget is about. */
export const LAPTOP = { cpu: 4, megabits: 10, latency: 40 };

export interface Visit {
  /** What came over the wire until the page was quiet, compressed and with headers; the answers of the API too. */
  bytes: number;
  requests: number;
  /** When the content was there, and nothing said any more that it loads: milliseconds after the navigation began. */
  content: number;
  /** When the main thread had done the last long task too, so that the page answers at once. */
  interactive: number;
  /** How much of that was spent in long tasks. */
  busy: number;
  /**
   * What the page's main thread had of this machine's processor on another visit, of a fast laptop: milliseconds. Other work
   * of the machine makes a page late and this hardly longer, so it is what two builds are compared by. Null where the system
   * does not tell.
   */
  work: number | null;
}

interface Watch {
  content: number;
  tasks: [number, number][];
}

declare global {
  interface Window {
    watch: Watch;
  }
}

/** Runs in the page, before anything of the page does. */
function watch(): void {
  window.watch = { content: 0, tasks: [] };
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) window.watch.tasks.push([startTime, startTime + duration]);
  }).observe({ type: "longtask", buffered: true });
  let complete = false;
  const look = () => {
    const heading = document.querySelector("main h1, main h2, h1");
    const waits = document.querySelector(
      "[aria-busy=true], [role=progressbar], .hosted-wait, .pt-spinner, .pc-spinner",
    );
    const now = heading !== null && waits === null;
    if (now && !complete) window.watch.content = performance.now();
    complete = now;
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
}

/** What the main threads of the browser's pages have had of a processor, by process: milliseconds. */
async function spent(page: Page): Promise<Map<number, number>> {
  const session = await page.context().browser()?.newBrowserCDPSession();
  const { processInfo } = (await session?.send("SystemInfo.getProcessInfo")) ?? { processInfo: [] };
  await session?.detach();
  const times = new Map<number, number>();
  for (const { id, type } of processInfo) {
    const read = (file: string) => readFileSync(`/proc/${id}/${file}`, "utf8");
    try {
      // The browser has pages of its own, which work at the same time.
      if (type !== "renderer" || read("cmdline").includes("--top-chrome-webui")) continue;
      times.set(id, Number(read(`task/${id}/schedstat`).split(" ")[0]) / 1_000_000);
    } catch {
      // It has ended, or this is no Linux.
    }
  }
  return times;
}

/** Goes to a page, and waits until it is quiet. */
async function quiet(page: Page, address: string): Promise<void> {
  await page.goto(address);
  // The page is quiet when it is complete and has had nothing long to do for a while.
  await page.waitForFunction(
    () => {
      const last = Math.max(window.watch.content, ...window.watch.tasks.map(([, end]) => end));
      return window.watch.content > 0 && performance.now() - last > 700;
    },
    undefined,
    { timeout: 60_000, polling: 100 },
  );
}

/** What a page is for the processor. Not measured on the slow laptop, which is slow by keeping the processor busy. */
async function work(page: Page, address: string): Promise<number | null> {
  const before = await spent(page);
  await quiet(page, address);
  const worked = [...(await spent(page))].map(([id, time]) => time - (before.get(id) ?? 0));
  return worked.length > 0 ? Math.max(...worked) : null;
}

/** Goes to a page as that laptop does. */
async function visit(page: Page, address: string): Promise<Omit<Visit, "work">> {
  const session = await page.context().newCDPSession(page);
  const rate = (LAPTOP.megabits * 1_000_000) / 8;
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: LAPTOP.latency,
    downloadThroughput: rate,
    uploadThroughput: rate,
  });
  await session.send("Emulation.setCPUThrottlingRate", { rate: LAPTOP.cpu });
  let bytes = 0;
  let requests = 0;
  session.on("Network.loadingFinished", ({ encodedDataLength }) => {
    bytes += encodedDataLength;
    requests += 1;
  });
  await quiet(page, address);
  const { content, tasks } = await page.evaluate(() => window.watch);
  await session.detach();
  const interactive = Math.max(content, ...tasks.map(([, end]) => end));
  return {
    bytes,
    requests,
    content,
    interactive,
    busy: tasks.reduce((sum, [start, end]) => sum + end - start, 0),
  };
}

const middle = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** The median of several first visits, each with an empty cache. What they are for the processor hardly differs: once is enough. */
export async function firstVisits(
  browser: Browser,
  options: BrowserContextOptions,
  address: string,
  times: number,
): Promise<Visit> {
  const fresh = async <T>(look: (page: Page) => Promise<T>): Promise<T> => {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    await page.addInitScript(watch);
    const seen = await look(page);
    await context.close();
    return seen;
  };
  const taken: Omit<Visit, "work">[] = [];
  for (let time = 0; time < times; time += 1) taken.push(await fresh((page) => visit(page, address)));
  const worked = await fresh((page) => work(page, address));
  const of = (figure: keyof Omit<Visit, "work">) => Math.round(middle(taken.map((one) => one[figure])));
  return {
    bytes: of("bytes"),
    requests: of("requests"),
    content: of("content"),
    interactive: of("interactive"),
    busy: of("busy"),
    work: worked === null ? null : Math.round(worked),
  };
}
