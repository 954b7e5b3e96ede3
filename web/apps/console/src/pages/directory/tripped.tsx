import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { post } from "../../api/http";
import { directoryPath, healthQuery } from "../../api/queries";
import { useChange } from "../../components/hooks";
import { Button, Confirm, Notice, Time } from "../../components/kit";
import { plural } from "../../lib/format";

/** The circuit breaker holds people back: what happened, and the decision about it. */
export function Tripped({ org, dir }: { org: string; dir: string }) {
  const { data } = useQuery(healthQuery(org, dir));
  const [asks, setAsks] = useState<"release" | "reject" | "resume" | null>(null);
  const path = directoryPath(org, dir);
  const decide = useChange((what: "release" | "reject" | "resume") => post(`${path}/${what}`), {
    stale: ["directories"],
    quiet: true,
    done: "The circuit breaker was decided about",
  });
  const tripped = data?.tripped;
  if (!tripped) return null;
  return (
    <>
      <Notice
        tone="danger"
        title={
          tripped.rejected_at
            ? "What ends access is refused until you resume the directory"
            : "The circuit breaker holds back whatever ends somebody's access"
        }
        action={
          tripped.rejected_at ? (
            <Button kind="primary" onClick={() => setAsks("resume")}>
              Resume
            </Button>
          ) : (
            <>
              <Button onClick={() => setAsks("reject")}>It is wrong: reject</Button>
              <Button kind="danger" onClick={() => setAsks("release")}>
                It is right: release
              </Button>
            </>
          )
        }
      >
        <p>
          It tripped <Time ms={tripped.tripped_at} />, when {plural(tripped.departed, "person", "people")} of{" "}
          {plural(tripped.active, "active person", "active people")} would have lost access.{" "}
          {plural(tripped.waiting, "person was", "people were")} refused so far. Everybody is still created, changed and
          activated.{" "}
          <Link to="/o/$org/directories/$dir/requests" params={{ org, dir }} search={{ status: "503" }}>
            Look at what was refused
          </Link>
        </p>
      </Notice>
      <Confirm
        open={asks === "release"}
        onClose={() => setAsks(null)}
        title="Release the circuit breaker?"
        action="Release"
        onConfirm={() => decide.mutateAsync("release")}
      >
        {plural(tripped.waiting, "person", "people")} will lose access when the identity provider asks again, within the
        next thirty days. Sessions and keys of theirs end at once. For everybody else the count begins anew.
      </Confirm>
      <Confirm
        open={asks === "reject"}
        onClose={() => setAsks(null)}
        title="Reject what was held back?"
        action="Reject"
        danger={false}
        onConfirm={() => decide.mutateAsync("reject")}
      >
        What ends access stays refused however often it is asked, while you correct the identity provider. Resume the
        directory afterwards.
      </Confirm>
      <Confirm
        open={asks === "resume"}
        onClose={() => setAsks(null)}
        title="Resume the directory?"
        action="Resume"
        danger={false}
        onConfirm={() => decide.mutateAsync("resume")}
      >
        The identity provider may end access again, and the circuit breaker counts from the beginning.
      </Confirm>
    </>
  );
}
