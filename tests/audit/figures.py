"""Figures for docs/DISCLOSURE.md from the reports of an audit and the private records of a demo.

    python3 tests/audit/figures.py FOLDER

FOLDER holds demo/, public.json and private.json, as tests/audit/run makes them. Standard library only.
"""

import collections
import json
import pathlib
import sys


def reservations(private: pathlib.Path):
    """Every reservation, without its counts."""
    for path in sorted((private / "memory").glob("*/*/*.json")):
        if path.name.endswith(".void.json"):
            continue
        record = json.loads(path.read_text())
        yield record["periode"], record["uitgave"], record["bewijs"]


def attacks(private: pathlib.Path) -> bool:
    """What was attacked before publication, and whether each passed. How long it took stands in the log alone."""
    first, later, whole = [], [], True
    for _, issue, proof in reservations(private):
        attack = proof.get("attack")
        whole &= bool(attack) and attack["passed"]
        if attack:
            (first if issue == 1 else later).append(attack)
    for name, all_of in [("first issues", first), ("later issues", later)]:
        if all_of:
            targets = sum(attack["targets"] for attack in all_of)
            print(f"attack before publication, {len(all_of)} {name}: {targets} targets, all proven: "
                  f"{all(attack['passed'] for attack in all_of)}")
    return whole


def fit(report: dict) -> bool:
    """How near the values are; promised: totals at most 2 on average, at most 3% of cells beyond 4."""
    found = report["private"]["fit"]
    cells = found["cells"]
    print(f"{report['private']['reservations']} reservations, {cells} cells, "
          f"{report['private']['compared']} published values compared with them")
    shares = [f"{error}: {100 * count / cells:.2f}%" for error, count in enumerate(found["by_error"])]
    print("|z-a| of cells: " + ", ".join(shares))
    beyond = 100 * found["beyond_ideal"] / cells
    print(f"beyond 4: {beyond:.2f}%")
    means = []
    for kind, totals in sorted(found["totals"].items()):
        means.append(totals["error"] / totals["cells"])
        print(f"totals of {kind}: mean |z-a| {means[-1]:.2f}, largest {totals['largest']}")
    return beyond <= 3 and max(means) <= 2


def outsider(report: dict) -> None:
    """Targets, and the narrowest intervals."""
    measures = report["outsider"]["measures"]
    targets = sum(measure["targets"] for measure in measures)
    proven = sum(measure["proven"] for measure in measures)
    moves = sum(measure["by_moves"] for measure in measures)
    undecided = sum(len(measure["unchecked"]) for measure in measures)
    found = sum(len(measure["unsafe_targets"]) for measure in measures)
    print(f"outsider: {targets} targets in {len(measures)} measures of periods; {proven} proven ({moves} by moving records), "
          f"{found} unsafe, {undecided} undecided")
    narrowest = [measure["narrowest"] for measure in measures if measure.get("narrowest")]
    widths = collections.Counter(n["hi"] - n["lo"] for n in narrowest)
    print("width shown of the narrowest of each measure: " + ", ".join(f"{w}: {n}" for w, n in sorted(widths.items())))
    exact = collections.Counter(
        target["hi"] - target["lo"] for measure in measures for target in measure["intervals"] if target["exact"])
    print("width of the whole interval of the smallest cells: " + ", ".join(f"{w}: {n}" for w, n in sorted(exact.items())))
    for year in report["outsider"]["longer"]:
        name = f"{year['issue']['period']}/{year['issue']['issue']}"
        print(f"{name}: {year['cells']} cells, the sum of {len(year['parts'])} parts: {not year['findings']}")


def insiders(report: dict) -> None:
    """Per profile, over all periods and measures."""
    totals: dict = collections.defaultdict(lambda: collections.Counter())
    for row in report.get("insiders", []):
        for key in ["targets", "wide", "narrow", "exactly_known", "unchecked"]:
            totals[row["profile"]][key] += row[key]
    for profile, row in sorted(totals.items()):
        print(f"{profile}: {row['targets']} targets, {row['wide']} wide, {row['narrow']} narrower, "
              f"{row['exactly_known']} known exactly, {row['unchecked']} undecided")


def main() -> int:
    folder = pathlib.Path(sys.argv[1])
    public = json.loads((folder / "public.json").read_text())
    private = json.loads((folder / "private.json").read_text())
    print(f"published files alone: safe {public['safe']}; {public['snapshots']} snapshots; seconds {public['seconds']}")
    print(f"with the private store: safe {private['safe']}; seconds {private['seconds']}")
    outsider(public)
    promised = fit(private)
    attacked = attacks(folder / "demo" / "private")
    insiders(private)
    return 0 if public["safe"] and private["safe"] and promised and attacked else 1


if __name__ == "__main__":
    sys.exit(main())
