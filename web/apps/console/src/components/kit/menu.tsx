/** The menu that `MenuTrigger` brings. */
import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";
import { cx } from "./controls";
import type { Opened } from "./later";

export interface MenuItem {
  label: string;
  icon?: ReactNode;
  danger?: boolean;
  disabled?: boolean;
  onSelect: () => void;
}

/** Where the menu stands: below the button and along its end, unless said otherwise. */
interface Place {
  align?: "start" | "end";
  side?: "top" | "bottom";
  className?: string;
  onOpenChange?: () => void;
}

/** What every menu is: `children` are its choices. */
export function OpenMenu({
  trigger,
  byKey,
  align = "end",
  side = "bottom",
  className,
  onOpenChange,
  children,
}: Opened & Place & { children: ReactNode }) {
  return (
    <DropdownMenu.Root modal={false} defaultOpen onOpenChange={() => onOpenChange?.()}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          ref={byKey ? focusFirst : null}
          className={cx("pc-menu", className)}
          align={align}
          side={side}
          sideOffset={4}
          collisionPadding={8}
        >
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

/** The menu cannot know that a key opened it, because it was not there yet. */
function focusFirst(menu: HTMLElement | null) {
  if (!menu) return;
  requestAnimationFrame(() => menu.querySelector<HTMLElement>("[role^=menuitem]:not([data-disabled])")?.focus());
}

export default function Choices({ items, ...opened }: Opened & { items: readonly MenuItem[] }) {
  return (
    <OpenMenu {...opened}>
      {items.map((item) => (
        <DropdownMenu.Item
          key={item.label}
          className={cx("pc-menu-item", item.danger && "pc-menu-danger")}
          disabled={item.disabled ?? false}
          onSelect={item.onSelect}
        >
          {item.icon}
          {item.label}
        </DropdownMenu.Item>
      ))}
    </OpenMenu>
  );
}
