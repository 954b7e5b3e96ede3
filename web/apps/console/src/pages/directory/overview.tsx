import { mailboxOf } from "@portico/ui";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { get, reads } from "../../api/http";
import { directoryPath, healthQuery, useRoleNames } from "../../api/queries";
import type { Activity, DriftPage, Page } from "../../api/types";
import { ActivityChart } from "../../components/chart";
import { Grants } from "../../components/grants";
import { useListState, useOrg, useParam } from "../../components/hooks";
import { Badge, Card, CopyField, Facts, Failure, Notice, Select, Spinner, Time, Truncate } from "../../components/kit";
import { List } from "../../components/table";
import { count, onDay, percent, plural } from "../../lib/format";
import { paging } from "../../lib/search";
import { memberStatus } from "../../lib/states";

const RANGES = {
  "24h": { label: "24 hours", query: { hours: 24 }, by: "hour" },
  "7d": { label: "7 days", query: { days: 7 }, by: "day" },
  "30d": { label: "30 days", query: { days: 30 }, by: "day" },
  "90d": { label: "90 days", query: { days: 90 }, by: "day" },
} as const;
type Range = keyof typeof RANGES;

const KINDS: Record<string, { label: string; means: string }> = {
  by_hand: { label: "By hand", means: "Active members whom no directory of the organization carries." },
  gone: {
    label: "Gone",
    means: "Active members whom this directory deactivated or deleted; somebody brought them back by hand.",
  },
  suspended: {
    label: "Suspended",
    means: "People whom the directory carries as active, and who are no active members.",
  },
  roles: { label: "Roles", means: "Members with a role given by hand that the directory does not give." },
  teams: {
    label: "Teams",
    means: "Members whom somebody put into a team that the directory's groups fill, and whom none of these puts there.",
  },
};

export function DirectoryOverview() {
  const org = useOrg();
  const dir = useParam("dir");
  const [search, setSearch] = useListState();
  const health = useQuery(healthQuery(org, dir));
  const range = (search.range && search.range in RANGES ? search.range : "24h") as Range;
  const activity = useQuery({
    queryKey: ["directories", dir, "activity", range],
    ...reads<Page<Activity>>(`${directoryPath(org, dir)}/activity`, RANGES[range].query),
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
  });
  if (health.isPending) return <Spinner label="Loading health" />;
  if (!health.data) return <Failure error={health.error} retry={() => void health.refetch()} />;
  const { counts, requests, credentials, last_request_at, last_success_at, state } = health.data;
  const link = { org, dir };
  const expiry = credentials.next_expiry;
  return (
    <>
      {state === "setting_up" && (
        <Notice
          tone="info"
          title="Waiting for the first request"
          action={
            <Link
              to="/o/$org/directories/new"
              params={{ org }}
              search={{ directory: dir, step: "connect" }}
              className="pc-button pc-button-primary"
            >
              Go on setting up
            </Link>
          }
        >
          The identity provider has not authenticated yet.
        </Notice>
      )}
      {state === "paused" && (
        <Notice
          tone="warning"
          title="The directory is paused"
          action={
            <Link to="/o/$org/directories/$dir/settings" params={link} className="pc-button pc-button-secondary">
              Settings
            </Link>
          }
        >
          Every request is answered with 503 and changes nothing. Nobody loses or gains access meanwhile.
        </Notice>
      )}
      {credentials.valid === 0 && (
        <Notice
          tone="danger"
          title="No credential is valid"
          action={
            <Link to="/o/$org/directories/$dir/credentials" params={link} className="pc-button pc-button-secondary">
              Make a credential
            </Link>
          }
        >
          The identity provider cannot authenticate.
        </Notice>
      )}
      <div className="pc-stats">
        <Link to="/o/$org/directories/$dir/users" params={link} className="pc-stat">
          <b>{count(counts.users)}</b>
          <span>People</span>
        </Link>
        <Link to="/o/$org/directories/$dir/users" params={link} search={{ active: "true" }} className="pc-stat">
          <b>{count(counts.active)}</b>
          <span>Active</span>
        </Link>
        <Link
          to="/o/$org/directories/$dir/users"
          params={link}
          search={{ link: "awaiting_acceptance" }}
          className="pc-stat"
        >
          <b>{count(counts.pending)}</b>
          <span>Awaiting acceptance</span>
        </Link>
        <Link to="/o/$org/directories/$dir/users" params={link} search={{ link: "no_address" }} className="pc-stat">
          <b>{count(counts.no_address)}</b>
          <span>Without an address</span>
        </Link>
        <Link to="/o/$org/directories/$dir/groups" params={link} className="pc-stat">
          <b>{count(counts.groups)}</b>
          <span>Groups</span>
        </Link>
      </div>
      <Card
        title="Activity"
        action={
          <fieldset className="pc-segments" aria-label="Period">
            {(Object.keys(RANGES) as Range[]).map((key) => (
              <button key={key} type="button" aria-pressed={range === key} onClick={() => setSearch({ range: key })}>
                {RANGES[key].label}
              </button>
            ))}
          </fieldset>
        }
      >
        {activity.data ? (
          <ActivityChart rows={activity.data.data} by={RANGES[range].by} />
        ) : activity.error ? (
          <Failure error={activity.error} retry={() => void activity.refetch()} />
        ) : (
          <Spinner />
        )}
      </Card>
      <div className="pc-grid">
        <Card title="Health">
          <Facts
            items={[
              ["Last request", <Time key="r" ms={last_request_at} />],
              ["Last success", <Time key="s" ms={last_success_at} />],
              ["Last hour", <Rate key="h" {...requests.last_hour} />],
              ["Last day", <Rate key="d" {...requests.last_day} />],
              [
                "Never signed in",
                counts.never_seen === 0 ? "Nobody" : `${plural(counts.never_seen, "active person", "active people")}`,
              ],
              [
                "Credentials",
                <span key="c">
                  {plural(credentials.valid, "valid credential")}
                  {expiry && (
                    <>
                      , “{expiry.name}” expires {onDay(expiry.expires_at)}
                    </>
                  )}
                </span>,
              ],
            ]}
          />
        </Card>
        <Endpoint />
      </div>
      <Drift />
    </>
  );
}

function Rate({ total, failed, error_rate }: { total: number; failed: number; error_rate?: number | null }) {
  if (total === 0) return <span className="pt-muted">No requests</span>;
  return (
    <span className="pt-num">
      {plural(total, "request")},{" "}
      {failed === 0 ? "none failed" : `${count(failed)} failed (${percent(error_rate ?? failed / total)})`}
    </span>
  );
}

function Endpoint() {
  const org = useOrg();
  const dir = useParam("dir");
  const { data } = useQuery({
    queryKey: ["directories", dir, "self"],
    queryFn: () => get<{ endpoint_url: string }>(directoryPath(org, dir)),
    staleTime: 60_000,
  });
  if (!data) return null;
  return (
    <Card title="Endpoint">
      <CopyField
        label="Base URL"
        value={data.endpoint_url}
        hint="The identity provider's credential says which directory it speaks for."
      />
      <p className="pt-small pt-muted">
        <Link to="/o/$org/directories/new" params={{ org }} search={{ directory: dir, step: "guide" }}>
          The provider's own steps, with the values filled in
        </Link>
      </p>
    </Card>
  );
}

function Drift() {
  const org = useOrg();
  const names = useRoleNames(org);
  const dir = useParam("dir");
  const [search, setSearch] = useListState();
  const kind = typeof search.kind === "string" && search.kind in KINDS ? search.kind : undefined;
  const { limit, offset } = paging(search);
  const query = useQuery({
    queryKey: ["directories", dir, "drift", kind, limit, offset],
    ...reads<DriftPage>(`${directoryPath(org, dir)}/drift`, { kind, limit, offset }),
    placeholderData: keepPreviousData,
    enabled: org !== "instance",
  });
  if (org === "instance") return null;
  const counts = query.data?.counts;
  const all = counts ? counts.by_hand + counts.gone + counts.suspended + counts.roles + counts.teams : 0;
  return (
    <Card title="Drift" id="drift">
      <p className="pt-muted">
        Where the organization's memberships differ from what the directory last said. Looking changes nothing.
      </p>
      {counts && all > 0 && (
        <div className="pc-toolbar">
          <Select
            aria-label="Kind of difference"
            value={kind ?? ""}
            onChange={(e) => setSearch({ kind: e.target.value })}
          >
            <option value="">All differences ({count(all)})</option>
            {Object.entries(KINDS).map(([key, { label }]) => (
              <option key={key} value={key}>
                {label} ({count(counts[key as keyof typeof counts])})
              </option>
            ))}
          </Select>
          {kind && <span className="pt-small pt-muted">{KINDS[kind]?.means}</span>}
        </div>
      )}
      <List
        label="Differences"
        query={query}
        rowKey={(row) => `${row.kind}-${row.user_id}`}
        search={{ ...(search.page ? { page: search.page } : {}), ...(search.size ? { size: search.size } : {}) }}
        onSearch={setSearch}
        empty={<p>Nothing differs: memberships are as the directory says.</p>}
        columns={[
          {
            head: "Person",
            grow: true,
            cell: (row) => <Truncate text={mailboxOf(row.email_address) ?? "No address"} />,
          },
          {
            head: "Difference",
            cell: (row) => <span title={KINDS[row.kind]?.means}>{KINDS[row.kind]?.label ?? row.kind}</span>,
          },
          {
            head: "Membership",
            cell: (row) =>
              row.status ? (
                <Badge tone={memberStatus(row.status).tone}>{memberStatus(row.status).label}</Badge>
              ) : (
                "None"
              ),
          },
          { head: "Roles and where they come from", cell: (row) => <Grants grants={row.grants} names={names} /> },
        ]}
      />
    </Card>
  );
}
