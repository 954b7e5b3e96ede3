/** Which requests of the log show all that there is of a person. */
import type { Json, ScimRequest } from "../api/types";

/** Whether the answer to a request may be the whole resource: it succeeded, was kept, and nothing was left out on demand. */
export function answersWhole(
  request: Pick<ScimRequest, "operation" | "status" | "path" | "answer_truncated" | "answer_bytes">,
): boolean {
  return (
    /^user\.(create|replace|patch|get)$/.test(request.operation) &&
    request.status >= 200 &&
    request.status < 300 &&
    !request.answer_truncated &&
    request.answer_bytes !== 0 &&
    !/[?&](excludedA|a)ttributes=/i.test(request.path)
  );
}

/** Whether that is the resource. */
export const isResource = (answer: Json, id: string): boolean =>
  typeof answer === "object" && answer !== null && answer.id === id && Array.isArray(answer.schemas);

/** An address as a directory says it, with what it says about it. */
export function addressOf(email: { value: string; type?: string | null | undefined; primary: boolean }): string {
  const about = [email.type, email.primary && "primary"].filter(Boolean).join(", ");
  return about ? `${email.value} (${about})` : email.value;
}
