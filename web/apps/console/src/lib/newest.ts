/** A page of a list that the server only reads forwards, counted from its end. */
export function newestFirst(total: number, offset: number, limit: number): { offset: number; limit: number } {
  const end = Math.max(0, total - offset);
  const start = Math.max(0, end - limit);
  return { offset: start, limit: end - start };
}
