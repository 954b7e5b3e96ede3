import { mailboxOf } from "@portico/ui";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { get, post } from "../../api/http";
import { INSTANCE, useList, useRoleNames } from "../../api/queries";
import type { Membership, Organization, Page, Session, User } from "../../api/types";
import { Grants } from "../../components/grants";
import { useChange, useListState, useMe, useParam } from "../../components/hooks";
import {
  Avatar,
  Badge,
  Button,
  Card,
  Code,
  Confirm,
  Facts,
  Failure,
  Field,
  Input,
  PageHead,
  Select,
  Spinner,
  Time,
  Truncate,
} from "../../components/kit";
import { List } from "../../components/table";
import { at, json } from "../../lib/format";
import { memberStatus } from "../../lib/states";
import { nameOf, UserBadges } from "./users";

type Act = "ban" | "unban" | "lock" | "unlock" | "impersonate";

export function UserPage() {
  const userId = useParam("userId");
  const me = useMe();
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ["users", userId],
    queryFn: ({ signal }) => get<User>(`/v1/users/${userId}`, undefined, signal),
  });
  const [asks, setAsks] = useState<Act | null>(null);
  const [reason, setReason] = useState("");
  const [days, setDays] = useState("");
  const act = useChange(
    async (what: Act) => {
      if (what === "impersonate") {
        await post("/api/auth/admin/impersonate-user", { userId });
        window.location.assign("/console");
        return;
      }
      const ban = {
        ...(reason.trim() ? { reason: reason.trim() } : {}),
        ...(days ? { expires_at: Date.now() + Number(days) * 86_400_000 } : {}),
      };
      await post(`/v1/users/${userId}/${what}`, what === "ban" ? ban : undefined);
    },
    { stale: ["users", "sessions"], quiet: true, done: "The account was changed" },
  );
  if (isPending) return <Spinner label="Loading the user" />;
  if (!data) return <Failure error={error} retry={() => void refetch()} />;
  const name = nameOf(data);
  const mailbox = mailboxOf(data.email_address);
  const self = me?.user?.id === data.id;
  const run = (what: Act) => () => act.mutateAsync(what);
  return (
    <div className="pc-page">
      <PageHead
        eyebrow={<Link to="/instance/users">Users</Link>}
        title={
          <span className="pc-who">
            <Avatar name={name} src={data.image_url} size={36} />
            <span className="pt-wrap">{name}</span>
          </span>
        }
        text={<UserBadges user={data} />}
      >
        {!self && (
          <>
            {!data.banned && <Button onClick={() => setAsks("impersonate")}>Impersonate</Button>}
            <Button onClick={() => setAsks(data.locked ? "unlock" : "lock")}>{data.locked ? "Unlock" : "Lock"}</Button>
            <Button kind={data.banned ? "secondary" : "danger"} onClick={() => setAsks(data.banned ? "unban" : "ban")}>
              {data.banned ? "Lift the ban" : "Ban"}
            </Button>
          </>
        )}
      </PageHead>
      <div className="pc-grid">
        <Card title="Profile">
          <Facts
            items={[
              ["Address", mailbox ? `${mailbox}${data.email_verified ? "" : " (not verified)"}` : "None"],
              ["First name", data.first_name ?? "–"],
              ["Last name", data.last_name ?? "–"],
              ["External id", data.external_id ?? "–"],
              ["Last sign-in", <Time key="l" ms={data.last_sign_in_at} />],
              ["Made", at(data.created_at)],
              ["Id", <code key="i">{data.id}</code>],
              data.banned ? ["Banned because", data.ban_reason ?? "No reason was given"] : null,
              data.ban_expires_at ? ["Banned until", at(data.ban_expires_at)] : null,
            ]}
          />
        </Card>
        <Card title="Metadata">
          <Code label="Public">{json(data.public_metadata)}</Code>
          <Code label="Private">{json(data.private_metadata)}</Code>
        </Card>
      </div>
      <Sessions userId={userId} />
      <Memberships userId={userId} />
      <Confirm
        open={asks === "ban"}
        onClose={() => setAsks(null)}
        title={`Ban ${name}?`}
        action="Ban"
        onConfirm={run("ban")}
      >
        <div className="pc-stack">
          <p>All sessions end at once and nobody can sign in with this account until the ban is lifted or over.</p>
          <Field label="Reason" hint="Kept with the account.">
            {(ids) => <Input {...ids} value={reason} maxLength={300} onChange={(e) => setReason(e.target.value)} />}
          </Field>
          <Field label="For how long">
            {(ids) => (
              <Select {...ids} value={days} onChange={(e) => setDays(e.target.value)}>
                <option value="">Until it is lifted</option>
                <option value="1">A day</option>
                <option value="7">A week</option>
                <option value="30">30 days</option>
              </Select>
            )}
          </Field>
        </div>
      </Confirm>
      <Confirm
        open={asks === "unban"}
        onClose={() => setAsks(null)}
        title={`Lift the ban of ${name}?`}
        action="Lift the ban"
        danger={false}
        onConfirm={run("unban")}
      >
        They can sign in again. Sessions that were ended stay ended.
      </Confirm>
      <Confirm
        open={asks === "lock"}
        onClose={() => setAsks(null)}
        title={`Lock ${name}?`}
        action="Lock"
        onConfirm={run("lock")}
      >
        Nobody can sign in with this account until it is unlocked.
      </Confirm>
      <Confirm
        open={asks === "unlock"}
        onClose={() => setAsks(null)}
        title={`Unlock ${name}?`}
        action="Unlock"
        danger={false}
        onConfirm={run("unlock")}
      >
        They can sign in again.
      </Confirm>
      <Confirm
        open={asks === "impersonate"}
        onClose={() => setAsks(null)}
        title={`Impersonate ${name}?`}
        action="Impersonate"
        onConfirm={run("impersonate")}
      >
        You see and do everything as they would until you stop. A banner says so on every page, and it is recorded who
        impersonated whom.
      </Confirm>
    </div>
  );
}

function Sessions({ userId }: { userId: string }) {
  const [search, setSearch] = useListState();
  const [revoking, setRevoking] = useState<Session | null>(null);
  const query = useList<Session>(["sessions", userId], "/v1/sessions", search, { user_id: userId });
  const revoke = useChange((id: string) => post(`/v1/sessions/${id}/revoke`), {
    stale: ["sessions"],
    quiet: true,
    done: "The session has ended",
  });
  return (
    <Card title="Sessions">
      <List
        label="Sessions"
        query={query}
        rowKey={(row) => row.id}
        search={search}
        onSearch={setSearch}
        empty={<p className="pt-muted">Not signed in anywhere.</p>}
        columns={[
          {
            head: "Device",
            grow: true,
            cell: (row) => (
              <div className="pc-two">
                <Truncate text={row.user_agent ?? "Unknown device"} />
                <span className="pt-small pt-muted">
                  {row.ip_address ?? "unknown address"}
                  {row.impersonated_by && " · impersonation"}
                </span>
              </div>
            ),
          },
          {
            head: "State",
            cell: (row) => <Badge tone={row.status === "active" ? "success" : "neutral"}>{row.status}</Badge>,
          },
          { head: "Signed in", cell: (row) => <Time ms={row.created_at} /> },
          { head: "Expires", wide: true, cell: (row) => <Time ms={row.expires_at} /> },
          {
            head: "_Actions",
            end: true,
            cell: (row) =>
              row.status === "active" && (
                <Button small onClick={() => setRevoking(row)}>
                  Revoke
                </Button>
              ),
          },
        ]}
      />
      <Confirm
        open={revoking !== null}
        onClose={() => setRevoking(null)}
        title="Revoke the session?"
        action="Revoke"
        onConfirm={() => revoke.mutateAsync(revoking?.id ?? "")}
      >
        {revoking?.user_agent ?? "The device"} is signed out with its next request.
      </Confirm>
    </Card>
  );
}

function Memberships({ userId }: { userId: string }) {
  const names = useRoleNames(INSTANCE);
  // The organizations of a person, each with the membership: at most a page of them.
  const { data, error, refetch } = useQuery({
    queryKey: ["members", "of", userId],
    queryFn: async ({ signal }) => {
      const organizations = await get<Page<Organization>>("/v1/organizations", { user_id: userId, limit: 25 }, signal);
      const memberships = await Promise.all(
        organizations.data.map((organization) =>
          get<Page<Membership>>(
            `/v1/organizations/${organization.id}/memberships`,
            { user_id: userId, status: "all", limit: 1 },
            signal,
          ),
        ),
      );
      return { total: organizations.total_count, rows: memberships.flatMap((page) => page.data) };
    },
  });
  return (
    <Card title="Memberships">
      <Failure error={error} retry={() => void refetch()} />
      {data?.rows.length === 0 && <p className="pt-muted">Belongs to no organization.</p>}
      <ul className="pc-checks">
        {data?.rows.map((row) => (
          <li key={row.id} className="pt-row pt-row-between">
            <span className="pc-who">
              <Avatar name={row.organization.name} src={row.organization.image_url} square />
              <Link to="/o/$org/members" params={{ org: row.organization.id }}>
                {row.organization.name}
              </Link>
              <Badge tone={memberStatus(row.status).tone}>{memberStatus(row.status).label}</Badge>
            </span>
            <Grants grants={row.grants} names={names} />
          </li>
        ))}
      </ul>
      {data && data.total > data.rows.length && (
        <p className="pt-muted pt-small">
          The first {data.rows.length} of {data.total}.
        </p>
      )}
    </Card>
  );
}
