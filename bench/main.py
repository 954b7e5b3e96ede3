#!/usr/bin/env python3
"""Compares Portico with the published Better Auth on this machine, in parts. Called by run.sh, which builds and installs what
it needs. Each part leaves its figures in bench/results; the page is put together from those that are there."""

import argparse
import json
import signal
import sys
import tempfile
import time
from pathlib import Path

import parts
from report import render

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results"


def arguments():
    parser = argparse.ArgumentParser(prog="bench/run.sh", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(parts.PARTS)}, page; all of them if none is named")
    parser.add_argument("--seconds", type=int, default=6, help="length of one run")
    parser.add_argument("--repetitions", type=int, default=3, help="runs of each kind; their median counts")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--users", type=int, default=1000, help="provisioned before anything is measured")
    parser.add_argument("--crowd", type=int, default=1_000_000, help="how many people the part about the ways in has, with three sessions each")
    parser.add_argument("--rounds", type=int, default=200, help="how often the part about times asks for each kind of address")
    parser.add_argument("--only", nargs="*", choices=parts.KINDS, help="measure only these kinds, and write nothing")
    parser.add_argument("--sync", type=int, nargs="*", default=[10_000, 100_000], help="how many people an initial synchronization has")
    parser.add_argument("--sizes", type=int, nargs="*", default=[1_000, 100_000, 1_000_000], help="how many people a directory that grows has")
    parser.add_argument("--peer-sizes", type=int, nargs="*", default=[1_000, 100_000], help="the same for Better Auth")
    parser.add_argument("--output", default=str(ROOT / "docs" / "benchmarks.md"))
    options = parser.parse_args()
    options.sign_in_connections = 4
    unknown = set(options.parts) - {*parts.PARTS, "page"}
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    return options


def main():
    options = arguments()
    # Whoever ends this ends the servers too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    RESULTS.mkdir(exist_ok=True)
    failures = 0
    for name in options.parts or [*parts.PARTS, "page"]:
        if name == "page":
            continue
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix=f"{name}-") as folder:
            figures = parts.PARTS[name](options, folder)
        parts.say(f"{name}: {time.monotonic() - began:.0f} s")
        failures += figures.get("failures", 0)
        if not options.only:
            taken = {"options": vars(options), "taken_at": time.strftime("%Y-%m-%d"), **figures}
            (RESULTS / f"{name}.json").write_text(json.dumps(taken, indent=1))
    if not options.only and (not options.parts or "page" in options.parts):
        results = {path.stem: json.loads(path.read_text()) for path in RESULTS.glob("*.json")}
        Path(options.output).write_text(render(results))
        parts.say(f"written: {options.output}")
    # Numbers are for reading; only requests that failed fail the run.
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
