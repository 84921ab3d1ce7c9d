"""Sums of `waarde` per table of one snapshot, by reader and form, as JSON. Usage: sums.py SNAPSHOT_FOLDER"""

import json
import sys
from pathlib import Path

import duckdb
import pandas
import polars
import pyarrow.compute
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet


def sums(folder: Path, table: str) -> dict[str, int]:
    parquet, csv, js = (str(folder / f"{table}.{form}") for form in ("parquet", "csv", "json"))
    rows = json.loads(Path(js).read_text("utf-8"))["rijen"]
    pyarrow_csv = pyarrow.csv.read_csv(csv, parse_options=pyarrow.csv.ParseOptions(delimiter=";"))
    found = {
        "duckdb parquet": duckdb.sql(f"SELECT sum(waarde) FROM '{parquet}'").fetchall()[0][0],
        "duckdb csv": duckdb.sql(f"SELECT sum(waarde) FROM read_csv('{csv}', delim=';')").fetchall()[0][0],
        "duckdb json": duckdb.sql(
            f"SELECT sum(r.waarde) FROM (SELECT unnest(rijen) AS r FROM read_json('{js}', maximum_object_size=100000000))"
        ).fetchall()[0][0],
        "polars parquet": polars.read_parquet(parquet)["waarde"].sum(),
        "polars csv": polars.read_csv(csv, separator=";", infer_schema_length=None)["waarde"].sum(),
        "polars json": polars.DataFrame(rows, infer_schema_length=None)["waarde"].sum(),
        "pandas parquet": pandas.read_parquet(parquet)["waarde"].sum(),
        "pandas csv": pandas.read_csv(csv, sep=";")["waarde"].sum(),
        "pyarrow parquet": pyarrow.compute.sum(pyarrow.parquet.read_table(parquet)["waarde"]).as_py(),
        "pyarrow csv": pyarrow.compute.sum(pyarrow_csv["waarde"]).as_py(),
    }
    return {reader: int(value) for reader, value in found.items()}


folder = Path(sys.argv[1])
print(json.dumps({table: sums(folder, table) for table in ("kerncijfers", "verdelingen")}))
