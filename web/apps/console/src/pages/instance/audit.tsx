import { Download, History } from "lucide-react";
import { useState } from "react";
import { withQuery } from "../../api/http";
import { AUDITED_TYPES } from "../../api/live";
import { type Named, useNames } from "../../api/names";
import { INSTANCE, useList } from "../../api/queries";
import type { AuditEntry } from "../../api/types";
import { DiffTable } from "../../components/diff";
import { useListState, useOrg } from "../../components/hooks";
import { Code, Dialog, Empty, Facts, Input, PageHead, SearchBox, Select, Time, Truncate } from "../../components/kit";
import { Mentioned } from "../../components/named";
import { List } from "../../components/table";
import { differences } from "../../lib/diff";
import { at, json } from "../../lib/format";

/** The first instant of a day in the browser's time zone, or of the day after it. */
export function dayBounds(day: unknown, after = 0): number | undefined {
  if (typeof day !== "string" || !/^\d{4}-\d{2}-\d{2}$/.test(day)) return undefined;
  const [year, month, date] = day.split("-").map(Number) as [number, number, number];
  const at = new Date(year, month - 1, date + after).getTime();
  return Number.isNaN(at) ? undefined : at;
}

export function AuditPage() {
  const org = useOrg();
  const [search, setSearch] = useListState();
  const [open, setOpen] = useState<AuditEntry | null>(null);
  const filters = {
    type: search.type,
    actor: search.actor,
    target: search.target,
    organization_id: org === INSTANCE ? search.organization : org,
    since: dayBounds(search.since),
    until: dayBounds(search.until, 1),
  };
  const query = useList<AuditEntry>(["audit"], "/v1/audit", search, filters);
  const rows = query.data?.data ?? [];
  const names = useNames(
    org,
    rows.flatMap((row) => {
      const facts = { after: row.after, ...row.details, before: row.before };
      const organization = row.organization_id;
      return [{ id: row.target, facts, organization }, { id: row.actor.id, organization }, { id: organization }];
    }),
  );
  const link = (format: string) => withQuery("/v1/audit/export", { format, ...filters });
  return (
    <div className="pc-page">
      <PageHead
        title="Audit"
        text="Who did what, from where. Entries are chained, so that none can be changed or taken out unseen."
      >
        <a href={link("csv")} download className="pc-button pc-button-secondary">
          <Download size={16} aria-hidden /> CSV
        </a>
        <a href={link("ndjson")} download className="pc-button pc-button-secondary">
          <Download size={16} aria-hidden /> JSON lines
        </a>
      </PageHead>
      <List
        label="Audit"
        query={query}
        rowKey={(row) => row.id}
        search={search}
        onSearch={setSearch}
        toolbar={
          <>
            <Select
              aria-label="Type"
              value={String(search.type ?? "")}
              onChange={(e) => setSearch({ type: e.target.value })}
            >
              <option value="">Any type</option>
              {AUDITED_TYPES.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </Select>
            <SearchBox
              label="Id of who did it"
              value={String(search.actor ?? "")}
              onChange={(text) => setSearch({ actor: text.trim() })}
            />
            <SearchBox
              label="Id of what it is about"
              value={String(search.target ?? "")}
              onChange={(text) => setSearch({ target: text.trim() })}
            />
            <span className="pt-row pt-small">
              <span aria-hidden>From</span>
              <Input
                type="date"
                aria-label="From this day on"
                className="pc-narrow"
                value={String(search.since ?? "")}
                onChange={(e) => setSearch({ since: e.target.value })}
              />
              <span aria-hidden>To</span>
              <Input
                type="date"
                aria-label="To this day"
                className="pc-narrow"
                value={String(search.until ?? "")}
                onChange={(e) => setSearch({ until: e.target.value })}
              />
            </span>
          </>
        }
        empty={<Empty icon={<History size={32} aria-hidden />} title="Nothing has been recorded yet" />}
        columns={[
          {
            head: "What",
            grow: true,
            cell: (row) => (
              <button type="button" className="pc-link-button pc-plain" onClick={() => setOpen(row)}>
                <Truncate text={row.type} mono />
              </button>
            ),
          },
          {
            head: "Who",
            cell: (row) => <Mentioned what={row.actor.id ?? row.actor.type} named={names(row.actor.id)} />,
          },
          { head: "About", cell: (row) => <Mentioned what={row.target} named={names(row.target)} /> },
          { head: "From", wide: true, cell: (row) => row.ip ?? "–" },
          { head: "When", cell: (row) => <Time ms={row.timestamp} /> },
        ]}
      />
      <Dialog open={open !== null} onClose={() => setOpen(null)} wide title={open?.type ?? ""}>
        {open && <Entry entry={open} names={names} />}
      </Dialog>
    </div>
  );
}

function Entry({ entry, names }: { entry: AuditEntry; names: (id: string | null | undefined) => Named | null }) {
  const changes = entry.before && entry.after ? differences(entry.before, entry.after) : [];
  return (
    <>
      <Facts
        items={[
          ["When", at(entry.timestamp)],
          ["Who", <Mentioned key="w" what={entry.actor.id ?? entry.actor.type} named={names(entry.actor.id)} whole />],
          ["About", <Mentioned key="t" what={entry.target} named={names(entry.target)} whole />],
          entry.organization_id
            ? [
                "Organization",
                <Mentioned key="o" what={entry.organization_id} named={names(entry.organization_id)} whole />,
              ]
            : null,
          ["From", `${entry.ip ?? "unknown address"}, ${entry.user_agent ?? "unknown agent"}`],
          ["Request", <code key="r">{entry.request_id}</code>],
          entry.hash
            ? [
                "Sealed",
                <code key="h">
                  #{entry.position} {entry.hash}
                </code>,
              ]
            : ["Sealed", "Not yet"],
        ]}
      />
      {changes.length > 0 && <DiffTable rows={changes} />}
      <Code label="Details">{json(entry.details)}</Code>
    </>
  );
}
