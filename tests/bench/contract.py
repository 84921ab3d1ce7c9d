"""What both engines need to know of the delivery contract, as `bench_product contract` exported it from the product itself."""

import hashlib
import json
import resource
import shutil
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

# Per measure: record type, date that decides the period, value of `soort`, breakdowns (vt_domain::measure).
@dataclass(frozen=True)
class Measure:
    code: str
    record: str
    date: str
    soort: str | None
    dimensions: dict[str, str]
    multi_valued: tuple[str, ...]


class Contract:
    """Fields, code lists, gemeenten and atoms for one region and month."""

    def __init__(self, folder: Path):
        data = json.loads((folder / "contract.json").read_text())
        self.fields = data["records"]
        self.lists = data["lists"]
        self.gemeenten = data["gemeenten"]
        self.first_day, self.last_day = data["first_day"], data["last_day"]
        self.periods = data["periods"]
        self.places = data["places"]
        self.fallback_atom = data["fallback_atom"]
        self.measures = [Measure(**{**m, "multi_valued": tuple(m["multi_valued"])}) for m in data["measures"]]

    def codes(self, name: str) -> list[str]:
        """The codes of a list that may be delivered in the month."""
        return [code["code"] for code in self.lists[name]]

    def exclusive(self, name: str) -> list[str]:
        """Those that never stand beside another."""
        return [code["code"] for code in self.lists[name] if code["exclusive"]]


@dataclass
class Delivery:
    """A delivery in the inbox."""

    folder: Path
    header: dict
    files: dict[str, dict]

    @classmethod
    def find(cls, inbox: Path) -> "Delivery":
        [path] = inbox.glob("*/*/*/levering.json")
        entry = json.loads(path.read_text())
        return cls(path.parent, entry["kop"], {file["recordsoort"]: file for file in entry["bestanden"]})


@dataclass
class Run:
    """Stages with their times, and what came of them."""

    stages: dict[str, float] = field(default_factory=dict)
    read: dict[str, int] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)
    findings: dict[str, int] = field(default_factory=dict)
    started: float = field(default_factory=time.perf_counter)

    def stage(self, name: str) -> None:
        """Ends a stage: its time is what passed since the one before."""
        now = time.perf_counter()
        self.stages[name] = self.stages.get(name, 0.0) + now - self.started
        self.started = now

    def report(self) -> None:
        """Prints everything as one JSON object."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        result = {"stages": self.stages, "seconds": sum(self.stages.values()), "peak_mib": peak}
        json.dump({**result, "read": self.read, "kept": self.kept, "findings": self.findings}, sys.stdout)
        print()


def receive(delivery: Delivery, to: Path) -> None:
    """Takes a copy of every file while its digest is computed, and compares size and digest with the promise."""
    to.mkdir(parents=True, exist_ok=True)
    for file in delivery.files.values():
        digest, size = hashlib.sha256(), 0
        with open(delivery.folder / file["href"], "rb") as source, open(to / file["href"], "wb") as copy:
            while chunk := source.read(1 << 20):
                digest.update(chunk)
                copy.write(chunk)
                size += len(chunk)
        if (size, digest.hexdigest()) != (file["bytes"], file["sha256"]):
            sys.exit(f"{file['href']}: size or digest is not as promised")


def passes_eleven_test(digits: str) -> bool:
    """Whether 8 or 9 digits can be a BSN (Besluit burgerservicenummer, art. 2)."""
    nine = [int(digit) for digit in digits.zfill(9)]
    weighted = sum(digit * weight for digit, weight in zip(nine, range(9, 1, -1)))
    return any(nine) and (weighted - nine[8]) % 11 == 0


def tolerate(record: str, read: int, promised: int, kept: int) -> None:
    """The checks on a whole file: count as promised, at most 0.5% refused."""
    if read != promised:
        sys.exit(f"{record}: {read} records, {promised} promised")
    if (read - kept) * 200 > read:
        sys.exit(f"{record}: {read - kept} of {read} records refused, more than 0.5%")


def write_cells(path: Path, rows: list[tuple]) -> None:
    """Writes the cells: period, measure, dimension, category, atom, count; zeros left out."""
    lines = sorted(";".join(str(value) for value in row) for row in rows)
    path.write_text("periode;maat;dimensie;categorie;atoom;aantal\n" + "\n".join(lines) + "\n")


def fresh(folder: Path) -> Path:
    """An empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
