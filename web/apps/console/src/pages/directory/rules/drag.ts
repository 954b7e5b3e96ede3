import { type PointerEvent, useRef, useState } from "react";

/** Drags by pointer, finger included: the list under the pointer says where. */
export function useDrag(place: (from: number, to: number) => void) {
  const list = useRef<HTMLOListElement>(null);
  const [from, setFrom] = useState<number | null>(null);
  const [over, setOver] = useState<number | null>(null);
  const start = (event: PointerEvent, index: number) => {
    if (event.button !== 0) return;
    event.preventDefault();
    setFrom(index);
    setOver(index);
    let target = index;
    const at = (y: number) => {
      const items = [...(list.current?.children ?? [])];
      const found = items.findIndex((item) => y < item.getBoundingClientRect().bottom);
      return found < 0 ? items.length - 1 : found;
    };
    const moveOver = (e: globalThis.PointerEvent) => {
      target = at(e.clientY);
      setOver(target);
    };
    const end = (dropped: boolean) => () => {
      window.removeEventListener("pointermove", moveOver);
      window.removeEventListener("pointerup", drop);
      window.removeEventListener("pointercancel", cancel);
      setFrom(null);
      setOver(null);
      if (dropped && target !== index) place(index, target);
    };
    const drop = end(true);
    const cancel = end(false);
    window.addEventListener("pointermove", moveOver);
    window.addEventListener("pointerup", drop);
    window.addEventListener("pointercancel", cancel);
  };
  return { list, from, over, start };
}
