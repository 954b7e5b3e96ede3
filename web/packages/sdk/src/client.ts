import createClient, { type FetchResponse, type MaybeOptionalInit } from "openapi-fetch";
import type { HttpMethod, PathsWithMethod, RequiredKeysOf } from "openapi-typescript-helpers";
import { PorticoError } from "./error.js";
import { type EventStream, type EventStreamOptions, openEventStream } from "./events.js";
import type { paths as AdminPaths } from "./generated/admin.js";
import type { paths as AuthPaths } from "./generated/auth.js";
import type { paths as ScimPaths } from "./generated/scim.js";

/** Every operation of the three documents, by path. */
export type Paths = AdminPaths & AuthPaths & ScimPaths;

export interface PorticoOptions {
  /** Where Portico is, for instance `https://auth.example`. In a browser the page's own origin if it is left out. */
  baseUrl?: string;
  /** Whether cookies are sent, as in `fetch`: `same-origin` (the default), `include` for another origin of the same site, `omit`. */
  credentials?: RequestCredentials;
  /** A secret key, or the token of a session or of a setup link; a function is asked before each request. */
  token?: string | (() => string | null | undefined);
  /** Instead of the global `fetch`. */
  fetch?: (request: Request) => Promise<Response>;
  /** Sent with every request. */
  headers?: Record<string, string>;
}

type Init<Path extends keyof Paths, Method extends HttpMethod> = NonNullable<
  MaybeOptionalInit<Paths[Path], Method & keyof Paths[Path]>
>;
type Operation<Path extends keyof Paths, Method extends HttpMethod> = Paths[Path][Method & keyof Paths[Path]] &
  // biome-ignore lint/suspicious/noExplicitAny: the bound that openapi-fetch gives
  Record<string | number, any>;
type Rest<T> = RequiredKeysOf<T> extends never ? [init?: T] : [init: T];

/** What an operation answers. */
export type Answer<Path extends keyof Paths, Method extends HttpMethod> = Exclude<
  // biome-ignore lint/complexity/noBannedTypes: no options, so the answer's own type
  FetchResponse<Operation<Path, Method>, {}, `${string}/${string}`>["data"],
  undefined
>;

/** Calls one operation and resolves to what it answers; rejects with a {@link PorticoError}. */
export type Call<Method extends HttpMethod> = <Path extends PathsWithMethod<Paths, Method>>(
  path: Path,
  ...init: Rest<Init<Path, Method>>
) => Promise<Answer<Path, Method>>;

export interface PlainRequest {
  query?: object;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export interface Portico {
  readonly baseUrl: string;
  get: Call<"get">;
  post: Call<"post">;
  put: Call<"put">;
  patch: Call<"patch">;
  delete: Call<"delete">;
  /** A call of any path, without the types of the documents. */
  request<T>(method: string, path: string, options?: PlainRequest): Promise<T>;
  /** The events as they happen. See {@link openEventStream}. */
  events(options?: EventStreamOptions): EventStream;
}

/** A client of one Portico. */
export function createPortico(options: PorticoOptions = {}): Portico {
  const baseUrl = (options.baseUrl ?? globalThis.location?.origin ?? "").replace(/\/+$/, "");
  const credentials = options.credentials ?? "same-origin";
  const send = async (request: Request): Promise<Response> => {
    const token = typeof options.token === "function" ? options.token() : options.token;
    if (token && !request.headers.has("authorization")) request.headers.set("authorization", `Bearer ${token}`);
    let response: Response;
    try {
      response = await (options.fetch ?? globalThis.fetch)(request);
    } catch (cause) {
      if (request.signal.aborted) throw cause;
      throw PorticoError.unreachable(cause);
    }
    if (!response.ok) throw await PorticoError.from(response);
    return response;
  };
  const client = createClient<Paths>({ baseUrl, credentials, fetch: send, headers: options.headers ?? {} });
  const call =
    (method: string) =>
    async (path: string, init: object = {}): Promise<unknown> => {
      const { data } = await client.request(method as never, path as never, init as never);
      return data;
    };
  return {
    baseUrl,
    get: call("get") as Call<"get">,
    post: call("post") as Call<"post">,
    put: call("put") as Call<"put">,
    patch: call("patch") as Call<"patch">,
    delete: call("delete") as Call<"delete">,
    async request<T>(method: string, path: string, { query, body, headers, signal }: PlainRequest = {}): Promise<T> {
      const init: RequestInit = {
        method: method.toUpperCase(),
        credentials,
        headers: { ...options.headers, ...headers },
      };
      if (signal) init.signal = signal;
      if (body !== undefined) {
        init.body = JSON.stringify(body);
        init.headers = { "content-type": "application/json", ...init.headers };
      }
      const response = await send(new Request(`${baseUrl}${path}${queryText(query)}`, init));
      const text = await response.text();
      return (text === "" ? undefined : JSON.parse(text)) as T;
    },
    events: (stream = {}) =>
      openEventStream((after, signal) => {
        const headers = new Headers({ ...options.headers, accept: "text/event-stream" });
        if (after !== undefined) headers.set("last-event-id", String(after));
        const { organizationId, directoryId, types } = stream;
        const query = { organization_id: organizationId, directory_id: directoryId, types: types?.join(","), after };
        const url = `${baseUrl}/v1/events/stream${queryText(query)}`;
        return send(new Request(url, { credentials, headers, signal, cache: "no-store" }));
      }, stream),
  };
}

function queryText(query: object = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === null) continue;
    for (const entry of Array.isArray(value) ? value : [value]) parameters.append(name, String(entry));
  }
  const text = parameters.toString();
  return text === "" ? "" : `?${text}`;
}
