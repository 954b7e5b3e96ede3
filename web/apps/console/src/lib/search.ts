/** What a list keeps in the URL: what is searched for, the page, and its filters. All of it text, checked as it comes in. */

export type ListSearch = {
  q?: string | undefined;
  page?: number | undefined;
  size?: number | undefined;
};

export const SIZES = [25, 50, 100] as const;
export const DEFAULT_SIZE = 25;

function text(value: unknown, longest = 300): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value.slice(0, longest) : undefined;
}

/** Reads search parameters, whatever was typed into the address bar: what makes no sense is left out. */
export function listSearch<F extends string = never>(
  ...filters: F[]
): (raw: Record<string, unknown>) => ListSearch & Partial<Record<F, string>> {
  return (raw) => {
    const out: Record<string, unknown> = {};
    const q = text(raw.q);
    if (q !== undefined) out.q = q;
    const page = Number(raw.page);
    if (Number.isInteger(page) && page > 1 && page < 1_000_000) out.page = page;
    const size = Number(raw.size);
    if ((SIZES as readonly number[]).includes(size) && size !== DEFAULT_SIZE) out.size = size;
    for (const filter of filters) {
      const value = text(raw[filter]);
      if (value !== undefined) out[filter] = value;
    }
    return out as ListSearch & Partial<Record<F, string>>;
  };
}

/** The server's part of a list's state. */
export function paging(search: ListSearch): { limit: number; offset: number } {
  const limit = search.size ?? DEFAULT_SIZE;
  return { limit, offset: ((search.page ?? 1) - 1) * limit };
}

/** How many pages there are; one, if there is nothing. */
export function pageCount(total: number, size: number): number {
  return Math.max(1, Math.ceil(total / size));
}

/** The state after a change of search or filters, which begins at the first page again. */
export function changed<S extends ListSearch>(search: S, change: Partial<S>): S {
  const next: Record<string, unknown> = { ...search, ...change };
  if (!("page" in change)) delete next.page;
  for (const key of Object.keys(next)) if (next[key] === undefined || next[key] === "") delete next[key];
  return next as S;
}
