import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { get, post } from "../api/http";
import type { Job } from "../api/types";
import { plural } from "../lib/format";
import { useChange } from "./hooks";
import { Button, Notice, Progress } from "./kit";

/** Work on many people: how far it is, and a way to stop it. `onEnd` is called a moment after it has ended. */
export function JobProgress({
  path,
  going,
  done,
  failed,
  label,
  onEnd,
}: {
  path: string;
  going: string;
  done: string;
  /** What is said of those that could not be dealt with, after their number. */
  failed: string;
  label: string;
  onEnd: () => void;
}) {
  const { data } = useQuery({
    queryKey: ["jobs", path],
    queryFn: ({ signal }) => get<Job>(path, undefined, signal),
    refetchInterval: (query) => (query.state.data?.ended_at ? false : 1_000),
  });
  const cancel = useChange(() => post(`${path}/cancel`), { stale: ["jobs"], done: "The job stops with its next step" });
  const ended = Boolean(data?.ended_at);
  const end = useRef(onEnd);
  end.current = onEnd;
  useEffect(() => {
    if (!ended) return;
    const timer = window.setTimeout(() => end.current(), 4_000);
    return () => window.clearTimeout(timer);
  }, [ended]);
  if (!data) return null;
  const stopped = data.state === "canceled" || data.state === "failed";
  return (
    <Notice
      tone={ended && (stopped || data.failed > 0) ? "warning" : ended ? "success" : "info"}
      title={ended ? (stopped ? "It was stopped before its end" : done) : going}
      action={
        !ended && (
          <Button small onClick={() => cancel.mutate(undefined)}>
            Stop
          </Button>
        )
      }
    >
      <Progress done={data.done} total={data.total} label={label} />
      {data.failed > 0 && (
        <p>
          {plural(data.failed, "person", "people")} {failed}.
        </p>
      )}
    </Notice>
  );
}
