"""How much is done, and what it costs the server: wrk's counts, and CPU time and memory from /proc."""

import json
import os
import re
import signal
import statistics
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
TICKS = os.sysconf("SC_CLK_TCK")


def descendants(pid):
    """The process and everything it started."""
    found = [pid]
    for one in found:
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            with suppress(OSError):
                found += [int(child) for child in task.read_text().split()]
    return found


def cpu_seconds(pid):
    """User and system time of the process tree so far."""
    ticks = 0
    if pid is None:
        return 0.0
    for one in descendants(pid):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        ticks += int(fields[11]) + int(fields[12])
        if one == pid:
            # Children that have ended: a database server has one for each connection.
            ticks += int(fields[13]) + int(fields[14])
    return ticks / TICKS


def resident_mb(pid):
    """Resident memory of the process tree."""
    total = 0
    for one in descendants(pid):
        found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{one}/status").read_text())
        total += int(found.group(1)) if found else 0
    return total / 1024


def settle(pid, seconds=20):
    """Waits until the server has worked off what the last load left behind."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        before = cpu_seconds(pid)
        time.sleep(0.3)
        if cpu_seconds(pid) - before <= 0.03:
            return


@dataclass
class Load:
    """One run of wrk: rates per wall second and per server CPU-second, latencies, and what went wrong. `with_database`
    counts the database server's CPU time too, where there is one."""

    rate: float
    per_cpu_second: float
    with_database: float
    p50_ms: float
    p99_ms: float
    failures: int
    requests: int


def drive(server, kind, seconds, connections, environment, limit=None):
    """Loads the server with one kind of request, closed loop; until so many were answered, if there is a limit."""
    variables = {**os.environ, **environment, "KIND": kind, "SCIM_PATH": server.scim_path, "SCIM_TOKEN": server.scim_token}
    variables["TAG"] = format(time.time_ns() // 1000, "x")
    reached = Path(tempfile.gettempdir()) / f"reached-{variables['TAG']}"
    if limit:
        variables["LIMIT"], variables["REACHED"] = str(limit), str(reached)
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s", "-s", str(HERE / "wrk" / "drive.lua"), server.base]
    settle(server.pid)
    before, database = cpu_seconds(server.pid), cpu_seconds(server.database_pid)
    run = subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        while limit and not reached.exists() and run.poll() is None:
            time.sleep(0.005)
        if limit:
            # It would sleep until its time is over.
            run.send_signal(signal.SIGINT)
        said, _ = run.communicate(timeout=seconds + 120)
    finally:
        run.kill()
        reached.unlink(missing_ok=True)
    # What is still in flight when wrk leaves belongs to it; it is a few requests of many.
    spent, database = cpu_seconds(server.pid) - before, cpu_seconds(server.database_pid) - database
    found = re.search(r"RESULT (\{.*\})", said)
    if not found:
        raise RuntimeError(f"wrk said nothing usable: {said}")
    result = json.loads(found.group(1))
    if not result["requests"]:
        raise RuntimeError(f"{server.name} answered no {kind} in {seconds} s: let it run longer (--seconds)")
    return Load(
        rate=result["requests"] / result["seconds"],
        per_cpu_second=result["requests"] / max(spent, 1 / TICKS),
        with_database=result["requests"] / max(spent + database, 1 / TICKS),
        p50_ms=result["p50_ms"],
        p99_ms=result["p99_ms"],
        failures=result["refused"] + result["broken"],
        requests=result["requests"],
    )


MIDDLE = ("rate", "per_cpu_second", "with_database", "p50_ms", "p99_ms")


def median(loads):
    """The median of several runs, value by value; failures and requests are added up."""
    middle = {name: statistics.median(getattr(load, name) for load in loads) for name in MIDDLE}
    return Load(**middle, failures=sum(load.failures for load in loads), requests=sum(load.requests for load in loads))


def cold_start(server, times=5):
    """CPU seconds and wall seconds from the start of the process to its first good answer: medians."""
    cpu, wall = [], []
    for _ in range(times):
        started = time.monotonic()
        server.spawn()
        server.await_ready()
        wall.append(time.monotonic() - started)
        cpu.append(cpu_seconds(server.pid))
        server.stop()
    return statistics.median(cpu), statistics.median(wall)
