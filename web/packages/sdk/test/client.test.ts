import { describe, expect, expectTypeOf, test } from "vitest";
import { type AdminSchemas, createPortico, entries, getSession, messages, PorticoError, signIn } from "../src/index.js";

/** A client whose requests are answered by `answer`, and the requests. */
function fake(answer: (request: Request, nth: number) => Response | Promise<Response>, token?: string) {
  const requests: Request[] = [];
  const portico = createPortico({
    baseUrl: "https://auth.example/",
    ...(token ? { token } : {}),
    fetch: async (request) => answer(request, requests.push(request)),
  });
  return { portico, requests };
}

const problem = {
  type: "about:blank",
  title: "Bad Request",
  status: 400,
  detail: "The request is not valid",
  code: "validation_failed",
  errors: [{ field: "limit", code: "out_of_range", message: "Must be between 1 and 500" }],
  trace_id: "req_1",
};

describe("calls", () => {
  test("fill in path and query and send the token", async () => {
    const { portico, requests } = fake(() => Response.json({ id: "user_1" }), "sk_1");
    const user = await portico.get("/v1/users/{user_id}", { params: { path: { user_id: "user/1" } } });
    expectTypeOf(user).toEqualTypeOf<AdminSchemas["AdminUser"]>();
    expect(user).toEqual({ id: "user_1" });
    expect(requests[0]?.url).toBe("https://auth.example/v1/users/user%2F1");
    expect(requests[0]?.headers.get("authorization")).toBe("Bearer sk_1");
    await portico.get("/v1/users", { params: { query: { query: "a b", limit: 5 } } });
    expect(new URL(requests[1]?.url ?? "").search).toBe("?query=a%20b&limit=5");
  });

  test("know what a path takes", () => {
    const { portico } = fake(() => Response.json({}));
    // @ts-expect-error the path's parameter is missing
    void portico.get("/v1/users/{user_id}").catch(() => {});
    // @ts-expect-error there is no such path
    void portico.get("/v1/nothing").catch(() => {});
    expectTypeOf(portico.get<"/v1/organizations">).returns.resolves.toHaveProperty("total_count");
  });

  test("resolve to null where nobody is signed in", async () => {
    const { portico } = fake(() => Response.json(null));
    expect(await getSession(portico)).toBeNull();
  });

  test("throw the problem of /v1", async () => {
    const { portico } = fake(() => Response.json(problem, { status: 400 }));
    const error = await portico.get("/v1/users").catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(PorticoError);
    expect(error).toMatchObject({
      status: 400,
      code: "validation_failed",
      message: "The request is not valid",
      traceId: "req_1",
    });
    expect((error as PorticoError).field("limit")).toBe("Must be between 1 and 500");
  });

  test("throw the errors of Better Auth, and when to try again", async () => {
    const { portico } = fake(() =>
      Response.json(
        { code: "INVALID_EMAIL_OR_PASSWORD", message: "Invalid email or password" },
        { status: 401, headers: { "x-request-id": "req_2", "retry-after": "7" } },
      ),
    );
    const error = await signIn(portico, { email: "a@example.com", password: "x" }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      status: 401,
      code: "INVALID_EMAIL_OR_PASSWORD",
      traceId: "req_2",
      retryAfter: 7,
      errors: [],
    });
  });

  test("throw a PorticoError where no answer came, or none that can be read", async () => {
    const offline = fake(() => Promise.reject(new TypeError("fetch failed")));
    await expect(offline.portico.get("/v1/users")).rejects.toMatchObject({ status: 0, code: "network_error" });
    const proxy = fake(() => new Response("<html>", { status: 502, statusText: "Bad Gateway" }));
    await expect(proxy.portico.get("/v1/users")).rejects.toMatchObject({
      status: 502,
      code: "http_502",
      message: "Bad Gateway",
    });
  });
});

test("entries asks for page after page, and stops", async () => {
  const all = Array.from({ length: 7 }, (_, index) => index);
  const asked: string[] = [];
  const got: number[] = [];
  const pages = entries(
    async ({ limit, offset }) => {
      asked.push(`${offset}+${limit}`);
      return { data: all.slice(offset, offset + limit), total_count: all.length };
    },
    { pageSize: 3 },
  );
  for await (const entry of pages) got.push(entry);
  expect(got).toEqual(all);
  expect(asked).toEqual(["0+3", "3+3", "6+3"]);
});

describe("events", () => {
  const streamOf = (...pieces: string[]) =>
    new Response(
      new ReadableStream({
        start(controller) {
          for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
          controller.close();
        },
      }),
    );

  test("messages are read across the pieces that they come in", async () => {
    const body = streamOf(
      ": beat\n\nid: 1\r",
      '\nevent: a\r\ndata: {"x":',
      "1}\ndata: 2\n\n",
      "id: 9\ndata: half",
    ).body;
    const got = [];
    if (body) for await (const message of messages(body)) got.push(message);
    expect(got).toEqual([{ id: "1", event: "a", data: '{"x":1}\n2' }]);
  });

  test("a lost connection goes on after the last event", async () => {
    const { portico, requests } = fake((_, nth) =>
      nth === 2 ? new Response("", { status: 503 }) : streamOf(`id: ${nth}\nevent: t\ndata: {"sequence":${nth}}\n\n`),
    );
    const stream = portico.events({ organizationId: "org_1", types: ["t", "u"] });
    const got: number[] = [];
    for await (const event of stream) {
      got.push(event.sequence);
      if (got.length === 2) stream.close();
    }
    expect(got).toEqual([1, 3]);
    expect(requests.map((request) => request.headers.get("last-event-id"))).toEqual([null, "1", "1"]);
    expect(new URL(requests[0]?.url ?? "").search).toBe("?organization_id=org_1&types=t%2Cu");
  });

  test("what is refused is thrown", async () => {
    const { portico, requests } = fake(() => Response.json(problem, { status: 403 }));
    const read = async () => {
      for await (const _ of portico.events()) throw new Error("there is no event");
    };
    await expect(read()).rejects.toMatchObject({ status: 403 });
    expect(requests).toHaveLength(1);
  });
});
