import { afterEach, describe, expect, it, vi } from "vitest";
import { ALWAYS, hasten } from "../src/early";
import { load } from "../src/pages";
import { paths, placeOf } from "../src/places";

afterEach(() => vi.unstubAllGlobals());

describe("what the server names with the HTML of a page", () => {
  it("is the code of every page", () => {
    const named = paths().map((path) => [path, placeOf(path)]);
    expect(named.filter(([, page]) => page === undefined)).toEqual([]);
    expect(Object.keys(load).filter((page) => !named.some(([, one]) => one === page))).toEqual([]);
    expect(placeOf("/account/security/keys")).toBe("account");
    for (const path of ["/", "/signin", "/setup", "/setup/a/b", "/constructor"]) expect(placeOf(path)).toBeUndefined();
  });

  it.each(["", "?redirect_to=%2Fhere"])("is what is asked early at an address with %j", (search) => {
    const fetch = vi.fn(async (_: string) => new Response("{}"));
    vi.stubGlobal("fetch", fetch);
    vi.stubGlobal("location", { search });
    hasten();
    expect(fetch.mock.calls.map(([url]) => url)).toEqual(ALWAYS);
  });
});
