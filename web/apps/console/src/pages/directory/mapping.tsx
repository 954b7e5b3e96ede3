/** What attributes become: rows of path and target, tried on the directory's people before they are saved. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { History, Plus, Trash2 } from "lucide-react";
import { useEffect, useId, useState } from "react";
import { get, post, put } from "../../api/http";
import { directoryPath } from "../../api/queries";
import type { AttributePath, Mapping, MappingPreview, MappingVersion, Page } from "../../api/types";
import { DiffTable } from "../../components/diff";
import { useChange, useOrg, useParam } from "../../components/hooks";
import { JobProgress } from "../../components/job";
import {
  Badge,
  Button,
  Card,
  Code,
  Confirm,
  Empty,
  Failure,
  Input,
  Notice,
  Select,
  Spinner,
  Textarea,
  Time,
  Truncate,
} from "../../components/kit";
import { differences } from "../../lib/diff";
import { count, json, plural } from "../../lib/format";
import { type MappingRow, METADATA, mappingOf, newRow, rowFaults, rowsOf, TARGETS } from "../../lib/mapping";

export function MappingPage() {
  const org = useOrg();
  const dir = useParam("dir");
  const path = `${directoryPath(org, dir)}/attribute-mappings`;
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ["directories", dir, "mapping"],
    queryFn: ({ signal }) => get<Mapping>(path, undefined, signal),
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
    queryFn: ({ signal }) =>
      get<Page<AttributePath>>(`${directoryPath(org, dir)}/attribute-paths`, { limit: 200 }, signal),
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

function Row({
  row,
  list,
  fault,
  onChange,
  onRemove,
}: {
  row: MappingRow;
  list: string;
  fault: string | undefined;
  onChange: (row: MappingRow) => void;
  onRemove: () => void;
}) {
  const metadata = row.target.startsWith(METADATA);
  const [expert, setExpert] = useState(row.expression !== "");
  return (
    <div className="pc-mapping-row">
      <Input
        aria-label="Attribute path"
        className="pt-mono"
        list={list}
        value={row.path}
        placeholder="for instance name.givenName"
        aria-invalid={fault ? true : undefined}
        onChange={(e) => onChange({ ...row, path: e.target.value })}
      />
      <div className="pc-stack-tight">
        <Select
          aria-label="Becomes"
          value={metadata ? METADATA : row.target}
          onChange={(e) => onChange({ ...row, target: e.target.value })}
        >
          <option value="">Becomes…</option>
          {TARGETS.map((target) => (
            <option key={target.value} value={target.value}>
              {target.label}
            </option>
          ))}
          <option value={METADATA}>Public metadata</option>
          {row.target && !metadata && !TARGETS.some((target) => target.value === row.target) && (
            <option value={row.target}>{row.target}</option>
          )}
        </Select>
        {metadata && (
          <Input
            aria-label="Metadata key"
            className="pt-mono"
            value={row.target.slice(METADATA.length)}
            placeholder="key, for instance department"
            onChange={(e) => onChange({ ...row, target: METADATA + e.target.value })}
          />
        )}
      </div>
      <Button
        kind="ghost"
        icon={<Trash2 size={16} aria-hidden />}
        aria-label={`Remove the row ${row.path}`}
        onClick={onRemove}
      />
      <div className="pc-full pc-stack-tight">
        {expert ? (
          <Textarea
            aria-label="Expression"
            rows={2}
            className="pt-mono"
            value={row.expression}
            placeholder="{{ value | downcase }}"
            onChange={(e) => onChange({ ...row, expression: e.target.value })}
          />
        ) : (
          <button type="button" className="pc-link-button pt-small" onClick={() => setExpert(true)}>
            Change the value with an expression
          </button>
        )}
        {fault && <p className="pc-field-error">{fault}</p>}
      </div>
    </div>
  );
}

function Preview({
  preview,
  error,
  stale,
  changed,
}: {
  preview: MappingPreview | undefined;
  error: unknown;
  stale: boolean;
  changed: boolean;
}) {
  if (error) {
    return (
      <Card title="Preview">
        <Failure error={error} />
      </Card>
    );
  }
  if (!preview) return null;
  return (
    <Card title="Preview" action={stale ? <span className="pt-muted pt-small">Trying it…</span> : undefined}>
      <p className="pt-muted">
        {preview.people_count === 0
          ? "The directory has nobody to try it on yet."
          : `Tried on ${plural(preview.people_count, "person", "people")}${changed ? "" : " as it is saved"}. Nothing is written.`}
      </p>
      {preview.people_count > 0 && (
        <div className="pt-row">
          <Badge tone={preview.changed_count ? "info" : "neutral"}>
            {plural(preview.changed_count, "person", "people")} would change
          </Badge>
          {preview.warnings_count > 0 && <Badge tone="warning">{plural(preview.warnings_count, "warning")}</Badge>}
          {Object.entries(preview.changed_by_target).map(([target, n]) => (
            <Badge key={target}>
              {target}: {count(n)}
            </Badge>
          ))}
        </div>
      )}
      {preview.people
        .filter((person) => person.changed.length > 0 || person.warnings.length > 0)
        .slice(0, 20)
        .map((person) => (
          <details key={person.directory_user_id ?? person.user_name} className="pc-person-preview">
            <summary>
              <strong>{person.user_name}</strong>{" "}
              <span className="pt-muted">
                {person.changed.join(", ")}
                {person.warnings.length > 0 && ` · ${plural(person.warnings.length, "warning")}`}
              </span>
            </summary>
            <DiffTable rows={differences(person.before, person.after)} />
            {person.warnings.map((warning) => (
              <Notice
                key={`${warning.path}-${warning.target}`}
                tone="warning"
                title={`${warning.path} → ${warning.target}`}
              >
                {warning.message}
              </Notice>
            ))}
          </details>
        ))}
    </Card>
  );
}

function Versions({ path, current }: { path: string; current: number }) {
  const dir = useParam("dir");
  const [open, setOpen] = useState(false);
  const [restoring, setRestoring] = useState<MappingVersion | null>(null);
  const { data, error, isFetching } = useQuery({
    queryKey: ["directories", dir, "versions"],
    queryFn: ({ signal }) => get<Page<MappingVersion>>(`${path}/versions`, { limit: 50 }, signal),
    enabled: open && current > 0,
  });
  const restore = useChange((version: number) => post(`${path}/versions/${version}/restore`), {
    stale: ["directories"],
    quiet: true,
    done: "The earlier mapping is in force again",
  });
  if (current === 0) return null;
  return (
    <Card
      title="History"
      action={
        <Button small icon={<History size={14} aria-hidden />} aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? "Hide" : "Show versions"}
        </Button>
      }
    >
      {open && (
        <>
          <Failure error={error} />
          {isFetching && !data && <Spinner />}
          <ul className="pc-checks">
            {data?.data.map((version) => (
              <li key={version.version} className="pc-stack-tight">
                <div className="pt-row pt-row-between">
                  <span>
                    <strong>Version {version.version}</strong> <Time ms={version.created_at} />{" "}
                    {version.created_by && <Truncate text={`by ${version.created_by}`} />}
                  </span>
                  {version.version === current ? (
                    <Badge tone="success">in force</Badge>
                  ) : (
                    <Button small onClick={() => setRestoring(version)}>
                      Restore
                    </Button>
                  )}
                </div>
                <details>
                  <summary className="pt-small">{plural(Object.keys(version.mapping).length, "row")}</summary>
                  <Code label={`Version ${version.version}`}>{json(version.mapping)}</Code>
                </details>
              </li>
            ))}
          </ul>
        </>
      )}
      <Confirm
        open={restoring !== null}
        onClose={() => setRestoring(null)}
        title={`Restore version ${restoring?.version ?? ""}?`}
        action="Restore"
        danger={false}
        onConfirm={() => restore.mutateAsync(restoring?.version ?? 0)}
      >
        It becomes a new version and is in force at once. Everybody in the directory is mapped again.
      </Confirm>
    </Card>
  );
}
