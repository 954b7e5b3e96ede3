/** Who or what is meant by an id: the name, which leads to where that is, and the id below it. */
import { Link } from "@tanstack/react-router";
import type { Named } from "../api/names";
import { words } from "../lib/format";
import { idOf } from "../lib/mentions";
import { Truncate } from "./kit";

/** `what` is as the server writes it; with `whole` the id is not cut. */
export function Mentioned({
  what,
  named,
  whole,
}: {
  what: string | null | undefined;
  named: Named | null;
  whole?: boolean;
}) {
  if (!what) return <span className="pt-muted">–</span>;
  const id = idOf(what);
  if (!id) return <span className="pt-muted">{words(what)}</span>;
  const written = whole ? <code className="pt-wrap">{id}</code> : <Truncate text={id} mono />;
  if (!named) return written;
  return (
    <div className="pc-two">
      {named.place ? (
        // Which parameters belong to which place is said where the names are found.
        <Link {...(named.place as { to: "/" })}>
          <Truncate text={named.name} />
        </Link>
      ) : (
        <Truncate text={named.name} />
      )}
      <span className="pt-small pt-muted">{written}</span>
    </div>
  );
}
