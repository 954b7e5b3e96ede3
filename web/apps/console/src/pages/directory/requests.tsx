import { Link } from "@tanstack/react-router";
import { Radio } from "lucide-react";
import { directoryPath, useList } from "../../api/queries";
import type { ScimRequest } from "../../api/types";
import { useListState, useOrg, useParam } from "../../components/hooks";
import { Badge, Button, Empty, SearchBox, Select, Time, Truncate } from "../../components/kit";
import { List } from "../../components/table";
import { httpTone } from "../../lib/states";

const OPERATIONS: Record<string, string> = {
  "user.create": "Create a person",
  "user.list": "List people",
  "user.search": "Search people",
  "user.get": "Read a person",
  "user.replace": "Replace a person",
  "user.patch": "Change a person",
  "user.delete": "Delete a person",
  "group.create": "Create a group",
  "group.list": "List groups",
  "group.search": "Search groups",
  "group.get": "Read a group",
  "group.replace": "Replace a group",
  "group.patch": "Change a group",
  "group.delete": "Delete a group",
  bulk: "Bulk",
  search: "Search",
  discovery: "Discovery",
  me: "Me",
  other: "Other",
};
export const operationName = (operation: string) => OPERATIONS[operation] ?? operation;

export function RequestsPage() {
  const org = useOrg();
  const dir = useParam("dir");
  const [search, setSearch] = useListState();
  const { status, person, operation, credential } = search;
  const query = useList<ScimRequest>(
    ["directories", dir, "requests"],
    `${directoryPath(org, dir)}/requests`,
    search,
    { status, person, operation, credential_id: credential },
    { refetchInterval: 10_000 },
  );
  return (
    <List
      label="Requests"
      query={query}
      rowKey={(row) => row.id}
      search={search}
      onSearch={setSearch}
      toolbar={
        <>
          <SearchBox
            label="User name or id of a person"
            value={String(person ?? "")}
            onChange={(text) => setSearch({ person: text.trim() })}
          />
          <Select
            aria-label="Status"
            value={String(status ?? "")}
            onChange={(e) => setSearch({ status: e.target.value })}
          >
            <option value="">Any status</option>
            <option value="error">Failed</option>
            {[200, 201, 204, 400, 401, 403, 404, 409, 412, 429, 500, 503].map((code) => (
              <option key={code}>{code}</option>
            ))}
          </Select>
          <Select
            aria-label="Operation"
            value={String(operation ?? "")}
            onChange={(e) => setSearch({ operation: e.target.value })}
          >
            <option value="">Any operation</option>
            {Object.entries(OPERATIONS).map(([key, label]) => (
              <option key={key} value={key}>
                {label}
              </option>
            ))}
          </Select>
          {credential && (
            <Button small onClick={() => setSearch({ credential: "" })}>
              One credential only ✕
            </Button>
          )}
        </>
      }
      empty={
        <Empty icon={<Radio size={32} aria-hidden />} title="No requests yet">
          Every request of the identity provider that authenticates is shown here, with what it sent, what it was
          answered and why.
        </Empty>
      }
      columns={[
        {
          head: "Operation",
          grow: true,
          cell: (row) => (
            <div className="pc-two">
              <Link
                to="/o/$org/directories/$dir/requests/$requestId"
                params={{ org, dir, requestId: row.id }}
                className="pc-strong-link"
              >
                {operationName(row.operation)}
              </Link>
              <span className="pt-small pt-muted">
                <Truncate text={`${row.method} ${row.path}`} mono />
              </span>
            </div>
          ),
        },
        {
          head: "Person",
          cell: (row) =>
            row.person?.directory_user_id ? (
              <Link
                to="/o/$org/directories/$dir/users/$personId"
                params={{ org, dir, personId: row.person.directory_user_id }}
              >
                <Truncate text={row.person.user_name ?? row.person.directory_user_id} />
              </Link>
            ) : (
              <Truncate text={row.person?.user_name ?? "–"} />
            ),
        },
        { head: "Status", cell: (row) => <Badge tone={httpTone(row.status)}>{row.status}</Badge> },
        {
          head: "Took",
          end: true,
          wide: true,
          cell: (row) => `${row.duration_ms.toFixed(row.duration_ms < 10 ? 1 : 0)} ms`,
        },
        {
          head: "When",
          cell: (row) => (
            <span>
              <Time ms={row.created_at} /> {row.replay_of && <Badge tone="info">replay</Badge>}
            </span>
          ),
        },
      ]}
    />
  );
}
