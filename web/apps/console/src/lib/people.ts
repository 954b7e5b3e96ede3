/** How people are called, and by which address, where they have one. */

import { mailboxOf } from "@portico/ui";

interface Described {
  name?: string | null | undefined;
  first_name?: string | null | undefined;
  last_name?: string | null | undefined;
  address?: string | null | undefined;
}

/** What somebody is called: by the name, else by its parts, else by the address. */
export function calledOf({ name, first_name, last_name, address }: Described): string {
  const parts = [first_name, last_name].filter(Boolean).join(" ");
  // Whose name nobody has said is called by the address, which may be one that stands for none.
  return mailboxOf(name) || parts || mailboxOf(address) || "Nameless";
}
