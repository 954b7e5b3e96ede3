/** One field of a request that was at fault. */
export interface FieldError {
  /** The field of the body, the query parameter or the header. */
  field: string;
  /** What is wrong, for programs. */
  code: string;
  /** What is wrong, for people. */
  message: string;
}

interface Failure {
  status: number;
  code: string;
  message: string;
  errors?: FieldError[];
  traceId?: string | undefined;
  retryAfter?: number | undefined;
  details?: Record<string, unknown>;
}

/** What Portico refused, whichever of its dialects said so: problem+json, Better Auth's body, or SCIM's. */
export class PorticoError extends Error {
  /** The status of the answer; 0 if none came. */
  readonly status: number;
  /** What went wrong, for programs. Snake case from /v1, upper case from /api/auth, `network_error` if no answer came. */
  readonly code: string;
  /** The fields at fault; empty if none is. */
  readonly errors: FieldError[];
  /** The id of the request in the log of the instance. */
  readonly traceId: string | undefined;
  /** After how many seconds to try again, where the answer said so. */
  readonly retryAfter: number | undefined;
  /** The whole body, for members that only some errors have. */
  readonly details: Record<string, unknown>;

  constructor(failure: Failure) {
    super(failure.message);
    this.name = "PorticoError";
    this.status = failure.status;
    this.code = failure.code;
    this.errors = failure.errors ?? [];
    this.traceId = failure.traceId;
    this.retryAfter = failure.retryAfter;
    this.details = failure.details ?? {};
  }

  /** What is wrong with one field, for people; undefined if nothing is. */
  field(name: string): string | undefined {
    return this.errors.find((error) => error.field === name)?.message;
  }

  /** The error that an answer carries. */
  static async from(response: Response): Promise<PorticoError> {
    const text = await response.text().catch(() => "");
    const body = parse(text);
    const retryAfter = Number(
      response.headers.get("retry-after") ?? response.headers.get("x-retry-after") ?? Number.NaN,
    );
    return new PorticoError({
      status: response.status,
      code: string(body.code) ?? string(body.scimType) ?? `http_${response.status}`,
      message:
        string(body.detail) ??
        string(body.message) ??
        string(body.title) ??
        (response.statusText || `HTTP ${response.status}`),
      errors: Array.isArray(body.errors) ? body.errors.filter(isFieldError) : [],
      traceId: string(body.trace_id) ?? response.headers.get("x-request-id") ?? undefined,
      retryAfter: Number.isFinite(retryAfter) ? retryAfter : undefined,
      details: body,
    });
  }

  /** The error of a call that got no answer. */
  static unreachable(cause: unknown): PorticoError {
    const error = new PorticoError({
      status: 0,
      code: "network_error",
      message: cause instanceof Error ? cause.message : "The server could not be reached",
    });
    error.cause = cause;
    return error;
  }
}

function parse(text: string): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null && !Array.isArray(body) ? (body as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function string(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function isFieldError(value: unknown): value is FieldError {
  const entry = value as FieldError | null;
  return typeof entry?.field === "string" && typeof entry.code === "string" && typeof entry.message === "string";
}
