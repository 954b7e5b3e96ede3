/** One field at fault, as problem+json names it. */
export interface FieldFault {
  field: string;
  code?: string | undefined;
  message: string;
}

/** An error in a shape that a page can show. */
export interface ErrorInfo {
  /** HTTP status; 0 when no answer came. */
  status: number;
  /** Stable name for programs and catalogs: snake case (`/v1`) or upper snake case (`/api/auth`). */
  code: string | null;
  /** What the server says, for people. */
  message: string | null;
  faults: readonly FieldFault[];
  traceId: string | null;
  /** Seconds until another try makes sense, as far as the server says. */
  retryAfter: number | null;
}

const text = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

function faultsOf(value: unknown): FieldFault[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((one: unknown) => {
    if (!isRecord(one)) return [];
    const field = text(one.field);
    const message = text(one.message) ?? text(one.detail);
    return field && message ? [{ field, message, code: text(one.code) ?? undefined }] : [];
  });
}

/**
 * Reads an error: an answer's body (problem+json or Better Auth), an `Error` that carries one in `body`, `problem` or
 * its own fields, or a failed `fetch`.
 */
export function errorInfo(error: unknown, status?: number): ErrorInfo {
  if (!isRecord(error)) {
    return { status: status ?? 0, code: null, message: text(error), faults: [], traceId: null, retryAfter: null };
  }
  const inner = [error.body, error.problem, error.error, error].find(
    (part): part is Record<string, unknown> =>
      isRecord(part) && (text(part.code) !== null || text(part.detail) !== null || text(part.message) !== null),
  );
  const source = inner ?? error;
  const number = (value: unknown) => (typeof value === "number" && Number.isFinite(value) ? value : null);
  const offline = error instanceof TypeError;
  return {
    status: status ?? number(error.status) ?? number(source.status) ?? 0,
    code: text(source.code) ?? text(error.code),
    // The words of a failed fetch ("Failed to fetch") help nobody.
    message: offline ? null : (text(source.detail) ?? text(source.message) ?? text(source.title)),
    faults: faultsOf(source.errors),
    traceId: text(source.trace_id) ?? text(error.traceId),
    retryAfter: number(error.retryAfter),
  };
}

/** The fault of one field, to put beside its control. */
export function faultOf(error: unknown, field: string): string | undefined {
  return errorInfo(error).faults.find((one) => one.field === field)?.message;
}
