/** The teams of an organization: made, named, deleted. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { MoreHorizontal, Plus, UsersRound } from "lucide-react";
import { useState } from "react";
import { createTeam, deleteTeam, type Filler, fillersQuery, MOST, renameTeam, teamsQuery } from "../../api/teams";
import type { Team } from "../../api/types";
import { useChange, useListState, useMay, useOrg } from "../../components/hooks";
import {
  Button,
  Confirm,
  Empty,
  Field,
  FormDialog,
  Input,
  Menu,
  Notice,
  PageHead,
  SearchBox,
  Time,
  Truncate,
} from "../../components/kit";
import { List } from "../../components/table";
import { count } from "../../lib/format";
import { paging } from "../../lib/search";

type Asks = { what: "rename" | "delete"; of: Team } | null;

export const fills = (fillers: readonly Filler[] | undefined, team: string): Filler[] =>
  fillers?.filter(({ rule }) => rule.teams.includes(team)) ?? [];

export function TeamsPage() {
  const org = useOrg();
  const may = useMay();
  const [search, setSearch] = useListState();
  const [making, setMaking] = useState(false);
  const [asks, setAsks] = useState<Asks>(null);
  const query = useQuery(teamsQuery(org));
  const fillers = useQuery(fillersQuery(org, may("org:sys_provisioning:manage"))).data;
  const { limit, offset } = paging(search);
  const wanted = (search.q ?? "").trim().toLowerCase();
  const found = query.data?.filter((team) => team.name.toLowerCase().includes(wanted)) ?? [];
  const page = { data: found.slice(offset, offset + limit), total_count: found.length };
  const make = may("team:create") && (
    <Button kind="primary" icon={<Plus size={16} aria-hidden />} onClick={() => setMaking(true)}>
      Make a team
    </Button>
  );
  if (query.data === null) {
    return (
      <div className="pc-page">
        <PageHead title="Teams" />
        <Notice title="There are no teams here">The operator of this instance has switched them off.</Notice>
      </div>
    );
  }
  return (
    <div className="pc-page">
      <PageHead
        title="Teams"
        text="Parts of the organization. Being in a team permits nothing by itself: it tells your product who works together."
      >
        {page.total_count > 0 && make}
      </PageHead>
      <List
        label="Teams"
        query={{ ...query, data: query.data && page }}
        rowKey={(row) => row.id}
        search={search}
        onSearch={setSearch}
        toolbar={<SearchBox label="Search teams" value={search.q ?? ""} onChange={(q) => setSearch({ q })} />}
        empty={
          <Empty icon={<UsersRound size={32} aria-hidden />} title="There is no team yet" action={make}>
            Put members into teams by hand, or let the groups of a directory fill them.
          </Empty>
        }
        columns={[
          {
            head: "Team",
            grow: true,
            cell: (row) => (
              <div className="pc-who">
                <Link to="/o/$org/teams/$teamId" params={{ org, teamId: row.id }}>
                  <Truncate text={row.name} />
                </Link>
              </div>
            ),
          },
          {
            head: "Filled by groups",
            cell: (row) => {
              const by = fills(fillers, row.id);
              if (by.length === 0) return <span className="pt-muted">–</span>;
              const names = by.map(({ rule }) => rule.group_name);
              return <Truncate text={names.join(", ")} />;
            },
          },
          { head: "Made", wide: true, cell: (row) => <Time ms={Date.parse(row.createdAt)} /> },
          {
            head: "_Actions",
            end: true,
            cell: (row) => (
              <Menu
                label={`Actions for ${row.name}`}
                trigger={<MoreHorizontal size={16} aria-hidden />}
                items={[
                  may("team:update") && { label: "Rename", onSelect: () => setAsks({ what: "rename", of: row }) },
                  may("team:delete") && {
                    label: "Delete",
                    danger: true,
                    onSelect: () => setAsks({ what: "delete", of: row }),
                  },
                ]}
              />
            ),
          },
        ]}
      />
      {query.data?.length === MOST && <p className="pt-muted pt-small">The first {count(MOST)} teams are shown.</p>}
      {making && <NameTeam onClose={() => setMaking(false)} />}
      {asks?.what === "rename" && <NameTeam team={asks.of} onClose={() => setAsks(null)} />}
      {asks?.what === "delete" && <DeleteTeam team={asks.of} onClose={() => setAsks(null)} />}
    </div>
  );
}

/** Makes a team, or gives one another name. */
export function NameTeam({ team, onClose }: { team?: Team; onClose: () => void }) {
  const org = useOrg();
  const [name, setName] = useState(team?.name ?? "");
  const save = useChange(() => (team ? renameTeam(org, team.id, name.trim()) : createTeam(org, name.trim())), {
    stale: ["teams"],
    quiet: true,
    done: team ? "The team was renamed" : "The team was made",
    after: onClose,
  });
  return (
    <FormDialog
      title={team ? `Rename “${team.name}”` : "Make a team"}
      action={team ? "Rename" : "Make it"}
      ready={name.trim() !== "" && name.trim() !== team?.name}
      change={save}
      onClose={onClose}
    >
      <Field label="Name" required>
        {(ids) => (
          <Input {...ids} value={name} maxLength={256} autoComplete="off" onChange={(e) => setName(e.target.value)} />
        )}
      </Field>
    </FormDialog>
  );
}

export function DeleteTeam({ team, onClose, after }: { team: Team; onClose: () => void; after?: () => void }) {
  const org = useOrg();
  const take = useChange(() => deleteTeam(org, team.id), {
    stale: ["teams", "directories"],
    quiet: true,
    done: "The team was deleted",
    ...(after ? { after } : {}),
  });
  return (
    <Confirm
      open
      onClose={onClose}
      title={`Delete the team “${team.name}”?`}
      action="Delete"
      onConfirm={() => take.mutateAsync(undefined)}
    >
      Its members stay in the organization. Role rules that name it go on without it, and so do open invitations.
    </Confirm>
  );
}
