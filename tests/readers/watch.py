"""Reads a published folder as analysts do, again and again until standard input ends: the newest snapshots by `latest.json`, and every
snapshot that has a manifest, each file by its digest. Says in JSON how often it looked and what was not whole. Needs Python alone.
Usage: watch.py PUBLISHED_FOLDER"""

import hashlib
import json
import select
import sys
from pathlib import Path

published = Path(sys.argv[1])
manifests: dict[str, str] = {}
wrong: list[str] = []
looks = 0


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def whole(path: str) -> str:
    content = (published / path).read_bytes()
    folder = published / path.replace("manifests", "snapshots", 1).removesuffix(".json")
    for file in json.loads(content)["bestanden"]:
        part = (folder / file["naam"]).read_bytes()
        if (len(part), digest(part)) != (file["bytes"], file["sha256"]):
            raise ValueError(f"{path}: {file['naam']} is not what the manifest says")
    return digest(content)


def look() -> None:
    latest = published / "latest.json"
    if latest.exists():
        for entry in json.loads(latest.read_text("utf-8"))["cadansen"].values():
            if whole(entry["manifest"]) != entry["sha256"]:
                raise ValueError(f"latest.json gives another digest of {entry['manifest']}")
    for path in sorted(published.glob("manifests/*/*/*.json")):
        name = path.relative_to(published).as_posix()
        if manifests.setdefault(name, whole(name)) != digest(path.read_bytes()):
            raise ValueError(f"{name} is another one than before")
    for name in manifests:
        if not (published / name).exists():
            raise ValueError(f"{name} is gone")


while True:
    looks += 1
    try:
        look()
    except Exception as error:
        wrong.append(f"look {looks}: {error!r}")
    if len(wrong) > 4 or select.select([sys.stdin], [], [], 0.1)[0]:
        break
print(json.dumps({"looks": looks, "wrong": wrong}))
