/** The event stream: newest first, and new ones on top as they happen. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Radio } from "lucide-react";
import { useState } from "react";
import { get } from "../../api/http";
import { EVENT_TYPES } from "../../api/live";
import { useNames } from "../../api/names";
import { INSTANCE } from "../../api/queries";
import type { EventPage, PorticoEvent } from "../../api/types";
import { useListState, useOrg } from "../../components/hooks";
import { Badge, Code, Dialog, Empty, Facts, Input, PageHead, Select, Time, Truncate } from "../../components/kit";
import { Mentioned } from "../../components/named";
import { List } from "../../components/table";
import { at, json } from "../../lib/format";
import { newestFirst } from "../../lib/newest";
import { paging } from "../../lib/search";

export function EventsPage() {
  const org = useOrg();
  const [search, setSearch] = useListState();
  const [open, setOpen] = useState<PorticoEvent | null>(null);
  const type = search.type ? String(search.type) : undefined;
  const organization = org === INSTANCE ? (search.organization ? String(search.organization) : undefined) : org;
  const { limit, offset } = paging(search);
  const query = useQuery({
    queryKey: ["events", organization, type, limit, offset],
    queryFn: async ({ signal }) => {
      const filters = { type, organization_id: organization };
      const first = await get<EventPage>("/v1/events", { ...filters, limit: 1 }, signal);
      const total_count = first.total_count ?? 0;
      // The stream is read forwards: the newest page is its end.
      const part = newestFirst(total_count, offset, limit);
      if (part.limit === 0) return { data: [], total_count };
      const page = await get<EventPage>("/v1/events", { ...filters, ...part }, signal);
      return { data: [...page.data].reverse(), total_count };
    },
    placeholderData: keepPreviousData,
  });
  const rows = query.data?.data ?? [];
  const names = useNames(
    org,
    rows.flatMap(({ subject, actor, data, organization_id }) => [
      { id: subject, facts: data, organization: organization_id },
      { id: actor, organization: organization_id },
      { id: organization_id },
    ]),
  );
  return (
    <div className="pc-page">
      <PageHead
        title="Events"
        text={
          org === INSTANCE
            ? "Everything that happens on this instance, as it happens."
            : "Everything that happens in this organization, as it happens."
        }
      />
      <List
        label="Events"
        query={query}
        rowKey={(row) => row.id}
        search={search}
        onSearch={setSearch}
        toolbar={
          <>
            <Select aria-label="Type" value={type ?? ""} onChange={(e) => setSearch({ type: e.target.value })}>
              <option value="">Any type</option>
              {EVENT_TYPES.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </Select>
            {org === INSTANCE && (
              <Input
                aria-label="Id of an organization"
                className="pc-filter"
                placeholder="Id of an organization"
                defaultValue={organization ?? ""}
                onBlur={(e) => setSearch({ organization: e.target.value.trim() })}
                onKeyDown={(e) => e.key === "Enter" && setSearch({ organization: e.currentTarget.value.trim() })}
              />
            )}
          </>
        }
        empty={<Empty icon={<Radio size={32} aria-hidden />} title="Nothing has happened yet" />}
        columns={[
          {
            head: "Event",
            grow: true,
            cell: (row) => (
              <button type="button" className="pc-link-button pc-plain" onClick={() => setOpen(row)}>
                <Truncate text={row.type} mono />
              </button>
            ),
          },
          { head: "About", cell: (row) => <Mentioned what={row.subject} named={names(row.subject)} /> },
          { head: "By", cell: (row) => <Mentioned what={row.actor} named={names(row.actor)} /> },
          { head: "When", cell: (row) => <Time ms={row.timestamp} /> },
          { head: "Sequence", end: true, wide: true, cell: (row) => row.sequence },
        ]}
      />
      <Dialog open={open !== null} onClose={() => setOpen(null)} wide title={open?.type ?? ""}>
        {open && (
          <>
            <Facts
              items={[
                ["When", at(open.timestamp)],
                ["About", <Mentioned key="s" what={open.subject} named={names(open.subject)} whole />],
                ["By", <Mentioned key="a" what={open.actor} named={names(open.actor)} whole />],
                open.organization_id
                  ? [
                      "Organization",
                      <Mentioned key="o" what={open.organization_id} named={names(open.organization_id)} whole />,
                    ]
                  : null,
                ["Request", <code key="r">{open.request_id}</code>],
                ["Sequence", <Badge key="q">{open.sequence}</Badge>],
              ]}
            />
            <Code label="Data">{json(open.data)}</Code>
          </>
        )}
      </Dialog>
    </div>
  );
}
