import type { Note } from "../api/types";
import { words } from "../lib/format";
import { Badge } from "./kit";

function tone(code: string) {
  if (code.startsWith("refused.")) return "danger";
  if (/pending|warning|unknown|consent|no_address/.test(code)) return "warning";
  if (code === "access.ended") return "warning";
  return "success";
}

/** What the server decided on the way, in its own words. */
export function Decisions({ notes }: { notes: readonly Note[] }) {
  if (notes.length === 0) return <p className="pt-muted">Nothing had to be decided.</p>;
  return (
    <ul className="pc-checks">
      {notes.map((note, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: notes have no name of their own and never move
        <li key={`${note.code}-${i}`}>
          <Badge tone={tone(note.code)}>{note.code}</Badge> {note.message ?? words(note.code)}
          {note.details && Object.keys(note.details).length > 0 && (
            <details>
              <summary className="pt-small pt-muted">Facts</summary>
              <pre className="pc-facts-json">{JSON.stringify(note.details, null, 2)}</pre>
            </details>
          )}
        </li>
      ))}
    </ul>
  );
}
