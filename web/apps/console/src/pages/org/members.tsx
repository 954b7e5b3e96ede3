import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { MoreHorizontal, UserPlus, Users } from "lucide-react";
import { useState } from "react";
import { useNames } from "../../api/fellows";
import { patch, remove } from "../../api/http";
import { rolesQuery, useList, useRoleNames } from "../../api/queries";
import type { Membership } from "../../api/types";
import { Contact } from "../../components/contact";
import { Grants } from "../../components/grants";
import { useChange, useListState, useMay, useMe, useOrg } from "../../components/hooks";
import {
  Avatar,
  Badge,
  Button,
  Confirm,
  Dialog,
  Empty,
  Failure,
  Field,
  Menu,
  Notice,
  PageHead,
  SearchBox,
  Select,
  Time,
  Truncate,
} from "../../components/kit";
import { List } from "../../components/table";
import { calledOf } from "../../lib/people";
import { memberStatus } from "../../lib/states";

type Asks = { what: "role" | "remove" | "restore"; of: Membership } | null;

const nameOf = ({ public_user_data: person }: Membership, names?: Map<string, string>) =>
  calledOf({ ...person, name: names?.get(person.user_id), address: person.identifier });

export function MembersPage() {
  const org = useOrg();
  const names = useRoleNames(org);
  const me = useMe();
  const may = useMay();
  const [search, setSearch] = useListState();
  const roles = useQuery(rolesQuery(org));
  const [asks, setAsks] = useState<Asks>(null);
  const path = `/v1/organizations/${org}/memberships`;
  const query = useList<Membership>(["members", org], path, search, {
    role: search.role,
    status: search.status ?? "all",
  });
  const stale = ["members", "organizations", "me"];
  const restore = useChange((id: string) => patch(`${path}/${id}`, { status: "active" }), {
    stale,
    quiet: true,
    done: "The member is active again",
  });
  const take = useChange((id: string) => remove(`${path}/${id}`), {
    stale,
    quiet: true,
    done: "The member was removed",
  });
  // Whose name has no parts has one nonetheless.
  const people = useNames(org, query.data?.data ?? []);
  const called = (row: Membership) => nameOf(row, people);
  const person = asks ? called(asks.of) : "";
  const userId = asks?.of.public_user_data.user_id ?? "";
  return (
    <div className="pc-page">
      <PageHead
        title="Members"
        text="Who belongs to the organization, with which roles, and where each role comes from."
      >
        {may("invitation:create") && (
          <Link to="/o/$org/invitations" params={{ org }} className="pc-button pc-button-primary">
            <UserPlus size={16} aria-hidden /> Invite people
          </Link>
        )}
      </PageHead>
      <List
        label="Members"
        query={query}
        rowKey={(row) => row.id}
        search={search}
        onSearch={setSearch}
        toolbar={
          <>
            <SearchBox label="Search members" value={search.q ?? ""} onChange={(q) => setSearch({ q })} />
            <Select
              aria-label="Role"
              value={String(search.role ?? "")}
              onChange={(e) => setSearch({ role: e.target.value })}
            >
              <option value="">Any role</option>
              {roles.data?.data.map((role) => (
                <option key={role.key} value={role.key}>
                  {role.name}
                </option>
              ))}
            </Select>
            <Select
              aria-label="Status"
              value={String(search.status ?? "")}
              onChange={(e) => setSearch({ status: e.target.value })}
            >
              <option value="">Any status</option>
              <option value="active">Active</option>
              <option value="awaiting">Awaiting acceptance</option>
              <option value="suspended">Suspended</option>
            </Select>
          </>
        }
        empty={<Empty icon={<Users size={32} aria-hidden />} title="Nobody belongs to this organization yet" />}
        columns={[
          {
            head: "Member",
            grow: true,
            cell: (row) => (
              <div className="pc-who">
                <Avatar name={called(row)} src={row.public_user_data.image_url} />
                <div className="pc-two">
                  {me?.instance_admin ? (
                    <Link to="/instance/users/$userId" params={{ userId: row.public_user_data.user_id }}>
                      <Truncate text={called(row)} />
                    </Link>
                  ) : (
                    <strong>
                      <Truncate text={called(row)} />
                    </strong>
                  )}
                  <Contact address={row.public_user_data.identifier} besides={called(row)} />
                </div>
              </div>
            ),
          },
          {
            head: "Status",
            cell: (row) => <Badge tone={memberStatus(row.status).tone}>{memberStatus(row.status).label}</Badge>,
          },
          { head: "Roles and where they come from", cell: (row) => <Grants grants={row.grants} names={names} /> },
          { head: "Since", wide: true, cell: (row) => <Time ms={row.created_at} /> },
          {
            head: "_Actions",
            end: true,
            cell: (row) => (
              <Menu
                label={`Actions for ${called(row)}`}
                trigger={<MoreHorizontal size={16} aria-hidden />}
                items={[
                  may("member:update") &&
                    row.status === "active" && {
                      label: "Change the role",
                      onSelect: () => setAsks({ what: "role", of: row }),
                    },
                  may("member:update") &&
                    row.status === "suspended" && {
                      label: "Bring back",
                      onSelect: () => setAsks({ what: "restore", of: row }),
                    },
                  may("member:delete") && {
                    label: "Remove",
                    danger: true,
                    onSelect: () => setAsks({ what: "remove", of: row }),
                  },
                ]}
              />
            ),
          },
        ]}
      />
      {asks?.what === "role" && (
        <ChangeRole membership={asks.of} person={person} path={path} onClose={() => setAsks(null)} />
      )}
      <Confirm
        open={asks?.what === "remove"}
        onClose={() => setAsks(null)}
        title={`Remove ${person}?`}
        action="Remove"
        onConfirm={() => take.mutateAsync(userId)}
      >
        They lose every role in the organization, and their sessions go on without it. If a directory carries them, it
        may make them a member again. The last owner cannot be removed.
      </Confirm>
      <Confirm
        open={asks?.what === "restore"}
        onClose={() => setAsks(null)}
        title={`Bring ${person} back?`}
        action="Bring back"
        danger={false}
        onConfirm={() => restore.mutateAsync(userId)}
      >
        A directory suspended them. Bringing them back overrides it, and the directory's drift shows them as brought
        back by hand. Only an owner may.
      </Confirm>
    </div>
  );
}

function ChangeRole({
  membership,
  person,
  path,
  onClose,
}: {
  membership: Membership;
  person: string;
  path: string;
  onClose: () => void;
}) {
  const me = useMe();
  const org = useOrg();
  const names = useRoleNames(org);
  const roles = useQuery(rolesQuery(org));
  const byHand = membership.grants.find((grant) => grant.source === "manual" || grant.source === "invitation");
  const [role, setRole] = useState(byHand?.role ?? membership.role);
  const mine = me?.memberships.find((one) => one.organization.id === org);
  const choices = roles.data?.data.filter(
    (one) => one.key !== "org:owner" || me?.instance_admin || mine?.role === "org:owner" || role === "org:owner",
  );
  const save = useChange(() => patch(`${path}/${membership.public_user_data.user_id}`, { role }), {
    stale: ["members", "me"],
    quiet: true,
    done: "The role was changed",
    after: onClose,
  });
  const others = membership.grants.filter((grant) => grant !== byHand);
  return (
    <Dialog
      open
      onClose={onClose}
      title={`The role of ${person}`}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" busy={save.isPending} onClick={() => save.mutate(undefined)}>
            Save
          </Button>
        </>
      }
    >
      <Field label="Role given by hand" hint={choices?.find((one) => one.key === role)?.description}>
        {(ids) => (
          <Select {...ids} value={role} onChange={(e) => setRole(e.target.value)}>
            {choices?.map((one) => (
              <option key={one.key} value={one.key}>
                {one.name}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {others.length > 0 && (
        <Notice title="These roles stay as they are">
          <Grants grants={others} names={names} />
        </Notice>
      )}
      <Failure error={save.error} />
    </Dialog>
  );
}
