import { CircleAlert, CircleCheck, Info, X } from "lucide-react";
import { type ReactNode, useSyncExternalStore } from "react";
import { IconButton } from "./button";
import { useUiStrings } from "./strings";

export interface ToastMessage {
  title: ReactNode;
  description?: ReactNode;
  tone?: "default" | "success" | "danger" | undefined;
  /** Milliseconds until it goes; errors stay until closed unless this is given. */
  duration?: number | undefined;
  action?: ReactNode;
}

interface Shown extends ToastMessage {
  id: number;
}

let shown: readonly Shown[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

function publish(next: readonly Shown[]) {
  shown = next;
  for (const listener of listeners) listener();
}

/** Takes a toast away. */
export function dismissToast(id: number): void {
  publish(shown.filter((one) => one.id !== id));
}

/** Shows a short message beside the page, and gives back its id. At most four stand at once. */
export function toast(message: ToastMessage | string): number {
  const full: ToastMessage = typeof message === "string" ? { title: message } : message;
  const id = nextId++;
  publish([...shown.slice(-3), { ...full, id }]);
  const stay = full.duration ?? (full.tone === "danger" ? 0 : 5000);
  if (stay > 0) setTimeout(() => dismissToast(id), stay);
  return id;
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
};

const icons = { default: Info, success: CircleCheck, danger: CircleAlert };

/** The place where toasts appear. Put it once, at the end of the app. */
export function Toaster() {
  const strings = useUiStrings();
  const list = useSyncExternalStore(
    subscribe,
    () => shown,
    () => shown,
  );
  return (
    <section
      className="pt-toaster"
      aria-label={strings.notifications}
      aria-live="polite"
      aria-relevant="additions text"
    >
      {list.map((one) => {
        const Icon = icons[one.tone ?? "default"];
        return (
          <div key={one.id} className="pt-toast" data-tone={one.tone ?? "default"}>
            <Icon size={16} aria-hidden="true" className="pt-toast-icon" />
            <div className="pt-toast-text">
              <p className="pt-toast-title">{one.title}</p>
              {one.description ? <p className="pt-toast-description">{one.description}</p> : null}
              {one.action}
            </div>
            <IconButton
              label={strings.close}
              size="sm"
              icon={<X size={14} aria-hidden="true" />}
              onClick={() => dismissToast(one.id)}
            />
          </div>
        );
      })}
    </section>
  );
}
