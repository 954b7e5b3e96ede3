import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Play, RotateCcw } from "lucide-react";
import { useState } from "react";
import { post, reads } from "../../api/http";
import { useNames } from "../../api/names";
import { directoryPath } from "../../api/queries";
import type { Replayed, ScimRequest } from "../../api/types";
import { Decisions } from "../../components/decisions";
import { DiffTable } from "../../components/diff";
import { useChange, useOrg, useParam } from "../../components/hooks";
import { Badge, Button, Card, Code, Confirm, Facts, Failure, Notice, Spinner } from "../../components/kit";
import { Mentioned } from "../../components/named";
import { at, bytes, json, plural } from "../../lib/format";
import { httpTone } from "../../lib/states";
import { operationName } from "./requests";

export function RequestPage() {
  const org = useOrg();
  const dir = useParam("dir");
  const requestId = useParam("requestId");
  const path = `${directoryPath(org, dir)}/requests/${requestId}`;
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ["directories", dir, "request", requestId],
    ...reads<ScimRequest>(path),
    staleTime: 60_000,
  });
  const [asks, setAsks] = useState(false);
  const replay = useChange((dry: boolean) => post<Replayed>(`${path}/replay`, { dry_run: dry }), { quiet: true });
  const forReal = useChange(() => post<Replayed>(`${path}/replay`, { dry_run: false }), {
    stale: ["directories"],
    quiet: true,
    done: (result) => `The request was made again: ${result.status}`,
  });
  const names = useNames(org, [{ id: data?.replayed_by }]);
  if (isPending) return <Spinner label="Loading the request" />;
  if (!data) return <Failure error={error} retry={() => void refetch()} />;
  const outcome = replay.data;
  return (
    <div className="pc-stack">
      <div className="pt-row pt-row-between">
        <div className="pt-row">
          <Link to="/o/$org/directories/$dir/requests" params={{ org, dir }}>
            Requests
          </Link>
          <span aria-hidden>/</span>
          <h2>{operationName(data.operation)}</h2>
          <Badge tone={httpTone(data.status)}>{data.status}</Badge>
        </div>
        {data.replayable && (
          <div className="pt-row">
            <Button icon={<Play size={16} aria-hidden />} busy={replay.isPending} onClick={() => replay.mutate(true)}>
              Dry run
            </Button>
            <Button icon={<RotateCcw size={16} aria-hidden />} onClick={() => setAsks(true)}>
              Replay for real
            </Button>
          </div>
        )}
      </div>
      {data.masked && (
        <Notice title="Personal data is hidden">
          Your role shows the structure of a request only. Whoever manages directories sees all.
        </Notice>
      )}
      <Failure error={replay.error} />
      {outcome && <Outcome outcome={outcome} />}
      <div className="pc-grid">
        <Card title="Request">
          <Facts
            items={[
              ["When", at(data.created_at)],
              [
                "What",
                <code key="w" className="pt-wrap">
                  {data.method} {data.path}
                </code>,
              ],
              data.person?.user_name || data.person?.directory_user_id
                ? [
                    "Person",
                    data.person.directory_user_id ? (
                      <Link
                        key="p"
                        to="/o/$org/directories/$dir/users/$personId"
                        params={{ org, dir, personId: data.person.directory_user_id }}
                      >
                        {data.person.user_name ?? data.person.directory_user_id}
                      </Link>
                    ) : (
                      data.person.user_name
                    ),
                  ]
                : null,
              ["Took", `${data.duration_ms.toFixed(1)} ms`],
              ["From", `${data.ip ?? "unknown address"}, ${data.user_agent ?? "unknown agent"}`],
              ["Request id", <code key="r">{data.request_id}</code>],
              data.replay_of
                ? [
                    "Replay of",
                    <Link
                      key="o"
                      to="/o/$org/directories/$dir/requests/$requestId"
                      params={{ org, dir, requestId: data.replay_of }}
                    >
                      the earlier request
                    </Link>,
                  ]
                : null,
              data.replayed_by
                ? ["Replayed by", <Mentioned key="b" what={data.replayed_by} named={names(data.replayed_by)} whole />]
                : null,
              !data.replayable && data.not_replayable_reason ? ["Replay", data.not_replayable_reason] : null,
            ]}
          />
        </Card>
        <Card title="Decisions">
          <Decisions notes={data.notes} />
        </Card>
      </div>
      <div className="pc-grid">
        <Body label="Sent" body={data.body} size={data.body_bytes} cut={data.body_truncated} />
        <Body label="Answered" body={data.answer} size={data.answer_bytes} cut={data.answer_truncated} />
      </div>
      <Confirm
        open={asks}
        onClose={() => setAsks(false)}
        title="Make this request again, for real?"
        action="Replay for real"
        onConfirm={() => forReal.mutateAsync(undefined)}
      >
        <p>
          “{operationName(data.operation)}” is done again in the directory's name, with what was recorded
          {data.person?.user_name ? ` for ${data.person.user_name}` : ""}. It may change people, roles and access, and
          is recorded as asked for by you. A dry run shows first what would happen.
        </p>
      </Confirm>
    </div>
  );
}

function Body({
  label,
  body,
  size,
  cut,
}: {
  label: string;
  body: unknown;
  size?: number | null | undefined;
  cut: boolean;
}) {
  if (body === null || body === undefined) {
    return (
      <Card title={label}>
        <p className="pt-muted">{size ? `${bytes(size)}, which were not kept.` : "Nothing."}</p>
      </Card>
    );
  }
  return (
    <div className="pc-stack">
      <Code label={`${label}${size ? `, ${bytes(size)}` : ""}${cut ? ", cut" : ""}`}>{json(body)}</Code>
    </div>
  );
}

function Outcome({ outcome }: { outcome: Replayed }) {
  return (
    <Card
      title={
        <>
          Dry run: it would be answered with <Badge tone={httpTone(outcome.status)}>{outcome.status}</Badge>
        </>
      }
    >
      <p className="pt-muted">Everything was done and taken back: nothing has changed.</p>
      {outcome.differences.length > 0 ? (
        <DiffTable rows={outcome.differences} />
      ) : (
        <Notice tone="neutral" title="The resource would stay as it is." />
      )}
      <h3>Decisions</h3>
      <Decisions notes={outcome.notes} />
      {outcome.events.length > 0 && (
        <details>
          <summary>{plural(outcome.events.length, "event")} would be recorded</summary>
          <Code label="Events">{json(outcome.events)}</Code>
        </details>
      )}
      {outcome.body && (
        <details>
          <summary>The answer</summary>
          <Code label="Answer">{json(outcome.body)}</Code>
        </details>
      )}
    </Card>
  );
}
