/** How the console asks the server: the session's cookie, JSON, and problems (RFC 9457) as errors. */

import { type Answer, answered, early, HOW, there } from "./early";

export type QueryValue = string | number | boolean | null | undefined;

export interface FieldFault {
  field: string;
  code: string;
  message: string;
}

/** An answer that was no success, or none at all (`status` 0). */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly fields: FieldFault[];
  readonly traceId: string | undefined;

  constructor(status: number, code: string, message: string, fields: FieldFault[] = [], traceId?: string) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.fields = fields;
    this.traceId = traceId;
  }
}

/** Where somebody signs in, and comes back from to the page that they are on. */
export function signInUrl(here: string = window.location.pathname + window.location.search): string {
  return `/sign-in?redirect_to=${encodeURIComponent(here)}`;
}

export function withQuery(path: string, query?: Record<string, QueryValue>): string {
  if (!query) return path;
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") pairs.set(name, String(value));
  }
  const text = pairs.toString();
  return text ? `${path}?${text}` : path;
}

interface Options {
  query?: Record<string, QueryValue>;
  body?: unknown;
  signal?: AbortSignal;
  /** Stay on the page when nobody is signed in. */
  stay?: boolean;
}

function failure(status: number, answer: unknown, traceId?: string): ApiError {
  const problem = (answer ?? {}) as Record<string, unknown>;
  const text = (name: string) => (typeof problem[name] === "string" ? (problem[name] as string) : undefined);
  const message = text("detail") ?? text("message") ?? text("title") ?? `The server answered with ${status}.`;
  const fields = Array.isArray(problem.errors) ? (problem.errors as FieldFault[]) : [];
  return new ApiError(status, (text("code") ?? "unknown").toLowerCase(), message, fields, text("trace_id") ?? traceId);
}

/** Asks, and answers with the body. Changes by cookie are checked by their origin, which the browser names. */
export async function request<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const init: RequestInit = { ...HOW, method };
  if (options.signal) init.signal = options.signal;
  if (options.body !== undefined) {
    init.headers = { ...HOW.headers, "content-type": "application/json" };
    init.body = JSON.stringify(options.body);
  }
  let said: Answer;
  try {
    const url = withQuery(path, options.query);
    said = await ((method === "GET" && early(url)) || fetch(url, init).then(answered));
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new ApiError(0, "unreachable", "The server cannot be reached.");
  }
  const { status, text, traceId } = said;
  let answer: unknown = null;
  try {
    answer = text ? JSON.parse(text) : null;
  } catch {
    answer = null;
  }
  if (status >= 200 && status < 300) return answer as T;
  if (status === 401 && !options.stay) window.location.assign(signInUrl());
  throw failure(status, answer, traceId ?? undefined);
}

export const get = <T>(path: string, query?: Record<string, QueryValue>, signal?: AbortSignal) =>
  request<T>("GET", path, { ...(query ? { query } : {}), ...(signal ? { signal } : {}) });

/** What a query begins with: what was asked for early, if it has come, as old as it is. */
export function begins<T>(url: string) {
  let came: number | undefined;
  return {
    initialData: (): T | undefined => {
      const found = there<T>(url);
      came = found?.came;
      return found?.said;
    },
    // Asked for after the data.
    initialDataUpdatedAt: () => came,
  };
}

/** How a query reads an address. What was asked for early and has come is there from the first moment. */
export const reads = <T>(path: string, query?: Record<string, QueryValue>) => ({
  queryFn: ({ signal }: { signal: AbortSignal }) => get<T>(path, query, signal),
  ...begins<T>(withQuery(path, query)),
});

export const post = <T>(path: string, body?: unknown) => request<T>("POST", path, body === undefined ? {} : { body });
export const put = <T>(path: string, body: unknown) => request<T>("PUT", path, { body });
export const patch = <T>(path: string, body: unknown) => request<T>("PATCH", path, { body });
export const remove = <T = null>(path: string, query?: Record<string, QueryValue>) =>
  request<T>("DELETE", path, query ? { query } : {});
