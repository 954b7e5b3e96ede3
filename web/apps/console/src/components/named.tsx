/** Who or what is meant by an id: the name, which leads to where that is, and the id below it. */
import { useRouter } from "@tanstack/react-router";
import type { MouseEvent, ReactNode } from "react";
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
  if (!named) return <div className="pc-two">{written}</div>;
  return (
    <div className="pc-two">
      {named.place ? (
        <Way to={named.place}>
          <Truncate text={named.name} />
        </Way>
      ) : (
        <Truncate text={named.name} />
      )}
      <span className="pt-small pt-muted">{written}</span>
    </div>
  );
}

/** A link within the console. There are dozens on a page: each of the router's own follows where one is, and costs that. */
function Way({ to, children }: { to: string; children: ReactNode }) {
  const { basepath, history } = useRouter();
  const href = basepath + to;
  const go = (event: MouseEvent) => {
    // What the browser opens elsewhere is left to it.
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    history.push(href);
  };
  return (
    <a href={href} onClick={go}>
      {children}
    </a>
  );
}
