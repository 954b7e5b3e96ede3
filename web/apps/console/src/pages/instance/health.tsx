import { useQuery } from "@tanstack/react-query";
import { CheckCircle2, CircleX } from "lucide-react";
import { ApiError, reads } from "../../api/http";
import { useLiveState } from "../../api/live";
import { instanceQuery } from "../../api/queries";
import { Card, Facts, Failure, Notice, PageHead, Spinner } from "../../components/kit";
import { words } from "../../lib/format";

interface Ready {
  status: string;
  [check: string]: unknown;
}

export function HealthPage() {
  const live = useLiveState();
  const instance = useQuery(instanceQuery);
  const ready = useQuery({
    queryKey: ["ready"],
    ...reads<Ready>("/readyz"),
    refetchInterval: 5_000,
    retry: false,
  });
  const down = ready.error instanceof ApiError && ready.error.status === 503;
  return (
    <div className="pc-page">
      <PageHead title="Health" text="Whether this instance can serve. Asked every five seconds." />
      {ready.isPending ? (
        <Spinner />
      ) : ready.data?.status === "ready" ? (
        <Notice tone="success" title="The instance is ready">
          It answers requests, and its database can be reached.
        </Notice>
      ) : down ? (
        <Notice tone="danger" title="The instance is not ready">
          Run <code>portico doctor</code> where it runs: it says what is wrong and what to do.
        </Notice>
      ) : (
        <Failure error={ready.error} retry={() => void ready.refetch()} />
      )}
      <div className="pc-grid">
        <Card title="Checks">
          <ul className="pc-checks">
            {Object.entries(ready.data ?? {})
              .filter(([, value]) => typeof value === "boolean")
              .map(([name, value]) => (
                <li key={name} className="pt-row">
                  {value ? (
                    <CheckCircle2 size={16} color="var(--success)" aria-label="Good" />
                  ) : (
                    <CircleX size={16} color="var(--danger)" aria-label="Bad" />
                  )}
                  {words(name)}
                </li>
              ))}
            <li className="pt-row">
              {live === "live" ? (
                <CheckCircle2 size={16} color="var(--success)" aria-label="Good" />
              ) : (
                <CircleX size={16} color="var(--warning)" aria-label="Not connected" />
              )}
              Event stream to this page
            </li>
          </ul>
        </Card>
        <Card title="Instance">
          <Failure error={instance.error} />
          {instance.data && (
            <Facts
              items={[
                ["Name", instance.data.name],
                ["Version", <code key="v">{instance.data.version}</code>],
                ["Address", instance.data.base_url],
                [
                  "Documents",
                  <a key="d" href="/docs">
                    /docs
                  </a>,
                ],
              ]}
            />
          )}
        </Card>
      </div>
    </div>
  );
}
