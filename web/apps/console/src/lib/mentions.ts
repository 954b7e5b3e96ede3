/**
 * Whom and what a row of a list speaks of by ids. Its facts often say what these are called, which costs no question, and
 * holds of what is gone too.
 */
import type { Json } from "../api/types";
import { calledOf } from "./people";

/** An id, with what is said beside it. */
export interface Mention {
  /** As the server writes it: `user_…`, or with who that is in front as in `user:user_…`. */
  id: string | null | undefined;
  /** The facts of the event that names it. */
  facts?: Json;
  /** In which organization that was, if in one. */
  organization?: string | null | undefined;
  /** Of which directory it is, if the facts do not say. */
  directory?: string | undefined;
}

/** What is known of an id without asking. */
export interface Known {
  name?: string;
  /** Whose it is: a membership and a session are called by their person. */
  person?: string;
  directory?: string;
  organization?: string | null;
  /** The newest that speaks of it says only what it was. */
  gone?: true;
}

const DEEPEST = 4;
/** Under which words facts say what something was. */
const PAST = ["before", "previous"];
/** What people write as they like: an id in it names nobody. */
const FREE = ["public_metadata", "private_metadata", "metadata", "additional_fields"];
const string = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

/** The id alone: `directory:dir_1` is `dir_1`. Words such as `system` are no ids. */
export function idOf(actor: string | null | undefined): string | undefined {
  const id = actor?.slice(actor.indexOf(":") + 1);
  return id?.includes("_") ? id : undefined;
}

/** Of what kind something is, by its id. */
export const kindOf = (id: string): string => id.slice(0, id.indexOf("_"));

function nameIn(object: Record<string, unknown>): string | undefined {
  const said = string(object.display_name) ?? string(object.user_name) ?? string(object.url);
  if (said) return said;
  const address = string(object.email_address) ?? string(object.email);
  const { name, first_name, last_name } = object as Record<string, string | undefined>;
  return string(name) || address ? calledOf({ name: string(name), first_name, last_name, address }) : undefined;
}

type Learned = { [P in keyof Known]?: Known[P] | undefined };

/** All that is known of the ids in rows, the first that speaks of one winning: the newest. */
export function known(mentions: readonly Mention[]): Map<string, Known> {
  const about = new Map<string, Known>();
  /** Besides of those in the facts, which some of them are called by. */
  const told = new Map<string, Known>();
  const learn = (where: Map<string, Known>, id: string, what: Learned) => {
    const given = Object.entries(what).filter(([, value]) => value !== undefined);
    where.set(id, { ...Object.fromEntries(given), ...where.get(id) });
  };
  const read = (object: unknown, depth: number, was?: true) => {
    if (typeof object !== "object" || object === null || depth > DEEPEST) return;
    const it = object as Record<string, unknown>;
    const id = string(it.id);
    if (id) {
      const name = nameIn(it);
      const gone = name && told.get(id)?.name === undefined ? was : undefined;
      learn(told, id, { name, gone, person: string(it.user_id) });
    }
    // What something became comes before what it was.
    for (const [key, value] of Object.entries(it)) {
      if (!PAST.includes(key) && !FREE.includes(key)) read(value, depth + 1, was);
    }
    for (const key of PAST) read(it[key], depth + 1, true);
  };
  for (const { id: written, facts, organization, directory } of mentions) {
    read(facts, 0);
    const id = idOf(written);
    if (!id) continue;
    learn(about, id, { organization, directory: string(facts?.directory_id) ?? directory });
    // Some facts are those of what the event is about, without its id.
    if (kindOf(id) === "scimt" || (kindOf(id) === "dir" && !facts?.directory_id)) {
      learn(told, id, { name: string(facts?.name) });
    }
    if (facts?.session_id === id) learn(told, id, { person: string(facts?.user_id) });
  }
  for (const [id, what] of about) {
    const { name, gone, person } = told.get(id) ?? {};
    learn(about, id, { ...what, name: name ?? (person && told.get(person)?.name), gone, person });
  }
  return about;
}
