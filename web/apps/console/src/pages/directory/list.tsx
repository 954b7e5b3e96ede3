import { Link, useNavigate } from "@tanstack/react-router";
import { FolderSync, Plus } from "lucide-react";
import { directoriesPath, INSTANCE, useList } from "../../api/queries";
import type { Directory } from "../../api/types";
import { useListState, useOrg } from "../../components/hooks";
import { Badge, Button, Empty, PageHead, Time, Truncate } from "../../components/kit";
import { ProviderMark } from "../../components/provider";
import { type Column, List } from "../../components/table";
import { count } from "../../lib/format";
import { providerName } from "../../lib/providers";
import { directoryState } from "../../lib/states";

const TEXT = {
  title: "Directory sync",
  text: "An identity provider keeps people and groups of this organization up to date, and ends access when people leave.",
  instanceText: "Directories of the instance itself belong to no organization.",
  connect: "Connect a directory",
  emptyTitle: "No directory is connected yet",
  emptyText: "Connect Okta, Microsoft Entra ID or any other provider that speaks SCIM 2.0. It takes about ten minutes.",
};

export function directoryColumns(orgOf: (directory: Directory) => string): Column<Directory>[] {
  return [
    {
      head: "Directory",
      grow: true,
      cell: (directory) => (
        <div className="pc-who">
          <ProviderMark provider={directory.provider} />
          <div className="pc-two">
            <Link to="/o/$org/directories/$dir" params={{ org: orgOf(directory), dir: directory.id }}>
              <Truncate text={directory.name} />
            </Link>
            <span className="pt-muted pt-small">{providerName(directory.provider)}</span>
          </div>
        </div>
      ),
    },
    {
      head: "State",
      cell: (directory) => {
        const { label, tone } = directoryState(directory.state);
        return (
          <Badge tone={tone} dot>
            {label}
          </Badge>
        );
      },
    },
    { head: "People", end: true, cell: (directory) => count(directory.counts.users) },
    { head: "Groups", end: true, cell: (directory) => count(directory.counts.groups) },
    { head: "Last heard of", cell: (directory) => <Time ms={directory.last_request_at} /> },
  ];
}

export function DirectoriesPage() {
  const org = useOrg();
  const navigate = useNavigate();
  const [search, setSearch] = useListState();
  const query = useList<Directory>(
    ["directories", "list", org],
    directoriesPath(org),
    search,
    org === INSTANCE ? { owner: "instance" } : {},
  );
  const connect = (
    <Button
      kind="primary"
      icon={<Plus size={16} aria-hidden />}
      onClick={() => void navigate({ to: "/o/$org/directories/new", params: { org } })}
    >
      {TEXT.connect}
    </Button>
  );
  return (
    <div className="pc-page">
      <PageHead title={TEXT.title} text={org === INSTANCE ? TEXT.instanceText : TEXT.text}>
        {(query.data?.total_count ?? 0) > 0 && connect}
      </PageHead>
      <List
        label="Directories"
        query={query}
        columns={directoryColumns(() => org)}
        rowKey={(directory) => directory.id}
        search={search}
        onSearch={setSearch}
        empty={
          <Empty title={TEXT.emptyTitle} icon={<FolderSync size={32} aria-hidden />} action={connect}>
            {TEXT.emptyText}
          </Empty>
        }
      />
    </div>
  );
}
