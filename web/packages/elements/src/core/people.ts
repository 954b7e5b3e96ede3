/** Ends the addresses that accounts without a mailbox have, those of visitors and of telephones: they exist nowhere. */
const NOWHERE = ".placeholder.invalid";

/** An address as it is shown: null where it only stands for none. */
export const mailboxOf = (address: string | null | undefined): string | null =>
  address && !address.toLowerCase().endsWith(NOWHERE) ? address : null;
