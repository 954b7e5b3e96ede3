// Holds what one server answered against what the official server of both generations answers.

/** Every leaf of a record by its path: `body.user.name`. Empty objects and lists are leaves. */
function leaves(value, path, found = new Map()) {
  if (value && typeof value === "object" && Object.keys(value).length) {
    for (const [key, one] of Object.entries(value)) leaves(one, `${path}.${key}`, found);
  } else {
    found.set(path.slice(1), JSON.stringify(value));
  }
  return found;
}

const record = (step) => leaves(step, "");

/**
 * The differences as `{step, path, ours, theirs}`. Where the generations differ from one another either is right: a portal
 * may have come from either.
 */
export function differences(ours, theirs) {
  const found = [];
  for (const [step, answer] of ours) {
    const mine = record(answer);
    const others = Object.entries(theirs).map(([generation, steps]) => [generation, record(steps.get(step))]);
    const paths = new Set([mine, ...others.map(([, leaves]) => leaves)].flatMap((leaves) => [...leaves.keys()]));
    for (const path of paths) {
      const own = mine.get(path) ?? "nothing";
      const seen = Object.fromEntries(others.map(([generation, leaves]) => [generation, leaves.get(path) ?? "nothing"]));
      // The official server runs on its memory adapter, which leaves out what was never set; on a database it says null.
      const unset = own === "null" && Object.values(seen).includes("nothing");
      if (!unset && !Object.values(seen).includes(own)) found.push({ step, path, ours: own, theirs: seen });
    }
  }
  return found;
}

/** Divides them: those on the list, those that are not, and entries of the list that nothing falls under any more. */
export function judge(found, deliberate) {
  const used = new Set();
  const unexpected = found.filter(({ step, path, ours }) => {
    const entry = deliberate.find((entry) => fits(entry.step, step) && fits(entry.path, path));
    if (entry) used.add(entry);
    return !entry || (entry.ours && path in entry.ours && (JSON.stringify(entry.ours[path]) ?? "nothing") !== ours);
  });
  return { unexpected, held: found.length - unexpected.length, stale: deliberate.filter((entry) => !used.has(entry)) };
}

function fits(wanted, text) {
  if (wanted instanceof RegExp) return wanted.test(text);
  return Array.isArray(wanted) ? wanted.some((one) => fits(one, text)) : wanted === text;
}
