/** A team: who is in it, and where each place comes from. */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { MoreHorizontal, UserPlus, Users } from "lucide-react";
import { useState } from "react";
import { useNames } from "../../api/fellows";
import { useList } from "../../api/queries";
import {
  addToTeam,
  type Filler,
  fillersQuery,
  isByGroup,
  type Placed,
  placesQuery,
  takeFromTeam,
  teamsQuery,
} from "../../api/teams";
import type { Membership } from "../../api/types";
import { Contact } from "../../components/contact";
import { useChange, useListState, useMay, useOrg, useParam } from "../../components/hooks";
import {
  Avatar,
  Button,
  Card,
  Confirm,
  Dialog,
  Empty,
  Failure,
  Menu,
  Notice,
  PageHead,
  SearchBox,
  Spinner,
  Time,
  Truncate,
} from "../../components/kit";
import { NotFoundPage } from "../../components/shell";
import { List } from "../../components/table";
import { calledOf } from "../../lib/people";
import { paging } from "../../lib/search";
import { DeleteTeam, fills, NameTeam } from "./teams";

const nameOf = ({ member }: Placed) =>
  member ? calledOf({ name: member.user?.name, address: member.user?.email }) : "Somebody who has left";

export function TeamPage() {
  const org = useOrg();
  const teamId = useParam("teamId");
  const may = useMay();
  const navigate = useNavigate();
  const [search, setSearch] = useListState();
  const [asks, setAsks] = useState<"rename" | "delete" | "add" | null>(null);
  const [taking, setTaking] = useState<Placed | null>(null);
  const teams = useQuery(teamsQuery(org));
  const fillers = useQuery(fillersQuery(org, may("org:sys_provisioning:manage"))).data;
  const { limit, offset } = paging(search);
  const query = useQuery(placesQuery(org, teamId, limit, offset));
  const take = useChange((userId: string) => takeFromTeam(org, teamId, userId), {
    stale: ["teams"],
    quiet: true,
    done: "Taken out of the team",
  });
  if (teams.isPending) return <Spinner label="Loading the team" />;
  if (teams.error) return <Failure error={teams.error} retry={() => void teams.refetch()} />;
  const team = teams.data?.find((one) => one.id === teamId);
  if (!team) return <NotFoundPage />;
  const by = fills(fillers, teamId);
  const add = may("member:update") && (
    <Button kind="primary" icon={<UserPlus size={16} aria-hidden />} onClick={() => setAsks("add")}>
      Add a member
    </Button>
  );
  return (
    <div className="pc-page">
      <PageHead
        eyebrow={
          <Link to="/o/$org/teams" params={{ org }}>
            Teams
          </Link>
        }
        title={<span className="pt-wrap">{team.name}</span>}
      >
        {may("team:update") && <Button onClick={() => setAsks("rename")}>Rename</Button>}
        {may("team:delete") && <Button onClick={() => setAsks("delete")}>Delete</Button>}
        {(query.data?.total_count ?? 0) > 0 && add}
      </PageHead>
      <List
        label={`Members of ${team.name}`}
        query={query}
        rowKey={(row) => row.id}
        search={search}
        onSearch={setSearch}
        empty={
          <Empty icon={<Users size={32} aria-hidden />} title="Nobody is in this team" action={add}>
            Add members by hand, or name the team in a directory's role rules.
          </Empty>
        }
        columns={[
          {
            head: "Member",
            grow: true,
            cell: (row) => (
              <div className="pc-who">
                <Avatar name={nameOf(row)} src={row.member?.user?.image} />
                <div className="pc-two">
                  <strong>
                    <Truncate text={nameOf(row)} />
                  </strong>
                  <Contact address={row.member?.user?.email} besides={nameOf(row)} />
                </div>
              </div>
            ),
          },
          {
            head: "Where the place comes from",
            cell: (row) => (isByGroup(row) ? <ByGroup fillers={by} /> : <span>Given by hand</span>),
          },
          {
            head: "Since",
            wide: true,
            cell: (row) => (isByGroup(row) ? "–" : <Time ms={Date.parse(row.createdAt)} />),
          },
          {
            head: "_Actions",
            end: true,
            cell: (row) => (
              <Menu
                label={`Actions for ${nameOf(row)}`}
                trigger={<MoreHorizontal size={16} aria-hidden />}
                items={[
                  may("member:delete") &&
                    !isByGroup(row) && { label: "Take out", danger: true, onSelect: () => setTaking(row) },
                ]}
              />
            ),
          },
        ]}
      />
      {by.length > 0 && (
        <Card title="Groups that fill it">
          <ul className="pc-checks">
            {by.map(({ directory, rule }) => (
              <li key={rule.id}>
                <Link to="/o/$org/directories/$dir/rules" params={{ org, dir: directory.id }}>
                  {rule.group_name}
                </Link>{" "}
                <span className="pt-muted">of {directory.name}</span>
              </li>
            ))}
          </ul>
          <p className="pt-muted pt-small">
            A place by a group begins and ends with being in the group, and is not taken away by hand.
          </p>
        </Card>
      )}
      {asks === "add" && <Add team={teamId} name={team.name} onClose={() => setAsks(null)} />}
      {asks === "rename" && <NameTeam team={team} onClose={() => setAsks(null)} />}
      {asks === "delete" && (
        <DeleteTeam
          team={team}
          onClose={() => setAsks(null)}
          after={() => void navigate({ to: "/o/$org/teams", params: { org } })}
        />
      )}
      <Confirm
        open={taking !== null}
        onClose={() => setTaking(null)}
        title={`Take ${taking ? nameOf(taking) : ""} out of “${team.name}”?`}
        action="Take out"
        onConfirm={() => take.mutateAsync(taking?.userId ?? "")}
      >
        They stay in the organization. Who is in a group that fills the team stays in it by the group.
      </Confirm>
    </div>
  );
}

/** By which group is known where only one fills the team. */
function ByGroup({ fillers }: { fillers: Filler[] }) {
  const [only, ...others] = fillers;
  return <span>{only && others.length === 0 ? `By the group “${only.rule.group_name}”` : "By a group"}</span>;
}

/** Looks a member up, and puts them into the team. */
function Add({ team, name, onClose }: { team: string; name: string; onClose: () => void }) {
  const org = useOrg();
  const [text, setText] = useState("");
  const query = useList<Membership>(
    ["members", org, "to-add"],
    `/v1/organizations/${org}/memberships`,
    { q: text, size: 25 },
    { status: "active" },
  );
  const names = useNames(org, query.data?.data ?? []);
  const [added, setAdded] = useState<readonly string[]>([]);
  const add = useChange((userId: string) => addToTeam(org, team, userId).then(() => userId), {
    stale: ["teams"],
    quiet: true,
    done: "Put into the team",
    after: (userId) => setAdded((before) => [...before, userId]),
  });
  return (
    <Dialog open onClose={onClose} title={`Add members to “${name}”`} footer={<Button onClick={onClose}>Close</Button>}>
      <div className="pc-stack">
        <SearchBox label="Search members" value={text} onChange={setText} />
        <Failure error={query.error ?? add.error} />
        {query.data?.data.length === 0 && <Notice title="No active member is found">Invite people first.</Notice>}
        <ul className="pc-checks" aria-label="Members">
          {query.data?.data.map(({ id, public_user_data: person }) => {
            const called = calledOf({ ...person, name: names.get(person.user_id), address: person.identifier });
            const done = added.includes(person.user_id);
            return (
              <li key={id} className="pt-row pt-row-between">
                <span className="pc-who">
                  <Avatar name={called} src={person.image_url} />
                  <span className="pc-two">
                    <Truncate text={called} />
                    <Contact address={person.identifier} besides={called} />
                  </span>
                </span>
                <Button
                  small
                  aria-label={`Add ${called}`}
                  busy={add.isPending && add.variables === person.user_id}
                  disabled={done}
                  onClick={() => add.mutate(person.user_id)}
                >
                  {done ? "In the team" : "Add"}
                </Button>
              </li>
            );
          })}
        </ul>
      </div>
    </Dialog>
  );
}
