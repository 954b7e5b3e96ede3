/** Everything that a directory said and did about a person, in time order. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { reads } from "../../api/http";
import { directoryPath, useRoleNames } from "../../api/queries";
import type { DirectoryUser, Page, TimelineEntry } from "../../api/types";
import { Decisions } from "../../components/decisions";
import { Grants } from "../../components/grants";
import { useListState, useMe, useOrg, useParam } from "../../components/hooks";
import { Avatar, Badge, Card, cx, Facts, Failure, Pager, Spinner, Time } from "../../components/kit";
import { at, plural } from "../../lib/format";
import { addressOf } from "../../lib/resource";
import { paging } from "../../lib/search";
import { httpTone, linkState, memberStatus } from "../../lib/states";
import { Resource } from "./resource";

export function PersonPage() {
  const org = useOrg();
  const names = useRoleNames(org);
  const dir = useParam("dir");
  const personId = useParam("personId");
  const me = useMe();
  const path = `${directoryPath(org, dir)}/users/${personId}`;
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ["directories", dir, "user", personId],
    ...reads<DirectoryUser>(path),
  });
  if (isPending) return <Spinner label="Loading the person" />;
  if (!data) return <Failure error={error} retry={() => void refetch()} />;
  const name = data.display_name ?? data.user_name;
  return (
    <div className="pc-stack">
      <div className="pt-row">
        <Link to="/o/$org/directories/$dir/users" params={{ org, dir }}>
          Users
        </Link>
        <span aria-hidden>/</span>
        <Avatar name={name} />
        <h2>{name}</h2>
        <Badge tone={data.active ? "success" : "neutral"}>{data.active ? "Active" : "Not active"}</Badge>
      </div>
      <div className="pc-grid">
        <Card title="What the directory says">
          <Facts
            items={[
              ["User name", data.user_name],
              ["External id", data.external_id ? <code key="e">{data.external_id}</code> : "None"],
              ["Addresses", data.emails.length === 0 ? "None" : data.emails.map(addressOf).join(", ")],
              ["Groups", data.groups_count > 0 ? plural(data.groups_count, "group") : "None"],
              ["First seen", at(data.created_at)],
              ["Changed", <Time key="c" ms={data.updated_at} />],
              ["Id", <code key="i">{data.id}</code>],
            ]}
          />
          <Resource />
        </Card>
        <Card title="What became of it">
          <Facts
            items={[
              [
                "Account",
                <span key="a" className="pt-row">
                  <Badge tone={linkState(data.link).tone}>{linkState(data.link).label}</Badge>
                  {data.user_id && me?.instance_admin && (
                    <Link to="/instance/users/$userId" params={{ userId: data.user_id }}>
                      Open the account
                    </Link>
                  )}
                </span>,
              ],
              [
                "Membership",
                data.membership_status ? (
                  <Badge key="m" tone={memberStatus(data.membership_status).tone}>
                    {memberStatus(data.membership_status).label}
                  </Badge>
                ) : (
                  "None"
                ),
              ],
              ["Roles", <Grants key="g" grants={data.grants} names={names} />],
            ]}
          />
          {data.user_id && (
            <p className="pt-small">
              <Link to="/o/$org/directories/$dir/receipts" params={{ org, dir }} search={{ person: data.id }}>
                Receipts for ended access
              </Link>
            </p>
          )}
        </Card>
      </div>
      <Timeline path={path} />
    </div>
  );
}

function Timeline({ path }: { path: string }) {
  const org = useOrg();
  const dir = useParam("dir");
  const personId = useParam("personId");
  const [search, setSearch] = useListState();
  const { limit, offset } = paging(search);
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ["directories", dir, "timeline", personId, limit, offset],
    ...reads<Page<TimelineEntry>>(`${path}/timeline`, { limit, offset }),
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
  });
  return (
    <Card title="Timeline">
      <Failure error={error} retry={() => void refetch()} />
      {isPending && <Spinner />}
      {data?.data.length === 0 && (
        <p className="pt-muted">Nothing is recorded about this person, or its time is over.</p>
      )}
      <ol className="pc-timeline">
        {data?.data.map((entry) => (
          <li
            key={entry.request_id ?? entry.event_id ?? `${entry.at}-${entry.title}`}
            className={cx(
              entry.kind === "request" && entry.status ? `pc-tone-${httpTone(entry.status)}` : "pc-tone-info",
            )}
          >
            <div className="pt-row">
              {entry.kind === "request" && entry.request_id ? (
                <Link
                  to="/o/$org/directories/$dir/requests/$requestId"
                  params={{ org, dir, requestId: entry.request_id }}
                  className="pc-strong-link"
                >
                  {entry.title}
                </Link>
              ) : (
                <strong>{entry.title}</strong>
              )}
              {entry.status !== null && <Badge tone={httpTone(entry.status)}>{entry.status}</Badge>}
              <span className="pt-muted pt-small">
                {entry.type} · <Time ms={entry.at} />
              </span>
            </div>
            {entry.decisions.length > 0 && <Decisions notes={entry.decisions} />}
          </li>
        ))}
      </ol>
      <Pager total={data?.total_count ?? 0} search={search} onChange={setSearch} />
    </Card>
  );
}
