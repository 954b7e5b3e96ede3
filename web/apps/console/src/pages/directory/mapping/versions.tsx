import { useQuery } from "@tanstack/react-query";
import { History } from "lucide-react";
import { useState } from "react";
import { get, post } from "../../../api/http";
import { useNames } from "../../../api/names";
import type { MappingVersion, Page } from "../../../api/types";
import { useChange, useOrg, useParam } from "../../../components/hooks";
import { Badge, Button, Card, Code, Confirm, Failure, Spinner, Time, Truncate } from "../../../components/kit";
import { json, plural } from "../../../lib/format";

/** The mappings that there were, each of which can be had again. */
export function Versions({ path, current }: { path: string; current: number }) {
  const dir = useParam("dir");
  const [open, setOpen] = useState(false);
  const [restoring, setRestoring] = useState<MappingVersion | null>(null);
  const { data, error, isFetching } = useQuery({
    queryKey: ["directories", dir, "versions"],
    queryFn: ({ signal }) => get<Page<MappingVersion>>(`${path}/versions`, { limit: 50 }, signal),
    enabled: open && current > 0,
  });
  const names = useNames(
    useOrg(),
    (data?.data ?? []).map(({ created_by }) => ({ id: created_by })),
  );
  const restore = useChange((version: number) => post(`${path}/versions/${version}/restore`), {
    stale: ["directories"],
    quiet: true,
    done: "The earlier mapping is in force again",
  });
  if (current === 0) return null;
  return (
    <Card
      title="History"
      action={
        <Button small icon={<History size={14} aria-hidden />} aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? "Hide" : "Show versions"}
        </Button>
      }
    >
      {open && (
        <>
          <Failure error={error} />
          {isFetching && !data && <Spinner />}
          <ul className="pc-checks">
            {data?.data.map((version) => (
              <li key={version.version} className="pc-stack-tight">
                <div className="pt-row pt-row-between">
                  <span>
                    <strong>Version {version.version}</strong> <Time ms={version.created_at} />{" "}
                    {version.created_by && (
                      <Truncate text={`by ${names(version.created_by)?.name ?? version.created_by}`} />
                    )}
                  </span>
                  {version.version === current ? (
                    <Badge tone="success">in force</Badge>
                  ) : (
                    <Button small onClick={() => setRestoring(version)}>
                      Restore
                    </Button>
                  )}
                </div>
                <details>
                  <summary className="pt-small">{plural(Object.keys(version.mapping).length, "row")}</summary>
                  <Code label={`Version ${version.version}`}>{json(version.mapping)}</Code>
                </details>
              </li>
            ))}
          </ul>
        </>
      )}
      <Confirm
        open={restoring !== null}
        onClose={() => setRestoring(null)}
        title={`Restore version ${restoring?.version ?? ""}?`}
        action="Restore"
        danger={false}
        onConfirm={() => restore.mutateAsync(restoring?.version ?? 0)}
      >
        It becomes a new version and is in force at once. Everybody in the directory is mapped again.
      </Confirm>
    </Card>
  );
}
