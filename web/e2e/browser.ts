import { existsSync } from "node:fs";

/** Debian's Chromium, or the one that CHROMIUM names. */
export const executablePath =
  process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync) ?? "/usr/bin/chromium";

/** The browser's own sandbox needs a user who is not root. */
export const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
