"""Checks Dockerfile and docker-compose.yml without a container engine."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml

TOP = Path(__file__).resolve().parents[2]
FAULTS, CHECKED = [], 0


def check(holds, fault):
    global CHECKED
    CHECKED += 1
    if not holds:
        FAULTS.append(fault)


def instructions(text):
    """The instructions of a Dockerfile: name and argument, with continuation lines joined."""
    joined = re.sub(r"\\\n", " ", "\n".join(line for line in text.splitlines() if not line.startswith("#")))
    return [line.split(None, 1) for line in joined.splitlines() if line.strip()]


def settings():
    """The names of all settings as environment variables, from the default configuration."""
    tables = tomllib.loads((TOP / "crates/server/config.default.toml").read_text())
    return {f"PORTICO__{table}__{key}".upper() for table, keys in tables.items() for key in keys}


def dockerfile():
    steps = instructions((TOP / "Dockerfile").read_text())
    known = "FROM RUN CMD LABEL EXPOSE ENV ADD COPY ENTRYPOINT VOLUME USER WORKDIR ARG STOPSIGNAL HEALTHCHECK SHELL".split()
    stages, members = [], set()
    ignored = (TOP / ".dockerignore").read_text().splitlines()
    for name, argument in steps:
        check(name in known, f"Dockerfile: {name} is no instruction")
        if name == "FROM":
            check(re.search(r":[^ ]+", argument), f"Dockerfile: {argument} has no tag")
            stages += re.findall(r" AS (\w+)", argument)
        elif name == "COPY":
            words = argument.split()
            stage = [word.removeprefix("--from=") for word in words if word.startswith("--from=")]
            if stage:
                check(stage[0] in stages, f"Dockerfile: there is no stage {stage[0]}")
                continue
            for source in words[:-1]:
                check((TOP / source).exists(), f"Dockerfile: {source} does not exist")
                check(f"!{source.split('/')[0]}" in ignored, f".dockerignore hides {source}")
                if source.endswith("/Cargo.toml"):
                    members.add(source)
        elif name in ("CMD", "ENTRYPOINT"):
            check(isinstance(json.loads(argument), list), f"Dockerfile: {name} is not in the form of a list")
        elif name == "ENV":
            check(argument.split("=")[0] in settings(), f"Dockerfile: {argument} sets nothing")
    there = {str(path.relative_to(TOP)) for path in [*TOP.glob("crates/*/Cargo.toml"), TOP / "migrations/Cargo.toml"]}
    check(members == there, f"Dockerfile: the layer of dependencies lacks or has too much: {members ^ there}")
    names = [name for name, _ in steps]
    check("HEALTHCHECK" in names, "Dockerfile: no health check")
    last = len(names) - names[::-1].index("FROM")
    users = [argument for name, argument in steps[last:] if name == "USER"]
    check(users and users[-1] not in ("0", "root"), "Dockerfile: the image runs as root")


def compose():
    document = yaml.safe_load((TOP / "docker-compose.yml").read_text())
    check(set(document) <= {"services", "volumes"}, f"compose: unknown parts {set(document)}")
    services, volumes = document["services"], document["volumes"]
    keys = {"build", "image", "command", "restart", "depends_on", "environment", "ports", "volumes", "healthcheck", "stop_grace_period"}
    for name, service in services.items():
        check(set(service) <= keys, f"compose: {name} has unknown keys {set(service) - keys}")
        check("build" in service or ":" in service["image"], f"compose: the image of {name} has no tag")
        for needed, how in service.get("depends_on", {}).items():
            check(needed in services, f"compose: {name} waits for {needed}, which is not there")
            healthy = how["condition"] != "service_healthy" or "healthcheck" in services.get(needed, {})
            check(healthy, f"compose: {name} waits for the health of {needed}, which has no check")
        for volume in service.get("volumes", []):
            check(volume.split(":")[0] in volumes, f"compose: {name} mounts {volume}, which is not declared")
        for port in service.get("ports", []):
            check(port.startswith("127.0.0.1:"), f"compose: {name} is open to the network at {port}")
    portico = services["portico"]
    for variable in portico["environment"]:
        check(variable in settings(), f"compose: {variable} sets nothing")
    for variable in ("PORTICO__DATABASE__URL", "PORTICO__MAIL__SMTP_URL"):
        host = re.search(r"(?:@|//)([\w-]+):\d+", portico["environment"][variable])
        check(host and host.group(1) in services, f"compose: {variable} names a host that is no service")
    database = services["postgres"]["environment"]
    url = "postgres://{POSTGRES_USER}:{POSTGRES_PASSWORD}@postgres:5432/{POSTGRES_DB}".format(**database)
    check(portico["environment"]["PORTICO__DATABASE__URL"] == url, f"compose: the database is at {url}")


def configuration():
    """The real binary accepts what compose configures, if it has been built."""
    binary = os.environ.get("PORTICO_BIN")
    if not binary or not os.access(binary, os.X_OK):
        return
    document = yaml.safe_load((TOP / "docker-compose.yml").read_text())
    given = {key: str(value) for key, value in document["services"]["portico"]["environment"].items()}
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PORTICO")}
    run = subprocess.run([binary, "health"], env={**clean, **given}, capture_output=True, text=True, timeout=60)
    check("fault" not in run.stderr, f"compose: the binary refuses its configuration: {run.stderr}")
    for command in ("serve", "health"):
        run = subprocess.run([binary, command, "--help"], env=clean, capture_output=True, text=True, timeout=60)
        check(run.returncode == 0, f"the image calls portico {command}, which is no command")


dockerfile()
compose()
configuration()
for fault in FAULTS:
    print(f"FAIL {fault}")
print(f"image: {CHECKED - len(FAULTS)} passed, {len(FAULTS)} failed")
sys.exit(1 if FAULTS else 0)
