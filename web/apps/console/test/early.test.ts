import { QueryClient } from "@tanstack/react-query";
import { afterEach, expect, it, vi } from "vitest";
import { early, forget, hasten, there } from "../src/api/early";
import { instanceQuery, rolesQuery } from "../src/api/queries";

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  forget();
});

const settled = () => new Promise((done) => setTimeout(done));

it("gives what has come at once, and once", async () => {
  let come = (_: Response) => {};
  const keys = new Promise<Response>((done) => {
    come = done;
  });
  const fetch = vi.fn(async (url: string) => {
    if (url.startsWith("/v1/secret-keys")) return keys;
    return url === "/v1/me" ? new Response('{"id":1}') : new Response("no", { status: 403 });
  });
  vi.stubGlobal("fetch", fetch);
  hasten("/instance/keys", "");
  await settled();
  expect(there("/v1/me")).toMatchObject({ said: { id: 1 } });
  expect(there("/v1/me")).toBeUndefined();
  expect(early("/v1/me")).toBeUndefined();
  // What was refused, and what is on its way, is for who asks.
  expect(there("/v1/instance")).toBeUndefined();
  expect(await early("/v1/instance")).toMatchObject({ status: 403, text: "no" });
  const url = "/v1/secret-keys?limit=25&offset=0";
  expect(there(url)).toBeUndefined();
  const asked = early(url);
  come(new Response("[]"));
  expect(await asked).toMatchObject({ status: 200, text: "[]" });
  await settled();
  expect(there(url)).toBeUndefined();
  expect(fetch).toHaveBeenCalledTimes(3);
});

it("asks for the newest events as soon as it is known how many there are", async () => {
  const fetch = vi.fn(async (url: string) => new Response(url.startsWith("/v1/events") ? '{"total_count":80}' : "{}"));
  vi.stubGlobal("fetch", fetch);
  hasten("/o/org_1/events", "");
  await settled();
  await settled();
  expect(fetch.mock.calls.map(([url]) => url)).toEqual([
    "/v1/me",
    "/v1/instance",
    "/v1/events?organization_id=org_1&limit=1",
    "/v1/events?organization_id=org_1&offset=55&limit=25",
  ]);
});

it("is as old as it is for the queries that begin with it", async () => {
  vi.stubGlobal("fetch", async () => new Response("{}"));
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(1_000_000);
  hasten("/instance/roles", "");
  await settled();
  vi.setSystemTime(1_008_000);
  const client = new QueryClient();
  await client.prefetchQuery(instanceQuery);
  await client.prefetchQuery(rolesQuery("instance"));
  const begun = client.getQueryCache().getAll();
  expect(begun.map(({ state }) => [state.data, state.dataUpdatedAt])).toEqual([
    [{}, 1_000_000],
    [{}, 1_000_000],
  ]);
});

it("is forgotten when something happens, also what is still on its way", async () => {
  let come = (_: Response) => {};
  const count = new Promise<Response>((done) => {
    come = done;
  });
  const fetch = vi.fn(async (url: string) => (url.startsWith("/v1/events") ? count : new Response("{}")));
  vi.stubGlobal("fetch", fetch);
  hasten("/o/org_1/events", "");
  await settled();
  forget();
  expect(there("/v1/me")).toBeUndefined();
  expect(early("/v1/events?organization_id=org_1&limit=1")).toBeUndefined();
  come(new Response('{"total_count":80}'));
  await settled();
  await settled();
  expect(fetch).toHaveBeenCalledTimes(3);
});
