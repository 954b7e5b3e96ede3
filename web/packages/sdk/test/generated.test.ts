import { expect, test } from "vitest";
// @ts-expect-error a script without types
import { outdated } from "../scripts/generate.mjs";

test("the generated types are those of the committed OpenAPI documents", { timeout: 60_000 }, async () => {
  expect(await outdated(), "run npm run generate -w packages/sdk").toEqual([]);
});
