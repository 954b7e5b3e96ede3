import { PorticoError } from "./error.js";
import type { components } from "./generated/admin.js";

/** An event of the instance, as `/v1/events` shows it. */
export type PorticoEvent = components["schemas"]["Event"];

export interface EventStreamOptions {
  organizationId?: string;
  directoryId?: string;
  /** Only events of these types. */
  types?: string[];
  /** Begin after the event of this sequence; otherwise with what happens from now on. */
  after?: number;
  signal?: AbortSignal;
  /** Told when the stream is connected, and when it is not any more. */
  onState?: (state: "open" | "reconnecting") => void;
}

/** Events in their order. Ends when it is closed or its signal aborts; throws what the server refuses for good. */
export interface EventStream extends AsyncIterable<PorticoEvent> {
  /** Ends the stream. */
  close(): void;
}

/** One message of a stream (HTML, section 9.2). */
export interface ServerSentMessage {
  id?: string;
  event?: string;
  data: string;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
/** The server says something every 15 s; after three times that the connection is dead. */
const SILENCE_MS = 45_000;

/**
 * Reads server-sent events with `fetch`, which unlike EventSource can send a bearer token and says what was refused.
 * After a lost connection it goes on where it was (`Last-Event-ID`).
 */
export function openEventStream(
  connect: (after: number | undefined, signal: AbortSignal) => Promise<Response>,
  options: EventStreamOptions = {},
): EventStream {
  const closing = new AbortController();
  const close = () => closing.abort();
  options.signal?.addEventListener("abort", close, { once: true });
  if (options.signal?.aborted) close();

  async function* read(): AsyncGenerator<PorticoEvent> {
    let after = options.after;
    let wait = FIRST_WAIT_MS;
    while (!closing.signal.aborted) {
      const attempt = new AbortController();
      const abort = () => attempt.abort();
      closing.signal.addEventListener("abort", abort, { once: true });
      let silence = setTimeout(abort, SILENCE_MS);
      const heard = () => {
        clearTimeout(silence);
        silence = setTimeout(abort, SILENCE_MS);
      };
      try {
        const response = await connect(after, attempt.signal);
        options.onState?.("open");
        if (!response.body) return;
        for await (const message of messages(response.body, heard)) {
          wait = FIRST_WAIT_MS;
          const sequence = Number(message.id);
          if (message.id !== undefined && Number.isSafeInteger(sequence)) after = sequence;
          if (message.data !== "") yield JSON.parse(message.data) as PorticoEvent;
        }
      } catch (error) {
        if (closing.signal.aborted) return;
        // What the server refuses stays refused, except "not now".
        if (error instanceof PorticoError && error.status >= 400 && error.status < 500 && error.status !== 429)
          throw error;
        if (error instanceof SyntaxError) throw error;
      } finally {
        clearTimeout(silence);
        closing.signal.removeEventListener("abort", abort);
        attempt.abort();
      }
      if (closing.signal.aborted) return;
      options.onState?.("reconnecting");
      await pause(wait * (0.75 + Math.random() / 2), closing.signal);
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    }
  }
  return { close, [Symbol.asyncIterator]: read };
}

/** The messages of a `text/event-stream`; `heard` is called for each piece that comes, heartbeats included. */
export async function* messages(
  body: ReadableStream<Uint8Array>,
  heard: () => void = () => {},
): AsyncGenerator<ServerSentMessage> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  let message: ServerSentMessage = { data: "" };
  let data: string[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      heard();
      rest += decoder.decode(value, { stream: true });
      // A carriage return at the end may be half of a line's end.
      const whole = rest.endsWith("\r") ? rest.slice(0, -1) : rest;
      const lines = whole.split(/\r\n|\n|\r/);
      const last = lines.pop() ?? "";
      rest = last + rest.slice(whole.length);
      for (const line of lines) {
        if (line === "") {
          if (data.length > 0 || message.id !== undefined) yield { ...message, data: data.join("\n") };
          message = { data: "" };
          data = [];
          continue;
        }
        const colon = line.indexOf(":");
        if (colon === 0) continue;
        const field = colon < 0 ? line : line.slice(0, colon);
        const text = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
        if (field === "data") data.push(text);
        else if (field === "event") message.event = text;
        else if (field === "id" && !text.includes("\0")) message.id = text;
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });
}
