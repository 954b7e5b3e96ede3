/** Import mode: the identity provider is listened to, and what it says is done only when an admin has seen what that is. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Ear } from "lucide-react";
import { useState } from "react";
import { get, post } from "../../api/http";
import { directoryPath } from "../../api/queries";
import type { ImportPage as Import, ImportEntry, Job, Note } from "../../api/types";
import { Decisions } from "../../components/decisions";
import { useChange, useListState, useOrg, useParam } from "../../components/hooks";
import { JobProgress } from "../../components/job";
import {
  Badge,
  Button,
  Card,
  Confirm,
  Empty,
  Failure,
  Notice,
  Select,
  Spinner,
  Time,
  Truncate,
} from "../../components/kit";
import { List } from "../../components/table";
import { count, plural } from "../../lib/format";
import { OUTCOMES, outcome, summary } from "../../lib/outcomes";
import { paging } from "../../lib/search";

const KINDS: Record<string, string> = { user: "People", group: "Groups" };

export function ImportPage() {
  const org = useOrg();
  const dir = useParam("dir");
  const path = `${directoryPath(org, dir)}/import`;
  const [search, setSearch] = useListState();
  const { limit, offset } = paging(search);
  const { kind, outcome: wanted } = search;
  const query = useQuery({
    queryKey: ["directories", dir, "import", kind, wanted, limit, offset],
    queryFn: ({ signal }) => get<Import>(path, { kind, outcome: wanted, limit, offset }, signal),
    placeholderData: keepPreviousData,
    // Nothing tells of what is only listened to.
    refetchInterval: ({ state }) => (state.data?.import ? 3_000 : false),
  });
  if (query.isPending) return <Spinner label="Loading the import" />;
  if (!query.data) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const { import: now, users, groups, total_count } = query.data;
  const filtered = Boolean(kind || wanted);
  const of = (key: (typeof OUTCOMES)[number][0]) =>
    (kind === "group" ? 0 : users[key]) + (kind === "user" ? 0 : groups[key]);
  return (
    <div className="pc-stack">
      {now?.state === "collecting" ? (
        <Collecting path={path} report={query.data} />
      ) : now ? (
        <Applying />
      ) : (
        <Off path={path} left={filtered ? 0 : total_count} />
      )}
      {(now || total_count > 0 || filtered) && (
        <Card title={now ? "What would happen" : "What the last import could not do"}>
          <List
            label="Outcomes"
            query={query}
            rowKey={(row) => row.id}
            search={search}
            onSearch={setSearch}
            toolbar={
              <>
                <Select
                  aria-label="Kind"
                  value={String(kind ?? "")}
                  onChange={(e) => setSearch({ kind: e.target.value })}
                >
                  <option value="">People and groups</option>
                  {Object.entries(KINDS).map(([key, label]) => (
                    <option key={key} value={key}>
                      {label}
                    </option>
                  ))}
                </Select>
                <Select
                  aria-label="Outcome"
                  value={String(wanted ?? "")}
                  onChange={(e) => setSearch({ outcome: e.target.value })}
                >
                  <option value="">Any outcome</option>
                  {OUTCOMES.filter(([key]) => of(key) > 0 || key === wanted).map(([key, label]) => (
                    <option key={key} value={key}>
                      {label} ({count(of(key))})
                    </option>
                  ))}
                </Select>
                {wanted && <span className="pt-small pt-muted">{outcome(String(wanted)).means}</span>}
              </>
            }
            empty={
              <Empty icon={<Ear size={32} aria-hidden />} title="Nothing has been said yet">
                Let the identity provider push everything now: “Force sync” in Okta, “Restart provisioning” in Entra ID.
              </Empty>
            }
            columns={[
              { head: "Who", grow: true, cell: (row) => <Who row={row} /> },
              {
                head: "Would be",
                cell: (row) => {
                  const { label, tone, means } = outcome(row.outcome);
                  return (
                    <span title={means}>
                      <Badge tone={tone}>{label}</Badge>
                    </span>
                  );
                },
              },
              { head: "Why", cell: (row) => <Why row={row} /> },
              { head: "Spoken of", wide: true, cell: (row) => <Time ms={row.seen_at} /> },
            ]}
          />
        </Card>
      )}
    </div>
  );
}

function Off({ path, left }: { path: string; left: number }) {
  const [asks, setAsks] = useState(false);
  const start = useChange(() => post(path), {
    stale: ["directories"],
    quiet: true,
    done: "The directory listens, and does nothing",
  });
  return (
    <Card
      title="Compare without acting"
      action={
        <Button kind={left > 0 ? "secondary" : "primary"} onClick={() => setAsks(true)}>
          Begin import mode
        </Button>
      }
    >
      <p className="pt-muted">
        Before an identity provider acts on an organization for the first time, or after it was configured anew, it can
        be listened to. It is answered as ever, and nothing happens. Here you see what it would do, person by person,
        and then do it or forget it.
      </p>
      <Confirm
        open={asks}
        onClose={() => setAsks(false)}
        title="Begin import mode?"
        action="Begin"
        danger={false}
        onConfirm={() => start.mutateAsync(undefined)}
      >
        From the next request on nobody is made, changed or suspended by this directory until you apply or discard the
        import. People whom you deactivate in the identity provider keep their access meanwhile.
      </Confirm>
    </Card>
  );
}

function Collecting({ path, report }: { path: string; report: Import }) {
  const [asks, setAsks] = useState<"apply" | "discard" | null>(null);
  const people = summary(report.users);
  const groups = summary(report.groups);
  // What is applied is what was shown, where the server tells them apart.
  const shown = (report.import as { revision?: number | string } | null)?.revision;
  const apply = useChange(() => post<Job>(`${path}/apply`, shown === undefined ? undefined : { revision: shown }), {
    stale: ["directories", "jobs"],
    quiet: true,
  });
  const discard = useChange(() => post(`${path}/discard`), {
    stale: ["directories"],
    quiet: true,
    done: "The import was discarded",
  });
  return (
    <>
      <Notice
        title="The directory listens, and does nothing"
        action={
          <>
            <Button onClick={() => setAsks("discard")}>Discard</Button>
            <Button kind="primary" onClick={() => setAsks("apply")}>
              Apply
            </Button>
          </>
        }
      >
        Import mode began <Time ms={report.import?.started_at} />. The identity provider is answered as ever. Let it
        push everything, then look through the list and decide.
      </Notice>
      <div className="pc-stats">
        <Figure label="people would come" value={people.come} />
        <Figure label="people would change" value={people.change} />
        <Figure label="people would lose access" value={people.go} />
        <Figure label="groups would come, change or go" value={groups.come + groups.change + groups.go} />
        <Figure label="would be refused" value={report.users.refused + report.groups.refused} />
        <Figure label="were never spoken of" value={report.users.unseen + report.groups.unseen} />
      </div>
      <Confirm
        open={asks === "apply"}
        onClose={() => setAsks(null)}
        title="Apply the import?"
        action="Apply"
        danger={people.go > 0}
        onConfirm={() => apply.mutateAsync(undefined)}
      >
        <p>
          {plural(people.come, "person", "people")} will come, {plural(people.change, "person", "people")} will change,
          and <strong>{plural(people.go, "person", "people")} will lose access</strong>, with their sessions and keys.
          The circuit breaker does not hold this back. Those who were never spoken of stay as they are.
        </p>
        <p>Until it is done, the identity provider is asked to wait.</p>
      </Confirm>
      <Confirm
        open={asks === "discard"}
        onClose={() => setAsks(null)}
        title="Discard the import?"
        action="Discard"
        onConfirm={() => discard.mutateAsync(undefined)}
      >
        Everything stays as it was, and the directory acts again with the next request. Whom the identity provider has
        created meanwhile it has to look up anew; in Okta they have to be unassigned and assigned again.
      </Confirm>
    </>
  );
}

function Figure({ label, value }: { label: string; value: number }) {
  return (
    <div className="pc-stat">
      <b>{count(value)}</b>
      <span>{label}</span>
    </div>
  );
}

function Applying() {
  const org = useOrg();
  const dir = useParam("dir");
  const path = `${directoryPath(org, dir)}/jobs`;
  const { data, refetch } = useQuery({
    queryKey: ["jobs", dir, "import"],
    queryFn: ({ signal }) => get<{ data: Job[] }>(path, { limit: 10 }, signal),
  });
  const job = data?.data.find((one) => one.kind === "import_applied" && !one.ended_at);
  if (!job) return <Spinner label="The import is applied" />;
  return (
    <JobProgress
      path={`${path}/${job.id}`}
      going="The import is applied"
      done="The import was applied"
      failed="could not be dealt with"
      label="People and groups"
      onEnd={() => void refetch()}
    />
  );
}

function Who({ row }: { row: ImportEntry }) {
  const org = useOrg();
  const dir = useParam("dir");
  // Whoever is only staged has no page yet.
  const there = row.kind === "user" && !["created", "linked", "invited", "unlinked", "refused"].includes(row.outcome);
  return (
    <div className="pc-two">
      {there ? (
        <Link to="/o/$org/directories/$dir/users/$personId" params={{ org, dir, personId: row.id }}>
          <Truncate text={row.name} />
        </Link>
      ) : (
        <Truncate text={row.name} />
      )}
      <span className="pt-small pt-muted">{row.kind === "group" ? "Group" : "Person"}</span>
    </div>
  );
}

function Why({ row }: { row: ImportEntry }) {
  const refused = row.detail?.refused as { code?: string; message?: string } | undefined;
  if (refused) return <span>{refused.message ?? refused.code}</span>;
  if (row.members) {
    return (
      <span>
        {plural(row.members.added, "member")} more, {count(row.members.removed)} fewer
      </span>
    );
  }
  const decisions = (row.detail?.decisions ?? []) as Note[];
  if (decisions.length === 0) return <span className="pt-muted">{outcome(row.outcome).means}</span>;
  return (
    <details>
      <summary className="pt-small">{plural(decisions.length, "decision")}</summary>
      <Decisions notes={decisions} />
    </details>
  );
}
