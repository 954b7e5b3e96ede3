import type { MappingPreview } from "../../../api/types";
import { DiffTable } from "../../../components/diff";
import { Badge, Card, Failure, Notice } from "../../../components/kit";
import { differences } from "../../../lib/diff";
import { count, plural } from "../../../lib/format";

/** What a mapping would change of people, before it is saved. */
export function Preview({
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
