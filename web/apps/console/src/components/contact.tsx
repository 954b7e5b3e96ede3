import { mailboxOf } from "@portico/ui";
import { Truncate } from "./kit";

/** The address of somebody below the name: nothing where it is the name, or stands for none. */
export function Contact({ address, besides }: { address: string | null | undefined; besides: string }) {
  const shown = mailboxOf(address);
  if (!shown || shown === besides) return null;
  return (
    <span className="pt-small pt-muted">
      <Truncate text={shown} />
    </span>
  );
}
