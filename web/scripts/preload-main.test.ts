import { expect, it } from "vitest";
import { besidesHead } from "./preload-main";

it("names with the code of a later page what it needs, and nothing that the head has named", () => {
  const page = "assets/account-B-mkrwo8.js";
  const needed = [
    page,
    "assets/first-Dt8wkwNk.js",
    "assets/rolldown-runtime-XKyaHtl9.js",
    "assets/shared-DnNG0xKb.js",
    "assets/overlay-CSFXhLGv.js",
    "assets/select-CykKxnK7.js",
  ];
  expect(besidesHead(page, needed)).toEqual(["assets/overlay-CSFXhLGv.js", "assets/select-CykKxnK7.js"]);
});
