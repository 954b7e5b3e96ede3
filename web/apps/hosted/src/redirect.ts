/** Where a page may lead in the end. */
export type Destination =
  | { kind: "local"; url: string }
  /** At another origin: the server has to say whether it trusts that. */
  | { kind: "foreign"; url: string };

/**
 * Reads a wanted destination. Null for what is no http(s) address, for what carries a password, and for anything that a
 * browser and a server might read differently (control characters, spaces, backslashes).
 */
export function readDestination(wanted: string | null | undefined, origin: string): Destination | null {
  if (!wanted || wanted.length > 2048) return null;
  for (const letter of wanted) {
    const code = letter.charCodeAt(0);
    if (code <= 0x20 || code === 0x7f || letter === "\\") return null;
  }
  // A path of ours, or a whole address; `//host` and `path` are neither.
  const isPath = wanted.startsWith("/") && !wanted.startsWith("//");
  if (!isPath && !/^https?:\/\//i.test(wanted)) return null;
  let url: URL;
  try {
    url = new URL(wanted, origin);
  } catch {
    return null;
  }
  if ((url.protocol !== "https:" && url.protocol !== "http:") || url.username || url.password) return null;
  // `/%2f…` and `/./…` are no ways out to a browser, but whatever resolves to `//` stays out.
  if (url.pathname.startsWith("//")) return null;
  if (url.origin === origin) return { kind: "local", url: `${url.pathname}${url.search}${url.hash}` };
  return isPath ? null : { kind: "foreign", url: url.href };
}

/**
 * The address to go to: the wanted one if it is ours or `trusts` vouches for it, else `fallback`. A server that does not
 * answer vouches for nothing.
 */
export async function resolveDestination(
  wanted: string | null | undefined,
  options: { origin: string; fallback: string; trusts: (url: string) => Promise<boolean> },
): Promise<string> {
  const destination = readDestination(wanted, options.origin);
  if (!destination) return options.fallback;
  if (destination.kind === "local") return destination.url;
  try {
    return (await options.trusts(destination.url)) ? destination.url : options.fallback;
  } catch {
    return options.fallback;
  }
}

/** The parameters that pages hand on to each other. */
const carried = ["redirect_to", "organization", "locale"];

/** A path of these pages that keeps what the visitor came with. `more` wins over it; null takes away. */
export function withFlow(path: string, search: string, more: Record<string, string | null> = {}): string {
  const now = new URLSearchParams(search);
  const next = new URLSearchParams();
  for (const name of carried) {
    const value = now.get(name);
    if (value) next.set(name, value);
  }
  for (const [name, value] of Object.entries(more)) {
    if (value === null) next.delete(name);
    else next.set(name, value);
  }
  // `+` for a space is for forms; paths that the server checks take `%20`.
  const query = next.toString().replaceAll("+", "%20");
  return query ? `${path}?${query}` : path;
}
