// @vitest-environment happy-dom
import { cleanup, renderHook, waitFor } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { pageOf } from "../src/app";
import { useLoad } from "../src/context";
import { firstInstance, hasten, thereInstance, thereSession } from "../src/early";
import { load, preload, there } from "../src/pages";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const settled = () => new Promise((done) => setTimeout(done));

it("asks for what has another key right after a first state, and not for that", async () => {
  const ask = vi.fn(async (key: string) => `asked ${key}`);
  const { result, rerender } = renderHook(
    ({ key }) =>
      useLoad(
        () => ask(key),
        key,
        () => `there ${key}`,
      ),
    {
      initialProps: { key: "a" },
    },
  );
  expect(result.current).toMatchObject({ data: "there a", loading: false });
  rerender({ key: "b" });
  // The data of before stays until the new is there.
  expect(result.current).toMatchObject({ data: "there a", loading: true });
  await waitFor(() => expect(result.current).toMatchObject({ data: "asked b", loading: false }));
  expect(ask.mock.calls).toEqual([["b"]]);
});

it("asks where nothing has come, and shows the last answer of several", async () => {
  const answers: ((data: string) => void)[] = [];
  const ask = () => new Promise<string>((done) => answers.push(done));
  const { result, rerender } = renderHook(({ key }) => useLoad(ask, key, () => undefined), {
    initialProps: { key: "a" },
  });
  expect(result.current).toMatchObject({ data: undefined, loading: true });
  rerender({ key: "b" });
  expect(answers).toHaveLength(2);
  answers[1]?.("b");
  answers[0]?.("a");
  await waitFor(() => expect(result.current).toMatchObject({ data: "b", loading: false }));
});

it("does not show the colors of another organization", async () => {
  const fetch = vi.fn(async (url: string) => new Response(JSON.stringify({ url })));
  vi.stubGlobal("fetch", fetch);
  vi.stubGlobal("location", { search: "?organization=acme" });
  hasten();
  await settled();
  expect(thereInstance("globex")).toBeUndefined();
  expect(thereInstance("acme")).toBeUndefined();
  expect(await firstInstance("globex")).toEqual({ url: "/v1/instance?organization=globex" });
  hasten();
  await settled();
  expect(thereInstance("acme")).toEqual({ url: "/v1/instance?organization=acme" });
  // Once: what is asked for later is asked anew.
  expect(thereInstance("acme")).toBeUndefined();
  expect(thereSession()).toEqual({ url: "/api/auth/get-session" });
  expect(thereSession()).toBeUndefined();
});

it("shows a page whose code has come at once, and the same for as long as it is open", async () => {
  const waiting = pageOf(load.device);
  expect(there(load["verify-email"])).toBeUndefined();
  preload("/verify-email");
  preload("/device");
  await waitFor(() => expect(there(load["verify-email"])).toBeDefined());
  await waitFor(() => expect(there(load.device)).toBeDefined());
  expect(pageOf(load["verify-email"])).toBe(there(load["verify-email"]));
  // What was rendered before its code had come stays what it was.
  expect(pageOf(load.device)).toBe(waiting);
});
