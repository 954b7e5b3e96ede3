const browsers: readonly [RegExp, string][] = [
  [/\bEdgA?\//, "Edge"],
  [/\bOPR\//, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\bFirefox\/|\bFxiOS\//, "Firefox"],
  [/CriOS\/|Chrome\/|Chromium\//, "Chrome"],
  [/\bVersion\/.*\bSafari\//, "Safari"],
  [/^curl\//, "curl"],
];

const systems: readonly [RegExp, string, boolean][] = [
  [/\biPhone\b/, "iPhone", true],
  [/\biPad\b/, "iPad", true],
  [/\bAndroid\b/, "Android", true],
  [/\bCrOS\b/, "ChromeOS", false],
  [/\bWindows\b/, "Windows", false],
  [/\bMac OS X\b|\bMacintosh\b/, "macOS", false],
  [/\bLinux\b/, "Linux", false],
];

/** What a `User-Agent` says for people: browser and system, each null if it is not told. */
export function describeAgent(agent: string): { browser: string | null; system: string | null; mobile: boolean } {
  const browser = browsers.find(([pattern]) => pattern.test(agent))?.[1] ?? null;
  const system = systems.find(([pattern]) => pattern.test(agent));
  return { browser, system: system?.[1] ?? null, mobile: system?.[2] ?? false };
}
