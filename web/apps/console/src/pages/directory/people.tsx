import { Link } from "@tanstack/react-router";
import { Users } from "lucide-react";
import { directoryPath, useList, useRoleNames } from "../../api/queries";
import type { DirectoryUser } from "../../api/types";
import { RoleBadges } from "../../components/grants";
import { useListState, useOrg, useParam } from "../../components/hooks";
import { Avatar, Badge, Empty, SearchBox, Select, Time, Truncate } from "../../components/kit";
import { List } from "../../components/table";
import { linkState, memberStatus } from "../../lib/states";

export function PeoplePage() {
  const org = useOrg();
  const names = useRoleNames(org);
  const dir = useParam("dir");
  const [search, setSearch] = useListState();
  const { active, link } = search;
  const query = useList<DirectoryUser>(["directories", dir, "users"], `${directoryPath(org, dir)}/users`, search, {
    active,
    link,
  });
  return (
    <List
      label="People"
      query={query}
      rowKey={(row) => row.id}
      search={search}
      onSearch={setSearch}
      toolbar={
        <>
          <SearchBox label="Search people" value={search.q ?? ""} onChange={(q) => setSearch({ q })} />
          <Select
            aria-label="Active"
            value={String(active ?? "")}
            onChange={(e) => setSearch({ active: e.target.value })}
          >
            <option value="">Active and not</option>
            <option value="true">Active</option>
            <option value="false">Not active</option>
          </Select>
          <Select aria-label="Account" value={String(link ?? "")} onChange={(e) => setSearch({ link: e.target.value })}>
            <option value="">Any account</option>
            <option value="linked">Linked</option>
            <option value="awaiting_acceptance">Awaiting acceptance</option>
            <option value="no_address">No address</option>
          </Select>
        </>
      }
      empty={
        <Empty icon={<Users size={32} aria-hidden />} title="Nobody has been sent yet">
          Assign people to the application in the identity provider. They appear here as they arrive.
        </Empty>
      }
      columns={[
        {
          head: "Person",
          grow: true,
          cell: (row) => (
            <div className="pc-who">
              <Avatar name={row.display_name ?? row.user_name} />
              <div className="pc-two">
                <Link to="/o/$org/directories/$dir/users/$personId" params={{ org, dir, personId: row.id }}>
                  <Truncate text={row.display_name ?? row.user_name} />
                </Link>
                <span className="pt-small pt-muted">
                  <Truncate text={row.user_name} />
                </span>
              </div>
            </div>
          ),
        },
        {
          head: "Directory says",
          cell: (row) => (
            <Badge tone={row.active ? "success" : "neutral"}>{row.active ? "Active" : "Not active"}</Badge>
          ),
        },
        { head: "Account", cell: (row) => <Badge tone={linkState(row.link).tone}>{linkState(row.link).label}</Badge> },
        {
          head: "Membership",
          cell: (row) =>
            row.membership_status ? (
              <Badge tone={memberStatus(row.membership_status).tone}>{memberStatus(row.membership_status).label}</Badge>
            ) : (
              <span className="pt-muted">None</span>
            ),
        },
        { head: "Roles", cell: (row) => <RoleBadges roles={row.roles} names={names} /> },
        { head: "Changed", wide: true, cell: (row) => <Time ms={row.updated_at} /> },
      ]}
    />
  );
}
