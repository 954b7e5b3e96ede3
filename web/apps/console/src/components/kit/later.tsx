/**
 * What opens from a button, and is loaded when somebody is about to press it. Pages have dozens of menus, few of which are
 * opened: until then each costs what a button does.
 */
import {
  type ComponentType,
  cloneElement,
  type KeyboardEvent,
  type MouseEvent,
  type ReactElement,
  useState,
} from "react";

/** What is given to that which opens besides what it shows. */
export interface Opened {
  /** The button, which is its own to wire from now on. It begins open. */
  trigger: ReactElement;
  /** Opened by a key: then the first choice has the focus. */
  byKey: boolean;
}

export interface Later<P> {
  /** What has been loaded. */
  there: ComponentType<P & Opened> | null;
  bring: () => Promise<void>;
}

export function later<P>(load: () => Promise<{ default: ComponentType<P & Opened> }>): Later<P> {
  const what: Later<P> = {
    there: null,
    bring: async () => {
      what.there ??= (await load()).default;
    },
  };
  return what;
}

type Props = Record<string, unknown>;

/** A button that opens a menu. */
export function MenuTrigger<P>({ what, trigger, given }: { what: Later<P>; trigger: ReactElement<Props>; given: P }) {
  const [opened, setOpened] = useState<{ byKey: boolean } | null>(null);
  if (opened && what.there) {
    const There = what.there;
    return <There {...given} {...opened} trigger={trigger} />;
  }
  // What does not arrive is asked for anew by the next press.
  const near = () => void what.bring().catch(() => undefined);
  const open = (byKey: boolean) =>
    what.bring().then(
      () => setOpened({ byKey }),
      () => undefined,
    );
  return cloneElement(trigger, {
    "aria-haspopup": "menu",
    "aria-expanded": false,
    onPointerEnter: near,
    onFocus: near,
    // A key presses a button without any click of a pointer.
    onClick: (event: MouseEvent) => void open(event.detail === 0),
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key !== "ArrowDown") return;
      event.preventDefault();
      void open(true);
    },
  });
}
