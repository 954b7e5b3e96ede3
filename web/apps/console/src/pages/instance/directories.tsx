import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { FolderSync } from "lucide-react";
import { INSTANCE, organizationQuery, useList } from "../../api/queries";
import type { Directory } from "../../api/types";
import { useListState } from "../../components/hooks";
import { Empty, PageHead, Select, Truncate } from "../../components/kit";
import { List } from "../../components/table";
import { directoryColumns } from "../directory/list";

export function AllDirectoriesPage() {
  const [search, setSearch] = useListState();
  const query = useList<Directory>(["directories", "all"], "/v1/directories", search, { owner: search.owner });
  const [directory, ...rest] = directoryColumns((one) => one.organization_id ?? INSTANCE);
  return (
    <div className="pc-page">
      <PageHead title="Directories" text="The directories of all organizations, and those of the instance itself.">
        <Link to="/o/$org/directories" params={{ org: INSTANCE }} className="pc-button pc-button-secondary">
          Directories of the instance
        </Link>
      </PageHead>
      <List
        label="Directories"
        query={query}
        rowKey={(row) => row.id}
        search={search}
        onSearch={setSearch}
        toolbar={
          <Select
            aria-label="Owner"
            value={String(search.owner ?? "")}
            onChange={(e) => setSearch({ owner: e.target.value })}
          >
            <option value="">Of anybody</option>
            <option value="instance">Of the instance</option>
          </Select>
        }
        empty={
          <Empty icon={<FolderSync size={32} aria-hidden />} title="No directory is connected yet">
            Open an organization and connect its identity provider under Directory sync.
          </Empty>
        }
        columns={[
          ...(directory ? [directory] : []),
          {
            head: "Of",
            cell: (row) => (row.organization_id ? <OrganizationName id={row.organization_id} /> : "The instance"),
          },
          ...rest,
        ]}
      />
    </div>
  );
}

/** Directories name their organization by its id only; names are kept once asked for. */
function OrganizationName({ id }: { id: string }) {
  const { data } = useQuery({ ...organizationQuery(id), staleTime: 60_000 });
  return (
    <Link to="/o/$org" params={{ org: id }}>
      <Truncate text={data?.name ?? id} />
    </Link>
  );
}
