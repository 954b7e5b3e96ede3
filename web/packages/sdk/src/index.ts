export {
  type Answer,
  type Call,
  createPortico,
  type Paths,
  type PlainRequest,
  type Portico,
  type PorticoOptions,
} from "./client.js";
export { type FieldError, PorticoError } from "./error.js";
export { type EventStream, type EventStreamOptions, messages, openEventStream, type PorticoEvent } from "./events.js";
export { type CursorPage, entries, entriesByCursor, type Page, type PagesOptions } from "./pages.js";
export * from "./session.js";
export type * from "./shapes.js";
export { type VerifyWebhookOptions, verifyWebhook, WebhookVerificationError } from "./webhooks.js";
