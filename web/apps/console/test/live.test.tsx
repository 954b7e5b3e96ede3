// @vitest-environment happy-dom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { hasten, there } from "../src/api/early";
import { LiveProvider } from "../src/api/live";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

it("makes stale what was asked early, for the queries that are not there yet", async () => {
  const streams: EventTarget[] = [];
  class Stream extends EventTarget {
    constructor() {
      super();
      streams.push(this);
    }
    close() {}
  }
  vi.stubGlobal("EventSource", Stream);
  vi.stubGlobal("fetch", async () => new Response("{}"));
  hasten("/instance/roles", "");
  await new Promise((done) => setTimeout(done));
  render(
    <QueryClientProvider client={new QueryClient()}>
      <LiveProvider organizationId={null}>{null}</LiveProvider>
    </QueryClientProvider>,
  );
  expect(there("/v1/me")).toMatchObject({ said: {} });
  const data = JSON.stringify({ type: "role.created" });
  streams[0]?.dispatchEvent(new MessageEvent("role.created", { data }));
  expect(there("/v1/roles?limit=500")).toBeUndefined();
});
