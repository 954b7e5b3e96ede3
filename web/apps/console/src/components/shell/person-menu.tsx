/** What `Person` opens. */
import { Check, Monitor, Moon, Sun } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { post } from "../../api/http";
import type { Opened } from "../kit";
import { OpenMenu } from "../kit/menu";
import { THEMES, type Theme } from "./person";

const ICONS = { system: Monitor, light: Sun, dark: Moon };

const signOut = async () => {
  await post("/api/auth/sign-out", {}).catch(() => undefined);
  window.location.assign("/sign-in");
};

export default function PersonMenu({
  theme,
  setTheme,
  ...opened
}: Opened & { theme: Theme; setTheme: (theme: Theme) => void }) {
  return (
    <OpenMenu {...opened} align="start" side="top">
      <DropdownMenu.Item className="pc-menu-item" onSelect={() => window.location.assign("/account")}>
        Your account
      </DropdownMenu.Item>
      <DropdownMenu.Separator className="pc-menu-line" />
      <DropdownMenu.RadioGroup value={theme} onValueChange={(value) => setTheme(value as Theme)}>
        {THEMES.map((one) => {
          const Icon = ICONS[one];
          return (
            <DropdownMenu.RadioItem key={one} value={one} className="pc-menu-item">
              <Icon size={16} aria-hidden /> {one.charAt(0).toUpperCase() + one.slice(1)}
              {theme === one && <Check size={14} aria-hidden />}
            </DropdownMenu.RadioItem>
          );
        })}
      </DropdownMenu.RadioGroup>
      <DropdownMenu.Separator className="pc-menu-line" />
      <DropdownMenu.Item className="pc-menu-item" onSelect={() => void signOut()}>
        Sign out
      </DropdownMenu.Item>
    </OpenMenu>
  );
}
