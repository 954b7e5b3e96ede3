/** How people are called, and by which address, where they have one. */

/** Ends the addresses that accounts without a mailbox have, those of visitors and of telephones: they exist nowhere. */
const NOWHERE = ".placeholder.invalid";

/** An address as it is shown: null where it only stands for none. */
export const mailboxOf = (address: string | null | undefined): string | null =>
  address && !address.toLowerCase().endsWith(NOWHERE) ? address : null;

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
