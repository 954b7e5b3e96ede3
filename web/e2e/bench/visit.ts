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

/** Goes to a page as that laptop does. */
async function visit(page: Page, address: string): Promise<Visit> {
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
  const { content, tasks } = await page.evaluate(() => window.watch);
  await session.detach();
  const interactive = Math.max(content, ...tasks.map(([, end]) => end));
  return { bytes, requests, content, interactive, busy: tasks.reduce((sum, [start, end]) => sum + end - start, 0) };
}

const middle = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** The median of several first visits, each with an empty cache. */
export async function firstVisits(
  browser: Browser,
  options: BrowserContextOptions,
  address: string,
  times: number,
): Promise<Visit> {
  const taken: Visit[] = [];
  for (let time = 0; time < times; time += 1) {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    await page.addInitScript(watch);
    taken.push(await visit(page, address));
    await context.close();
  }
  const of = (figure: keyof Visit) => Math.round(middle(taken.map((one) => one[figure])));
  return {
    bytes: of("bytes"),
    requests: of("requests"),
    content: of("content"),
    interactive: of("interactive"),
    busy: of("busy"),
  };
}
