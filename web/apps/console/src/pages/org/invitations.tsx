import { useQuery } from "@tanstack/react-query";
import { Mail, MoreHorizontal, Plus } from "lucide-react";
import { useState } from "react";
import { post } from "../../api/http";
import { rolesQuery, useList, useRoleNames } from "../../api/queries";
import type { Invitation, InvitationResult, Page } from "../../api/types";
import { useChange, useListState, useMay, useMe, useOrg } from "../../components/hooks";
import {
  Badge,
  Button,
  Confirm,
  Empty,
  Field,
  FormDialog,
  Menu,
  Notice,
  PageHead,
  SearchBox,
  Select,
  Textarea,
  Time,
  Truncate,
} from "../../components/kit";
import { List } from "../../components/table";
import { MOST, parseAddresses } from "../../lib/bulk";
import { plural, roleName } from "../../lib/format";
import { invitationStatus } from "../../lib/states";

export function InvitationsPage() {
  const org = useOrg();
  const may = useMay();
  const names = useRoleNames(org);
  const [search, setSearch] = useListState();
  const [inviting, setInviting] = useState(false);
  const [revoking, setRevoking] = useState<Invitation | null>(null);
  const path = `/v1/organizations/${org}/invitations`;
  const query = useList<Invitation>(["invitations", org], path, search, { status: search.status });
  const stale = ["invitations", "organizations"];
  const resend = useChange(
    (invitation: Invitation) =>
      post(path, { email_address: invitation.email_address, role: invitation.role, resend: true }),
    { stale, done: "The invitation was sent again" },
  );
  const revoke = useChange((id: string) => post(`${path}/${id}/revoke`), {
    stale,
    quiet: true,
    done: "The invitation was revoked",
  });
  const invite = (
    <Button kind="primary" icon={<Plus size={16} aria-hidden />} onClick={() => setInviting(true)}>
      Invite people
    </Button>
  );
  return (
    <div className="pc-page">
      <PageHead title="Invitations" text="People who were asked by mail to join.">
        {(query.data?.total_count ?? 0) > 0 && invite}
      </PageHead>
      <List
        label="Invitations"
        query={query}
        rowKey={(row) => row.id}
        search={search}
        onSearch={setSearch}
        toolbar={
          <>
            <SearchBox label="Search addresses" value={search.q ?? ""} onChange={(q) => setSearch({ q })} />
            <Select
              aria-label="Status"
              value={String(search.status ?? "")}
              onChange={(e) => setSearch({ status: e.target.value })}
            >
              <option value="">Any status</option>
              <option value="pending">Pending</option>
              <option value="accepted">Accepted</option>
              <option value="rejected">Declined</option>
              <option value="revoked">Revoked</option>
            </Select>
          </>
        }
        empty={
          <Empty icon={<Mail size={32} aria-hidden />} title="Nobody has been invited yet" action={invite}>
            Invite one person, or paste a whole list of addresses.
          </Empty>
        }
        columns={[
          {
            head: "Address",
            grow: true,
            cell: (row) => (
              <div className="pc-two">
                <strong>
                  <Truncate text={row.email_address} />
                </strong>
                {row.directory_id && <span className="pt-small pt-muted">asked for by a directory</span>}
              </div>
            ),
          },
          { head: "Role", cell: (row) => row.role_name || roleName(row.role, names) },
          { head: "Status", cell: (row) => <Status invitation={row} /> },
          { head: "Sent", wide: true, cell: (row) => <Time ms={row.created_at} /> },
          { head: "Expires", cell: (row) => (row.status === "pending" ? <Time ms={row.expires_at} /> : "–") },
          {
            head: "_Actions",
            end: true,
            cell: (row) =>
              row.status === "pending" && (
                <Menu
                  label={`Actions for ${row.email_address}`}
                  trigger={<MoreHorizontal size={16} aria-hidden />}
                  items={[
                    { label: "Send again", onSelect: () => resend.mutate(row) },
                    may("invitation:cancel") && { label: "Revoke", danger: true, onSelect: () => setRevoking(row) },
                  ]}
                />
              ),
          },
        ]}
      />
      {inviting && <Invite path={path} onClose={() => setInviting(false)} />}
      <Confirm
        open={revoking !== null}
        onClose={() => setRevoking(null)}
        title={`Revoke the invitation of ${revoking?.email_address}?`}
        action="Revoke"
        onConfirm={() => revoke.mutateAsync(revoking?.id ?? "")}
      >
        The link in the mail stops working. You can invite the address again.
      </Confirm>
    </div>
  );
}

function Status({ invitation }: { invitation: Invitation }) {
  const expired = invitation.status === "pending" && invitation.expires_at < Date.now();
  const { label, tone } = invitationStatus(expired ? "expired" : invitation.status);
  return <Badge tone={tone}>{label}</Badge>;
}

function Invite({ path, onClose }: { path: string; onClose: () => void }) {
  const me = useMe();
  const org = useOrg();
  const roles = useQuery(rolesQuery(org));
  const [text, setText] = useState("");
  const [role, setRole] = useState("org:member");
  const pasted = parseAddresses(text);
  const tooMany = pasted.addresses.length > MOST;
  const mine = me?.memberships.find((one) => one.organization.id === org);
  const send = useChange(
    () =>
      post<Page<InvitationResult>>(`${path}/bulk`, {
        invitations: pasted.addresses.map((email_address) => ({ email_address, role })),
      }),
    {
      stale: ["invitations", "organizations"],
      quiet: true,
      after: (result) => {
        if (result.data.every((one) => !one.error)) onClose();
      },
      done: (result) => `${plural(result.data.filter((one) => !one.error).length, "invitation")} sent`,
    },
  );
  const refused = send.data?.data.filter((one) => one.error) ?? [];
  return (
    <FormDialog
      title="Invite people"
      action={
        pasted.addresses.length > 1 ? `Send ${plural(pasted.addresses.length, "invitation")}` : "Send the invitation"
      }
      cancel={refused.length > 0 ? "Close" : "Cancel"}
      ready={pasted.addresses.length > 0 && !tooMany}
      change={send}
      onClose={onClose}
    >
      <Field
        label="Addresses"
        hint={
          pasted.addresses.length > 0
            ? `${plural(pasted.addresses.length, "address", "addresses")}${pasted.duplicates ? `, ${plural(pasted.duplicates, "duplicate")} left out` : ""}`
            : "One or many: paste a column, a list with commas, or what a mail program copies."
        }
        error={
          tooMany
            ? `At most ${MOST} at a time: take out ${pasted.addresses.length - MOST}.`
            : pasted.invalid.length > 0
              ? `No address: ${pasted.invalid.slice(0, 3).join(", ")}${pasted.invalid.length > 3 ? ` and ${pasted.invalid.length - 3} more` : ""}`
              : undefined
        }
      >
        {(ids) => (
          <Textarea
            {...ids}
            rows={5}
            value={text}
            placeholder={"ann@acme.example\nben@acme.example"}
            onChange={(e) => setText(e.target.value)}
          />
        )}
      </Field>
      <Field label="Role" hint={roles.data?.data.find((one) => one.key === role)?.description}>
        {(ids) => (
          <Select {...ids} value={role} onChange={(e) => setRole(e.target.value)}>
            {roles.data?.data
              .filter((one) => one.key !== "org:owner" || me?.instance_admin || mine?.role === "org:owner")
              .map((one) => (
                <option key={one.key} value={one.key}>
                  {one.name}
                </option>
              ))}
          </Select>
        )}
      </Field>
      {refused.length > 0 && (
        <Notice tone="danger" title={`${plural(refused.length, "address was", "addresses were")} not invited`}>
          <ul className="pc-list">
            {refused.map((one) => (
              <li key={one.email_address}>
                {one.email_address}: {one.error?.message}
              </li>
            ))}
          </ul>
        </Notice>
      )}
    </FormDialog>
  );
}
