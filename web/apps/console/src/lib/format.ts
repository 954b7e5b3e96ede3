/** Numbers, times and names as people read them, in the browser's language and time zone. */

/** Made when it is first needed: each costs more than all that is printed by it on a page. */
function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

const number = once(() => new Intl.NumberFormat());
const dateTime = once(() => new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }));
const exact = once(() => new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" }));
const day = once(() => new Intl.DateTimeFormat(undefined, { dateStyle: "medium" }));
const relative = once(() => new Intl.RelativeTimeFormat("en", { numeric: "auto" }));

export const count = (n: number): string => number().format(n);
export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;
export const at = (ms: number): string => dateTime().format(ms);
export const exactly = (ms: number): string => exact().format(ms);
export const onDay = (ms: number): string => day().format(ms);

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
];

/** "5 minutes ago", "in 3 days"; a date when it is more than a month away. */
export function ago(ms: number, now: number = Date.now()): string {
  const gap = ms - now;
  if (Math.abs(gap) > 30 * 86_400_000) return day().format(ms);
  for (const [unit, length] of STEPS) {
    if (Math.abs(gap) >= length) return relative().format(Math.round(gap / length), unit);
  }
  return gap > 5_000 ? "in a moment" : "just now";
}

export function percent(part: number): string {
  const value = part * 100;
  return `${value > 0 && value < 1 ? "<1" : Math.round(value)} %`;
}

export function bytes(n: number): string {
  return n < 1024 ? `${n} B` : n < 1024 * 1024 ? `${(n / 1024).toFixed(1)} kB` : `${(n / 1024 / 1024).toFixed(1)} MB`;
}

/** `org:admin` as its name, where only the key is known. */
export function roleName(key: string, names?: Map<string, string>): string {
  const known = names?.get(key);
  if (known) return known;
  const bare = key.replace(/^org:/, "").replace(/[_-]+/g, " ");
  return bare.charAt(0).toUpperCase() + bare.slice(1);
}

/** A readable label for a machine's word: `by_hand` is "By hand". */
export function words(key: string): string {
  const bare = key
    .replace(/[._-]+/g, " ")
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase();
  return bare.charAt(0).toUpperCase() + bare.slice(1);
}

export function json(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}
