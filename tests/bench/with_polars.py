"""The work of the product in Polars: delivery, checked registrations in Parquet, cells.

Lazy and streaming: one pass over each file writes the records that break no rule; only when some are missing, a second
pass says why.
"""

import argparse
import os
import sys
from functools import reduce
from operator import and_
from pathlib import Path

from contract import Contract, Delivery, Run, fresh, passes_eleven_test, receive, tolerate, write_cells

parser = argparse.ArgumentParser(description=__doc__)
for name in ("inbox", "contract", "out"):
    parser.add_argument(f"--{name}", type=Path, required=True)
parser.add_argument("--threads", type=int, default=2)
args = parser.parse_args()
# Read when Polars is imported.
os.environ["POLARS_MAX_THREADS"] = str(args.threads)
import polars as pl  # noqa: E402

col, lit = pl.col, pl.lit
TYPES = {"bool": pl.Boolean, "count": pl.Int64, "codes": pl.List(pl.String)}


class Records:
    """One record type: how it is read, its rules, and the columns that are kept."""

    def __init__(self, contract: Contract, delivery: Delivery, record: str, path: Path):
        self.contract, self.record, self.path = contract, record, path
        self.file = delivery.files[record]
        self.fields = contract.fields[record]
        self.json = self.file["formaat"] == "ndjson"
        self.made_on = delivery.header["aangemaakt_op"][:10]
        self.id = self.fields[0]["name"]
        self.event = {"advies": "startdatum", "melding": "ontvangstdatum"}.get(record)

    def source(self) -> pl.LazyFrame:
        if not self.json:
            schema = {field["name"]: pl.String for field in self.fields}
            return pl.scan_csv(self.path, separator=";", schema=schema)
        schema = {field["name"]: TYPES.get(field["kind"], pl.String) for field in self.fields}
        lists = [col(name).list.join("|") for name, kind in schema.items() if kind == pl.List(pl.String)]
        return pl.scan_ndjson(self.path, schema=schema).with_columns(lists)

    def rules(self) -> dict[str, pl.Expr]:
        """Per rule the condition that a record must meet."""
        rules = {}
        for field in self.fields:
            name = field["name"]
            if field["required"]:
                rules[f"R006 {name}"] = col(name).is_not_null()
            rules[f"{self.check_of(field)} {name}"] = self.form(field).fill_null(True)
        return {**rules, **{check: rule.fill_null(True) for check, rule in self.cross_rules().items()}}

    def check_of(self, field: dict) -> str:
        kinds = {"id": "R023/R024", "date": "R011", "code": "R007", "codes": "R007/R009/R010"}
        return {**kinds, "bool": "R026", "count": "R027", "gemeente": "R029"}[field["kind"]]

    def form(self, field: dict) -> pl.Expr:
        value, kind = col(field["name"]), field["kind"]
        if kind == "id":
            return value.str.contains("^[A-Za-z0-9_-]*[A-Za-z][A-Za-z0-9_-]*$") & (value.str.len_bytes() <= 20)
        if kind == "date":
            return day(field["name"]).is_not_null() | value.is_null()
        if kind == "code":
            return value.is_in(self.contract.codes(field["list"]))
        if kind == "codes":
            return value.map_batches(self.list_form(field["list"]), return_dtype=pl.Boolean, is_elementwise=True)
        if kind == "bool":
            return value.is_not_null() if self.json else value.is_in(["true", "false"])
        if kind == "count":
            return value.is_between(0, 99) if self.json else value.str.contains("^[0-9]{1,2}$")
        known = value.is_in(self.contract.gemeenten + ["onbekend"])
        return known | value.str.contains("^GM[0-9]{4}$")

    def list_form(self, codelist: str):
        """Known codes, none twice, an exclusive one alone: judged once for each different text, as there are few."""
        codes, alone = set(self.contract.codes(codelist)), set(self.contract.exclusive(codelist))

        def good(text: str) -> bool:
            parts = text.split("|")
            return len(set(parts)) == len(parts) and codes.issuperset(parts) and (len(parts) == 1 or alone.isdisjoint(parts))

        def judge(values: pl.Series) -> pl.Series:
            return values.is_in([text for text in values.drop_nulls().unique() if good(text)])

        return judge

    def cross_rules(self) -> dict[str, pl.Expr]:
        first, last = self.contract.first_day, self.contract.last_day
        made = lit(self.made_on)
        if self.record == "vervolgdienst":
            inside = [col(name).is_between(lit(first), lit(last)).fill_null(False) for name in ("start", "eind")]
            return {
                "R012": inside[0] | inside[1],
                "R013": (col("start") <= made).fill_null(True) & (col("eind") <= made).fill_null(True),
                "R021": col("eind") >= col("start"),
            }
        rules = {
            "R012": col(self.event).is_between(lit(first), lit(last)),
            "R019": (col("organisatie") == "burger") == (col("rol") == "niet_beroepsmatig"),
        }
        if self.record == "melding":
            handed_over = col("politie_overdracht") if self.json else col("politie_overdracht") == "true"
            minors, persons = (col(name).cast(pl.Int64, strict=False) for name in ("n_minderjarig", "n_betrokkenen"))
            undecided = col("besluit") == "nog_niet_beoordeeld"
            rules["R013"] = col("besluitdatum") <= made
            rules["R016"] = undecided | col("besluitdatum").is_not_null()
            rules["R017"] = ~undecided | col("besluitdatum").is_null()
            rules["R018"] = col("besluitdatum") >= col("ontvangstdatum")
            rules["R020"] = ~handed_over | (col("organisatie") == "politie")
            rules["R022"] = minors <= persons
        return rules

    def kept_columns(self) -> list[pl.Expr]:
        """What a registration keeps: ids as hashes, an empty optional field as onbekend."""
        columns = [col(self.id).hash().alias("id")]
        if self.record == "vervolgdienst":
            return [*columns, col("melding_id").hash().alias("melding"), col("soort"), day("eind")]
        measure = next(measure for measure in self.contract.measures if measure.record == self.record)
        coded = [col(name).fill_null("onbekend") for name in measure.dimensions.values()]
        return [*columns, day(self.event), *coded, col("gm_code").replace("onbekend", None)]


def day(name: str) -> pl.Expr:
    """A field as a date; null when it is not written as 2020-07-31."""
    written = col(name).str.len_bytes() == 10
    return pl.when(written).then(col(name).str.to_date("%Y-%m-%d", strict=False))


def check(records: Records, out: Path, run: Run) -> None:
    """Writes the registrations of one record type that break no rule."""
    rules = records.rules()
    target = out / f"{records.record}.parquet"
    valid_rows = records.source().filter(reduce(and_, rules.values())).select(records.kept_columns())
    write(valid_rows, target)
    kept = pl.scan_parquet(target)
    valid, different = kept.select(pl.len(), col("id").n_unique().alias("n")).collect(engine="streaming").row(0)
    read = records.file["records"]
    if valid != read:
        read = explain(records, rules, run)
    if different != valid:
        run.findings[f"{records.record} R025"] = valid - different
        kept.collect().unique("id", keep="first", maintain_order=True).write_parquet(target, compression="zstd")
    run.read[records.record], run.kept[records.record] = read, different
    tolerate(records.record, read, records.file["records"], different)


def write(rows: pl.LazyFrame, target: Path) -> None:
    rows.sink_parquet(target, compression="zstd", compression_level=1, row_group_size=262_144)


def explain(records: Records, rules: dict[str, pl.Expr], run: Run) -> int:
    """Says which rules are broken how often, and searches what broke one for personal numbers. A field that meets its own
    rule cannot hold one: codes, dates and counts are closed, and ids have a letter."""
    counts = [(~rule).sum().alias(check) for check, rule in rules.items()]
    found = records.source().select(pl.len().alias("read"), *counts).collect(engine="streaming").row(0, named=True)
    read = found.pop("read")
    run.findings.update({f"{records.record} {check}": count for check, count in found.items() if count})
    broken = records.source().filter(~reduce(and_, rules.values())).collect(engine="streaming")
    for value in (value for row in broken.iter_rows() for value in row):
        for one in str(value or "").split("|"):
            if one.isdigit() and len(one) in (8, 9) and passes_eleven_test(one):
                sys.exit(f"{records.record}: a field holds a number that can be a BSN")
    return read


class Cells:
    """Counts per period, measure, dimension, category and atom."""

    def __init__(self, contract: Contract, out: Path):
        self.contract, self.out = contract, out
        self.days = pl.concat(
            pl.DataFrame({"periode": p["code"]}).select(
                "periode", pl.date_ranges(lit(p["van"]).str.to_date(), lit(p["tot"]).str.to_date(), closed="left").alias("dag")
            ).explode("dag")
            for p in contract.periods
        )
        self.places = pl.DataFrame(list(contract.places.items()), schema=["gm_code", "atoom"], orient="row")

    def all(self) -> list[tuple]:
        rows = []
        for measure in self.contract.measures:
            rows += self.services(measure) if measure.soort else self.counts(measure)
        return rows

    def counts(self, measure) -> list[tuple]:
        """By day, gemeente and category first: the small result is then placed in periods and atoms."""
        records = pl.scan_parquet(self.out / f"{measure.record}.parquet")
        plans, names = [], ["", *measure.dimensions]
        for dimension in names:
            keys = [measure.date, "gm_code", *filter(None, [measure.dimensions.get(dimension)])]
            plans.append(records.group_by(keys).len("aantal"))
        rows = []
        for dimension, found in zip(names, pl.collect_all(plans, engine="streaming")):
            found = found.rename({measure.dimensions.get(dimension, ""): "code"}, strict=False)
            if not dimension:
                found = found.with_columns(code=lit(""))
            if dimension in measure.multi_valued:
                found = found.with_columns(col("code").str.split("|")).explode("code")
            rows += self.place(measure, dimension, found.rename({measure.date: "dag"}))
        return rows

    def place(self, measure, dimension: str, found: pl.DataFrame) -> list[tuple]:
        placed = found.join(self.days, on="dag").join(self.places, on="gm_code", how="left")
        placed = placed.with_columns(col("atoom").fill_null(self.contract.fallback_atom))
        summed = placed.group_by("periode", "code", "atoom").agg(col("aantal").sum())
        return [(p, measure.code, dimension, code, atom, n) for p, code, atom, n in summed.iter_rows()]

    def services(self, measure) -> list[tuple]:
        """Completed services, in the gemeente of their melding."""
        first, last = (lit(day).str.to_date() for day in (self.contract.first_day, self.contract.last_day))
        ended = pl.scan_parquet(self.out / "vervolgdienst.parquet").filter(
            (col("soort") == measure.soort) & col("eind").is_between(first, last)
        )
        meldingen = pl.scan_parquet(self.out / "melding.parquet").select("id", "gm_code")
        found = ended.join(meldingen, left_on="melding", right_on="id", how="left")
        found = found.group_by(col("eind").alias("dag"), "gm_code").len("aantal").with_columns(code=lit(""))
        return self.place(measure, "", found.collect(engine="streaming"))


def main() -> None:
    contract, out = Contract(args.contract), fresh(args.out)
    run = Run()
    delivery = Delivery.find(args.inbox)
    receive(delivery, out / "raw")
    run.stage("receive")
    for record in delivery.files:
        path = out / "raw" / delivery.files[record]["href"]
        check(Records(contract, delivery, record, path), out, run)
        run.stage(f"check {record}")
    found = Cells(contract, out).all()
    run.stage("cells")
    write_cells(out / "cells.csv", found)
    run.report()


main()
