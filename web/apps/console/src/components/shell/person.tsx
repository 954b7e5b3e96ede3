/** Who one is, the colors of the pages, and the way out. */

import { mailboxOf } from "@portico/ui";
import { useEffect, useState } from "react";
import type { Me } from "../../api/types";
import { Avatar, later, MenuTrigger, Truncate } from "../kit";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];
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

const Choices = later(() => import("./person-menu"));

export function Person({ me }: { me: Me }) {
  const [theme, setTheme] = useTheme();
  const mailbox = mailboxOf(me.user?.email_address);
  const name = me.user?.name || mailbox || "You";
  return (
    <MenuTrigger
      what={Choices}
      given={{ theme, setTheme }}
      trigger={
        <button type="button" className="pc-person" aria-label={`${name}. Account menu`}>
          <Avatar name={name} src={me.user?.image_url} />
          <span className="pc-menu-two">
            <Truncate text={name} />
            {mailbox && mailbox !== name && (
              <span className="pt-muted pt-small pc-truncate" title={mailbox}>
                {mailbox}
              </span>
            )}
          </span>
        </button>
      }
    />
  );
}
