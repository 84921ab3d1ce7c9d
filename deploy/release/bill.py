"""Holds a bill of materials against Cargo.lock: bill.py SBOM CARGO_LOCK VERSION. Every crate of it is locked with the same digest, and names a licence."""

import json
import sys
import tomllib

sbom_path, lock_path, version = sys.argv[1:]
sbom = json.load(open(sbom_path))
lock = {(p["name"], p["version"]): p for p in tomllib.load(open(lock_path, "rb"))["package"]}
wrong = []
root = sbom["metadata"]["component"]
if (root["name"], root["version"]) != ("vt-monitor", version):
    wrong.append(f"is of {root['name']} {root['version']}")
components = sbom.get("components", [])
for component in components:
    name = (component["name"], component["version"])
    if name not in lock:
        wrong.append(f"{name} is not in Cargo.lock")
        continue
    digests = {h["content"] for h in component.get("hashes", []) if h["alg"] == "SHA-256"}
    if (checksum := lock[name].get("checksum")) and checksum not in digests:
        wrong.append(f"{name} has another digest than Cargo.lock")
    if not component.get("licenses"):
        wrong.append(f"{name} names no licence")
if len(components) < 300:
    wrong.append(f"has {len(components)} crates only")
if wrong:
    sys.exit("bill of materials: " + "; ".join(wrong[:5]))
print(f"bill of materials: {len(components)} crates, each locked and with a licence")
