/** Who one is, the colors of the pages, and the way out. */
import { Check, Monitor, Moon, Sun } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { useEffect, useState } from "react";
import { post } from "../../api/http";
import type { Me } from "../../api/types";
import { Avatar, Truncate } from "../kit";

const THEMES = ["system", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];
const THEME_KEY = "portico.theme";

function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState<Theme>(() => {
    try {
      const saved = window.localStorage.getItem(THEME_KEY);
      return saved === "light" || saved === "dark" ? saved : "system";
    } catch {
      return "system";
    }
  });
  useEffect(() => {
    const { dataset } = document.documentElement;
    if (theme === "system") delete dataset.theme;
    else dataset.theme = theme;
    try {
      window.localStorage.setItem(THEME_KEY, theme);
    } catch {
      // kept for this page only
    }
  }, [theme]);
  return [theme, setTheme];
}

export function Person({ me }: { me: Me }) {
  const [theme, setTheme] = useTheme();
  const name = me.user?.name || me.user?.email_address || "You";
  const icons = { system: Monitor, light: Sun, dark: Moon };
  const signOut = async () => {
    await post("/api/auth/sign-out", {}).catch(() => undefined);
    window.location.assign("/sign-in");
  };
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className="pc-person" aria-label={`${name}. Account menu`}>
        <Avatar name={name} src={me.user?.image_url} />
        <span className="pc-menu-two">
          <Truncate text={name} />
          <span className="pt-muted pt-small pc-truncate" title={me.user?.email_address}>
            {me.user?.email_address}
          </span>
        </span>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="pc-menu" align="start" side="top" sideOffset={4} collisionPadding={8}>
          <DropdownMenu.Item className="pc-menu-item" onSelect={() => window.location.assign("/account")}>
            Your account
          </DropdownMenu.Item>
          <DropdownMenu.Separator className="pc-menu-line" />
          <DropdownMenu.RadioGroup value={theme} onValueChange={(value) => setTheme(value as Theme)}>
            {THEMES.map((one) => {
              const Icon = icons[one];
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
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
