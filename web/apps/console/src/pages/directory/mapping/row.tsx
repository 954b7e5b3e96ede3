import { Trash2 } from "lucide-react";
import { useState } from "react";
import { Button, Input, Select, Textarea } from "../../../components/kit";
import { type MappingRow, METADATA, TARGETS } from "../../../lib/mapping";

/** An attribute, and what it becomes. */
export function Row({
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
