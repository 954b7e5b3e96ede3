#!/usr/bin/env python3
"""Tells the end-to-end stories to a real Portico: one server with a database and a mailbox of its own for each story."""

import sys
import traceback
from contextlib import nullcontext
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from e2e.stories import administration, attacks, bad_input, crash, documents, domains, groups, imports, portal, stalled  # noqa: E402
from support.portico import databases, running  # noqa: E402

STORIES = [portal, groups, imports, administration, attacks, documents, domains, stalled, bad_input, crash]


class Checks:
    """Counts what held and prints what did not."""

    def __init__(self, place):
        self.place, self.passed, self.failed = place, 0, 0

    def __call__(self, what, held, came=None):
        """Records one expectation. Returns whether it held, for steps that build on it."""
        if held:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAIL  [{self.place}] {what}" + (f"\n      came: {str(came)[:800]}" if came is not None else ""), flush=True)
        return bool(held)


def tell(story, database):
    name = story.__name__.rsplit(".", 1)[-1]
    checks = Checks(f"{database}, {name}")
    try:
        # What the story needs beside Portico, and the settings that make it known.
        with getattr(story, "beside", nullcontext)() as settings, running(database, settings=settings) as portico:
            try:
                story.tell(portico, checks)
            except Exception:
                checks(f"the story ended early:\n{traceback.format_exc()}", False)
            checks("the server did not panic", not portico.panic(), portico.panic())
    except Exception:
        checks(f"the server could not be run:\n{traceback.format_exc()}", False)
    print(f"{'ok  ' if not checks.failed else 'FAIL'}  {name} on {database}: {checks.passed} held, {checks.failed} did not", flush=True)
    return checks


def main():
    chosen = [story for story in STORIES if not sys.argv[1:] or story.__name__.rsplit(".", 1)[-1] in sys.argv[1:]]
    told = [tell(story, database) for database in databases() for story in chosen]
    passed, failed = sum(one.passed for one in told), sum(one.failed for one in told)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
