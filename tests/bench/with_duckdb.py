"""The work of the product in DuckDB: delivery, checked registrations in Parquet, cells.

One pass over each file writes the records that break no rule; only when some are missing, a second pass says why.
"""

import argparse
import sys
from pathlib import Path

import duckdb

from contract import Contract, Delivery, Run, fresh, passes_eleven_test, receive, tolerate, write_cells

ID = "regexp_full_match({f}, '[A-Za-z0-9_-]*[A-Za-z][A-Za-z0-9_-]*') AND length({f}) <= 20"


def text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def texts(values: list[str]) -> str:
    return "(" + ", ".join(text(value) for value in values) + ")"


def day(name: str) -> str:
    """A field as a date; null when it is not written as 2020-07-31."""
    return f"CASE WHEN length({name}) = 10 THEN TRY_CAST({name} AS DATE) END"


class Records:
    """One record type: how it is read, its rules, and the columns that are kept."""

    def __init__(self, contract: Contract, delivery: Delivery, record: str, path: Path):
        self.contract, self.record, self.path = contract, record, path
        self.file = delivery.files[record]
        self.fields = contract.fields[record]
        self.lists_are_arrays = self.file["formaat"] == "ndjson"
        self.made_on = delivery.header["aangemaakt_op"][:10]
        self.id = self.fields[0]["name"]
        self.event = {"advies": "startdatum", "melding": "ontvangstdatum"}.get(record)

    def source(self) -> str:
        columns = ", ".join(f"{text(f['name'])}: {text(self.column_type(f))}" for f in self.fields)
        compression = {"geen": "none"}.get(self.file["compressie"], self.file["compressie"])
        options = f"columns = {{{columns}}}, compression = '{compression}'"
        if self.lists_are_arrays:
            return f"read_ndjson({text(str(self.path))}, {options})"
        csv = "delim = ';', header = true, auto_detect = false, nullstr = '', quote = '\"', escape = '\"'"
        return f"read_csv({text(str(self.path))}, {csv}, {options})"

    def column_type(self, field: dict) -> str:
        return "VARCHAR[]" if self.lists_are_arrays and field["kind"] == "codes" else "VARCHAR"

    def rules(self) -> dict[str, str]:
        """Per rule the condition that a record must meet, as SQL."""
        rules = {}
        for field in self.fields:
            name = field["name"]
            if field["required"]:
                rules[f"R006 {name}"] = f"{name} IS NOT NULL"
            rules[f"{self.check_of(field)} {name}"] = f"coalesce({self.form(field)}, true)"
        return {**rules, **self.cross_rules()}

    def check_of(self, field: dict) -> str:
        kinds = {"id": "R023/R024", "date": "R011", "code": "R007", "codes": "R007/R009/R010"}
        return {**kinds, "bool": "R026", "count": "R027", "gemeente": "R029"}[field["kind"]]

    def form(self, field: dict) -> str:
        name, kind = field["name"], field["kind"]
        if kind == "id":
            return ID.format(f=name)
        if kind == "date":
            return f"CASE WHEN {name} IS NULL THEN true ELSE {day(name)} IS NOT NULL END"
        if kind == "code":
            return f"{name} IN {texts(self.contract.codes(field['list']))}"
        if kind == "codes":
            return self.list_form(name, field["list"])
        if kind == "bool":
            return f"{name} IN ('true', 'false')"
        if kind == "count":
            return f"CASE WHEN {name} IS NULL THEN true ELSE length({name}) <= 2 AND TRY_CAST({name} AS UTINYINT) IS NOT NULL END"
        usual = texts([*self.contract.places, "onbekend"])
        return f"CASE WHEN {name} IN {usual} THEN true ELSE regexp_full_match({name}, 'GM[0-9]{{4}}') END"

    def list_form(self, name: str, codelist: str) -> str:
        """Known codes, none twice, an exclusive one alone. A single code, the usual case, is not split."""
        codes, alone = self.contract.codes(codelist), self.contract.exclusive(codelist)
        several = [code for code in codes if code not in alone]
        allowed = "[" + ", ".join(text(code) for code in several) + "]"
        if self.lists_are_arrays:
            single = f"len({name}) = 1 AND {name}[1] IN {texts(codes)}"
            parts = name
        else:
            single = f"{name} IN {texts(codes)}"
            parts = f"string_split({name}, '|')"
        rest = f"list_has_all({allowed}, {parts}) AND list_unique({parts}) = len({parts})"
        return f"CASE WHEN {single} THEN true ELSE {rest} END"

    def cross_rules(self) -> dict[str, str]:
        first, last = self.contract.first_day, self.contract.last_day
        made = f"DATE '{self.made_on}'"
        if self.record == "vervolgdienst":
            inside = " OR ".join(f"coalesce({name} BETWEEN '{first}' AND '{last}', false)" for name in ("start", "eind"))
            return {
                "R012": f"({inside})",
                "R013": f"coalesce({day('start')} <= {made}, true) AND coalesce({day('eind')} <= {made}, true)",
                "R021": "coalesce(eind >= start, true)",
            }
        rules = {
            "R012": f"coalesce({self.event} BETWEEN '{first}' AND '{last}', true)",
            "R019": "coalesce((organisatie = 'burger') = (rol = 'niet_beroepsmatig'), true)",
        }
        if self.record == "melding":
            rules["R013"] = f"coalesce({day('besluitdatum')} <= {made}, true)"
            rules["R016"] = "coalesce(besluit = 'nog_niet_beoordeeld', true) OR besluitdatum IS NOT NULL"
            rules["R017"] = "coalesce(besluit <> 'nog_niet_beoordeeld', true) OR besluitdatum IS NULL"
            rules["R018"] = "coalesce(besluitdatum >= ontvangstdatum, true)"
            rules["R020"] = "coalesce(politie_overdracht <> 'true' OR organisatie = 'politie', true)"
            rules["R022"] = "coalesce(TRY_CAST(n_minderjarig AS INTEGER) <= TRY_CAST(n_betrokkenen AS INTEGER), true)"
        return rules

    def kept_columns(self) -> str:
        """What a registration keeps: ids as hashes, an empty optional field as onbekend."""
        columns = [f"hash({self.id}) AS id"]
        if self.record == "vervolgdienst":
            return ", ".join([*columns, "hash(melding_id) AS melding", "soort", f"{day('eind')} AS eind"])
        columns.append(f"{day(self.event)} AS {self.event}")
        for field in self.fields:
            name = field["name"]
            if name in self.measure().dimensions.values():
                joined = f"array_to_string({name}, '|')" if self.column_type(field) == "VARCHAR[]" else name
                columns.append(joined + f" AS {name}" if field["required"] else f"coalesce({joined}, 'onbekend') AS {name}")
        columns.append("nullif(gm_code, 'onbekend') AS gm_code")
        return ", ".join(columns)

    def measure(self):
        return next(measure for measure in self.contract.measures if measure.record == self.record)


def check(con, records: Records, out: Path, run: Run) -> None:
    """Writes the registrations of one record type that break no rule."""
    rules = records.rules()
    whole = " AND ".join(f"({rule})" for rule in rules.values())
    target = out / f"{records.record}.parquet"
    options = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 262144"
    copy = f"COPY (SELECT {records.kept_columns()} FROM {records.source()} WHERE {whole}) TO '{target}' ({options})"
    valid = con.execute(copy).fetchone()[0]
    read = records.file["records"]
    if valid != read:
        read = explain(con, records, rules, whole, run)
    different = con.execute(f"SELECT count(DISTINCT id) FROM '{target}'").fetchone()[0]
    if different != valid:
        run.findings[f"{records.record} R025"] = valid - different
        drop_later_ones(con, target, options)
    run.read[records.record], run.kept[records.record] = read, different
    tolerate(records.record, read, records.file["records"], different)


def explain(con, records: Records, rules: dict[str, str], whole: str, run: Run) -> int:
    """Says which rules are broken how often, and searches what broke one for personal numbers. A field that meets its own
    rule cannot hold one: codes, dates and counts are closed, and ids have a letter."""
    counts = ", ".join(f"count(*) FILTER (NOT ({rule}))" for rule in rules.values())
    found = con.execute(f"SELECT count(*), {counts} FROM {records.source()}").fetchone()
    for rule, count in zip(rules, found[1:]):
        if count:
            run.findings[f"{records.record} {rule}"] = count
    broken = con.execute(f"SELECT * FROM {records.source()} WHERE NOT ({whole})")
    while batch := broken.fetchmany(10_000):
        for value in (value for row in batch for value in row):
            values = value if isinstance(value, list) else [value]
            for one in values:
                if one and one.isdigit() and len(one) in (8, 9) and passes_eleven_test(one):
                    sys.exit(f"{records.record}: a field holds a number that can be a BSN")
    return found[0]


def drop_later_ones(con, target: Path, options: str) -> None:
    """Keeps the first registration of each id."""
    first = "QUALIFY row_number() OVER (PARTITION BY id ORDER BY file_row_number) = 1"
    rows = f"SELECT * EXCLUDE (file_row_number) FROM read_parquet('{target}', file_row_number = true) {first}"
    con.execute(f"COPY ({rows} ORDER BY file_row_number) TO '{target}.new' ({options})")
    Path(f"{target}.new").replace(target)


def cells(con, contract: Contract, out: Path) -> list[tuple]:
    """Counts per period, measure, dimension, category and atom."""
    days = " UNION ALL ".join(
        f"SELECT '{p['code']}' AS periode, unnest(generate_series(DATE '{p['van']}', DATE '{p['tot']}' - 1, INTERVAL 1 DAY))::DATE AS dag"
        for p in contract.periods
    )
    con.execute(f"CREATE TEMP TABLE dagen AS {days}")
    con.execute("CREATE TEMP TABLE plaatsen (gm_code VARCHAR, atoom VARCHAR)")
    con.executemany("INSERT INTO plaatsen VALUES (?, ?)", list(contract.places.items()))
    rows = []
    for measure in contract.measures:
        rows += services(con, contract, measure, out) if measure.soort else counts(con, contract, measure, out)
    return rows


def counts(con, contract: Contract, measure, out: Path) -> list[tuple]:
    fields = list(measure.dimensions.values())
    sets = ", ".join(["(periode, atoom)"] + [f"(periode, atoom, {name})" for name in fields])
    sql = f"""
        SELECT periode, coalesce(atoom, '{contract.fallback_atom}') AS atoom, {", ".join(fields)}, count(*) AS aantal
        FROM '{out / measure.record}.parquet' AS r
        JOIN dagen ON dagen.dag = r.{measure.date}
        LEFT JOIN plaatsen USING (gm_code)
        GROUP BY GROUPING SETS ({sets})"""
    return split(measure, con.execute(sql).fetchall())


def split(measure, grouped: list[tuple]) -> list[tuple]:
    """From rows of GROUPING SETS to cells; lists are split here, as there are few different ones."""
    total: dict[tuple, int] = {}
    for periode, atoom, *categories, aantal in grouped:
        given = [(d, c) for d, c in zip(measure.dimensions, categories) if c is not None]
        for dimension, codes in given or [("", "")]:
            for code in codes.split("|") if dimension in measure.multi_valued else [codes]:
                cell = (periode, measure.code, dimension, code, atoom)
                total[cell] = total.get(cell, 0) + aantal
    return [(*cell, aantal) for cell, aantal in total.items()]


def services(con, contract: Contract, measure, out: Path) -> list[tuple]:
    """Completed services, in the gemeente of their melding."""
    sql = f"""
        SELECT periode, coalesce(atoom, '{contract.fallback_atom}') AS atoom, count(*) AS aantal
        FROM (SELECT * FROM '{out}/vervolgdienst.parquet'
              WHERE soort = '{measure.soort}' AND eind BETWEEN '{contract.first_day}' AND '{contract.last_day}') AS d
        JOIN dagen ON dagen.dag = d.eind
        LEFT JOIN '{out}/melding.parquet' AS m ON m.id = d.melding
        LEFT JOIN plaatsen USING (gm_code)
        GROUP BY ALL"""
    return [(periode, measure.code, "", "", atoom, aantal) for periode, atoom, aantal in con.execute(sql).fetchall()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("inbox", "contract", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    contract, out = Contract(args.contract), fresh(args.out)
    run = Run()
    con = duckdb.connect(config={"threads": args.threads, "temp_directory": str(out / "tmp")})
    delivery = Delivery.find(args.inbox)
    receive(delivery, out / "raw")
    run.stage("receive")
    for record in delivery.files:
        path = out / "raw" / delivery.files[record]["href"]
        check(con, Records(contract, delivery, record, path), out, run)
        run.stage(f"check {record}")
    found = cells(con, contract, out)
    run.stage("cells")
    write_cells(out / "cells.csv", found)
    run.report()


if __name__ == "__main__":
    main()
