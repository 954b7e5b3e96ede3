/** What attributes become: rows of path and target, tried on the directory's people before they are saved. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useEffect, useId, useState } from "react";
import { post, put, reads } from "../../api/http";
import { directoryPath } from "../../api/queries";
import type { AttributePath, Mapping, MappingPreview, Page } from "../../api/types";
import { useChange, useOrg, useParam } from "../../components/hooks";
import { JobProgress } from "../../components/job";
import { Button, Card, Empty, Failure, Spinner } from "../../components/kit";
import { count, json } from "../../lib/format";
import { type MappingRow, METADATA, mappingOf, newRow, rowFaults, rowsOf } from "../../lib/mapping";
import { Preview } from "./mapping/preview";
import { Row } from "./mapping/row";
import { Versions } from "./mapping/versions";

export function MappingPage() {
  const org = useOrg();
  const dir = useParam("dir");
  const path = `${directoryPath(org, dir)}/attribute-mappings`;
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ["directories", dir, "mapping"],
    ...reads<Mapping>(path),
  });
  if (isPending) return <Spinner label="Loading the mapping" />;
  if (!data) return <Failure error={error} retry={() => void refetch()} />;
  return <Editor key={data.version} path={path} saved={data} />;
}

function Editor({ path, saved }: { path: string; saved: Mapping }) {
  const org = useOrg();
  const dir = useParam("dir");
  const [rows, setRows] = useState<MappingRow[]>(() => rowsOf(saved.mapping));
  const [job, setJob] = useState<string | null>(saved.job_id ?? null);
  const paths = useQuery({
    queryKey: ["directories", dir, "attribute-paths"],
    ...reads<Page<AttributePath>>(`${directoryPath(org, dir)}/attribute-paths`, { limit: 200 }),
    staleTime: 60_000,
    retry: false,
  });
  const mapping = mappingOf(rows);
  const text = JSON.stringify(mapping);
  const problems = rowFaults(rows);
  const changed = text !== JSON.stringify(mappingOf(rowsOf(saved.mapping)));
  const settled = useSettled(text, 500);
  const preview = useQuery({
    queryKey: ["directories", dir, "preview", settled],
    queryFn: () => post<MappingPreview>(`${path}/preview`, { mapping: JSON.parse(settled) }),
    placeholderData: keepPreviousData,
    enabled: problems.size === 0,
    retry: false,
    meta: { still: true },
  });
  const save = useChange(() => put<Mapping>(path, { mapping }), {
    stale: ["directories"],
    quiet: true,
    done: "The mapping is saved and in force",
    after: (result) => setJob(result.job_id ?? null),
  });
  const change = (index: number, row: MappingRow) => setRows(rows.map((one, i) => (i === index ? row : one)));
  const used = new Set(rows.map((row) => row.path.trim()));
  const seen = paths.data?.data ?? [];
  const id = useId();
  return (
    <div className="pc-stack">
      <p className="pt-muted">
        Addresses, names and pictures come from the usual attributes. A row here puts something else in their place, or
        keeps an attribute in public metadata. The first row that has a value for a target gives it.
      </p>
      {job && (
        <JobProgress
          path={`${directoryPath(org, dir)}/jobs/${job}`}
          going="People are mapped again"
          done="Everybody has been mapped again"
          failed="could not be mapped"
          label="People"
          onEnd={() => setJob(null)}
        />
      )}
      <datalist id={`${id}-paths`}>
        {seen.map((one) => (
          <option key={one.path} value={one.path}>
            {count(one.count)} times, for instance{" "}
            {typeof one.sample === "string" ? one.sample : JSON.stringify(one.sample)}
          </option>
        ))}
      </datalist>
      <Card title={saved.version ? `Mapping, version ${saved.version}` : "Mapping"}>
        {rows.length === 0 ? (
          <Empty
            title="Nothing is mapped yet"
            action={
              <Button kind="primary" icon={<Plus size={16} aria-hidden />} onClick={() => setRows([newRow()])}>
                Add a row
              </Button>
            }
          >
            The built-in defaults hold: address, names and picture from where identity providers usually send them.
          </Empty>
        ) : (
          <div className="pc-mapping">
            {rows.map((row, i) => (
              <Row
                key={row.key}
                row={row}
                list={`${id}-paths`}
                fault={problems.get(row.key)}
                onChange={(next) => change(i, next)}
                onRemove={() => setRows(rows.filter((_, n) => n !== i))}
              />
            ))}
          </div>
        )}
        {seen.some((one) => !used.has(one.path)) && (
          <div className="pc-stack">
            <h3>Seen in recent requests</h3>
            <div className="pc-badges">
              {seen
                .filter((one) => !used.has(one.path))
                .slice(0, 24)
                .map((one) => (
                  <button
                    key={one.path}
                    type="button"
                    className="pc-chip"
                    title={`${count(one.count)} times, for instance ${json(one.sample)}`}
                    onClick={() => setRows([...rows, newRow(one.path, suggestion(one.path))])}
                  >
                    <Plus size={12} aria-hidden /> {one.path}
                  </button>
                ))}
            </div>
          </div>
        )}
        {(rows.length > 0 || changed) && (
          <div className="pt-row">
            <Button icon={<Plus size={16} aria-hidden />} onClick={() => setRows([...rows, newRow()])}>
              Add a row
            </Button>
            {changed && (
              <>
                <Button
                  kind="primary"
                  busy={save.isPending}
                  disabled={problems.size > 0}
                  onClick={() => save.mutate(undefined)}
                >
                  Save the mapping
                </Button>
                <Button kind="ghost" onClick={() => setRows(rowsOf(saved.mapping))}>
                  Discard
                </Button>
              </>
            )}
          </div>
        )}
        <Failure error={save.error} />
      </Card>
      <Preview preview={preview.data} error={preview.error} stale={preview.isFetching} changed={changed} />
      <Versions path={path} current={saved.version} />
    </div>
  );
}

/** A guess that can be changed: metadata under the attribute's own name. */
function suggestion(path: string): string {
  const last = path.split(/[.:]/).pop() ?? "";
  const key = last.replace(/\[.*?\]/g, "").replace(/[^A-Za-z0-9_-]/g, "");
  return `${METADATA}${key}`;
}

function useSettled<T>(value: T, ms: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(value), ms);
    return () => window.clearTimeout(timer);
  }, [value, ms]);
  return settled;
}
