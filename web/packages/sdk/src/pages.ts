/** A list as /v1 answers it. */
export interface Page<T> {
  data: T[];
  total_count: number;
}

export interface PagesOptions {
  /** Entries of one request, at most 500. */
  pageSize?: number;
  /** Pass over so many entries first. */
  offset?: number;
}

/**
 * Every entry of a list, page after page:
 * `for await (const user of entries((page) => portico.get("/v1/users", { params: { query: page } }))) …`
 */
export async function* entries<T>(
  load: (page: { limit: number; offset: number }) => Promise<Page<T>>,
  { pageSize = 100, offset = 0 }: PagesOptions = {},
): AsyncGenerator<T, void, undefined> {
  for (;;) {
    const page = await load({ limit: pageSize, offset });
    yield* page.data;
    offset += page.data.length;
    if (page.data.length === 0 || offset >= page.total_count) return;
  }
}

/** A page of a list that is read with a cursor, such as `/v1/events` and the audit. */
export interface CursorPage<T> {
  data: T[];
  next_cursor?: string | null;
}

/** Every entry of a list that is read with a cursor. */
export async function* entriesByCursor<T>(
  load: (cursor: string | undefined) => Promise<CursorPage<T>>,
): AsyncGenerator<T, void, undefined> {
  let cursor: string | undefined;
  for (;;) {
    const page = await load(cursor);
    yield* page.data;
    if (!page.next_cursor || page.data.length === 0) return;
    cursor = page.next_cursor;
  }
}
