/** Makes a button open a menu (WAI-ARIA menu button): arrows, Home, End, Escape, and a click elsewhere closes it. */
export function menuButton(button: HTMLButtonElement, menu: HTMLElement, signal: AbortSignal): { close: () => void } {
  const items = () => [...menu.querySelectorAll<HTMLElement>("[role^=menuitem]")];
  button.setAttribute("aria-haspopup", "menu");
  const set = (open: boolean) => {
    menu.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
  };
  const open = (last = false) => {
    set(true);
    const all = items();
    (last ? all[all.length - 1] : all[0])?.focus();
  };
  const close = (focus = true) => {
    if (menu.hidden) return;
    set(false);
    if (focus) button.focus();
  };
  set(false);
  button.addEventListener("click", () => (menu.hidden ? open() : close()));
  button.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    open(event.key === "ArrowUp");
  });
  menu.addEventListener("keydown", (event) => {
    const all = items();
    const at = all.indexOf(event.target as HTMLElement);
    const moves: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1 + all.length,
      Home: 0,
      End: all.length - 1,
    };
    const next = moves[event.key];
    if (event.key === "Escape") close();
    else if (event.key === "Tab") close(false);
    else if (next !== undefined && all.length > 0) all[next % all.length]?.focus();
    if (event.key === "Escape" || next !== undefined) event.preventDefault();
  });
  document.addEventListener(
    "pointerdown",
    (event) => {
      const path = event.composedPath();
      if (!path.includes(menu) && !path.includes(button)) close(false);
    },
    { signal },
  );
  return { close };
}
