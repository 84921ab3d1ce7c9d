"""Plants records that break a rule in a generated delivery, so that engines that check differently also count differently.

Every 300th record gets one fault, another kind each time: 3.3 in a thousand, below the tolerance of 5.
"""

import hashlib
import json
import sys
from pathlib import Path

from contract import Delivery

EVERY = 300
EVENT = {"advies": "startdatum", "melding": "ontvangstdatum", "vervolgdienst": "start"}

COMMON = [
    lambda r, key, event: {key: "duplicate"},
    lambda r, key, event: {key: "A.B"},
    lambda r, key, event: {key: "12345"},
    lambda r, key, event: {key: "A23456789012345678901"},
    lambda r, key, event: {event: "2020-02-30"},
    lambda r, key, event: {event: ""},
]
SHARED = [
    lambda r, key, event: {"aard": ["partnergeweld", "partnergeweld"]},
    lambda r, key, event: {"aard": ["onbekend", "partnergeweld"]},
    lambda r, key, event: {"vorm": ["anders", "iets"]},
    lambda r, key, event: {"organisatie": "iets"},
    lambda r, key, event: {"gm_code": "Utrecht"},
    lambda r, key, event: {event: "2019-12-31"},
    lambda r, key, event: {"rol": "beroepsmatig", "organisatie": "burger", "politie_overdracht": False},
]
OWN = {
    "advies": [*SHARED, lambda r, key, event: {"kanaal": "fax"}],
    "melding": [
        *SHARED,
        lambda r, key, event: {"n_betrokkenen": 100},
        lambda r, key, event: {"n_betrokkenen": ""},
        lambda r, key, event: {"n_betrokkenen": 1, "n_minderjarig": 2},
        lambda r, key, event: {"veiligheidstaxatie": ["acuut", "geen"]},
        lambda r, key, event: {"besluit": "", "besluitdatum": ""},
        lambda r, key, event: {"besluit": "overdracht", "besluitdatum": ""},
        lambda r, key, event: {"besluit": "nog_niet_beoordeeld", "besluitdatum": r[event]},
        lambda r, key, event: {"besluit": "overdracht", "besluitdatum": "2019-12-31"},
        lambda r, key, event: {"besluit": "overdracht", "besluitdatum": "2098-01-01"},
        lambda r, key, event: {"rol": "beroepsmatig", "organisatie": "onderwijs", "politie_overdracht": True},
        lambda r, key, event: {"casus_id": "geen kenmerk"},
    ],
    "vervolgdienst": [
        lambda r, key, event: {"soort": "iets"},
        lambda r, key, event: {"overdracht": ["geen", "wijkteam"]},
        lambda r, key, event: {"eind": "2019-12-31"},
        lambda r, key, event: {"melding_id": ""},
    ],
}


class Csv:
    """A line of CSV as a record and back."""

    def __init__(self, header: str):
        self.names = header.split(";")

    def read(self, line: str) -> dict:
        return dict(zip(self.names, line.split(";")))

    def write(self, record: dict) -> str:
        return ";".join(self.text(record.get(name, "")) for name in self.names)

    def text(self, value) -> str:
        if isinstance(value, bool):
            return str(value).lower()
        return "|".join(value) if isinstance(value, list) else str(value)


class Ndjson:
    """A line of NDJSON as a record and back."""

    def read(self, line: str) -> dict:
        return json.loads(line)

    def write(self, record: dict) -> str:
        filled = {name: value for name, value in record.items() if value != ""}
        return json.dumps(filled, separators=(",", ":"))


def spoil(lines: list[str], form, record: str, fields: set[str]) -> None:
    """Spoils every 300th line; a duplicate has the id of the line before."""
    kinds = COMMON + OWN[record]
    for turn, place in enumerate(range(EVERY - 1, len(lines), EVERY)):
        row = form.read(lines[place])
        key = next(iter(row))
        changes = kinds[turn % len(kinds)](row, key, EVENT[record])
        if changes.get(key) == "duplicate":
            changes[key] = form.read(lines[place - 1])[key]
        row.update({name: value for name, value in changes.items() if name in fields})
        lines[place] = form.write(row)


def main() -> None:
    delivery = Delivery.find(Path(sys.argv[1]))
    records = json.loads((Path(sys.argv[2]) / "contract.json").read_text())["records"]
    for record, file in delivery.files.items():
        path = delivery.folder / file["href"]
        header, lines = [], path.read_text().splitlines()
        form = Ndjson()
        if file["formaat"] == "csv":
            header, lines = lines[:1], lines[1:]
            form = Csv(header[0])
        spoil(lines, form, record, {field["name"] for field in records[record]})
        content = "".join(line + "\n" for line in header + lines).encode()
        path.write_bytes(content)
        file["bytes"], file["sha256"] = len(content), hashlib.sha256(content).hexdigest()
    entry = {"kop": delivery.header, "bestanden": list(delivery.files.values())}
    (delivery.folder / "levering.json").write_text(json.dumps(entry, indent=2))


if __name__ == "__main__":
    main()
