/** What differs between two JSON documents, place by place, and between two texts, line by line. */

export type Change = "added" | "removed" | "changed";

export interface Difference {
  path: string;
  change: Change;
  before?: unknown;
  after?: unknown;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => same(item, b[i]));
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every((key) => key in b && same(a[key], b[key]));
  }
  return false;
}

function join(path: string, key: string): string {
  if (/^\d+$/.test(key)) return `${path}[${key}]`;
  return path === "" ? key : key.includes(":") ? `${path}["${key}"]` : `${path}.${key}`;
}

/** The leaves at which two documents differ, in the order of the first, then what is new. */
export function differences(before: unknown, after: unknown, path = ""): Difference[] {
  if (same(before, after)) return [];
  const both =
    (isObject(before) && isObject(after)) || (Array.isArray(before) && Array.isArray(after))
      ? ([before, after] as [Record<string, unknown>, Record<string, unknown>])
      : null;
  if (both) {
    const [a, b] = both;
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
    return keys.flatMap((key) => differences(a[key], b[key], join(path, key)));
  }
  if (before === undefined) return [{ path, change: "added", after }];
  if (after === undefined) return [{ path, change: "removed", before }];
  return [{ path, change: "changed", before, after }];
}

/** A difference that the server found, with its kind. */
export function kindOf(entry: { before?: unknown; after?: unknown }): Change {
  const nothing = (value: unknown) => value === undefined || value === null;
  return nothing(entry.before) ? "added" : nothing(entry.after) ? "removed" : "changed";
}
