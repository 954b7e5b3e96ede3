/** Short messages that something was done, spoken by screen readers as well. */
import { X } from "lucide-react";
import { createContext, type ReactNode, useCallback, useContext, useMemo, useRef, useState } from "react";
import { explain } from "../api/explain";
import { Button, cx } from "./kit";

interface Toast {
  id: number;
  tone: "success" | "danger";
  title: string;
  text?: string;
}

interface Toasts {
  done: (title: string) => void;
  failed: (error: unknown) => void;
}

const Context = createContext<Toasts>({ done: () => undefined, failed: () => undefined });
export const useToast = () => useContext(Context);

export function ToastProvider({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<Toast[]>([]);
  const next = useRef(0);
  const close = useCallback((id: number) => setToasts((all) => all.filter((toast) => toast.id !== id)), []);
  const add = useCallback(
    (toast: Omit<Toast, "id">) => {
      next.current += 1;
      const id = next.current;
      setToasts((all) => [...all.slice(-3), { ...toast, id }]);
      window.setTimeout(() => close(id), toast.tone === "danger" ? 12_000 : 4_000);
    },
    [close],
  );
  const value = useMemo<Toasts>(
    () => ({
      done: (title) => add({ tone: "success", title }),
      failed: (error) => {
        const { title, advice } = explain(error);
        add({ tone: "danger", title, text: advice });
      },
    }),
    [add],
  );
  return (
    <Context.Provider value={value}>
      {children}
      <div className="pc-toasts" role="status" aria-live="polite">
        {toasts.map((toast) => (
          <div key={toast.id} className={cx("pc-toast", `pc-tone-${toast.tone}`)}>
            <div>
              <strong>{toast.title}</strong>
              {toast.text && <div>{toast.text}</div>}
            </div>
            <Button
              kind="ghost"
              small
              icon={<X size={14} aria-hidden />}
              aria-label="Close message"
              onClick={() => close(toast.id)}
            />
          </div>
        ))}
      </div>
    </Context.Provider>
  );
}
