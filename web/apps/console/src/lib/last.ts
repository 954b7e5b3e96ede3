/** Which organization was open last, on this device. */

const KEY = "portico.console.organization";

export function rememberOrganization(id: string) {
  try {
    window.localStorage.setItem(KEY, id);
  } catch {
    // private windows may forbid it; then the first organization is opened next time
  }
}

export function lastOrganization(): string | null {
  try {
    return window.localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
