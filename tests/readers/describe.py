"""Reads what describes a store with other programs: one line of JSON per check. Usage: describe.py STORE_FOLDER

Each check is tried on a planted mistake too, and fails when that passes. Exit code 1 when anything is wrong.
"""

import csv
import datetime
import hashlib
import json
import shutil
import sys
import tempfile
from pathlib import Path

import feedparser
import frictionless
import jsonschema
import jsonschema_rs
import openpyxl
import pyshacl
import rdflib

TABLES = ("kerncijfers", "verdelingen", "indicatoren", "dekking", "wijzigingen")
BASE = "https://opslag.example/monitor/"
DCAT = rdflib.Namespace("http://www.w3.org/ns/dcat#")
ADMS = rdflib.Namespace("http://www.w3.org/ns/adms#")
SPDX = rdflib.Namespace("http://spdx.org/rdf/terms#")


def refuse(wrong: bool, said: str) -> None:
    if wrong:
        raise AssertionError(said)


def issues(store: Path) -> list[Path]:
    return sorted(path for path in store.glob("snapshots/*/*/*") if (path / "datapackage.json").is_file())


def validate(folder: Path) -> frictionless.Report:
    described = json.loads((folder / "datapackage.json").read_text("utf-8"))
    for resource in described["resources"]:
        # Its Parquet reader takes no sizes and digests: those files are held against theirs here, and read by sums.py.
        if resource["path"].endswith(".parquet"):
            resource["type"] = "file"
    return frictionless.Package.from_descriptor(described, basepath=str(folder)).validate()


def package(store: Path) -> dict:
    resources = 0
    for folder in issues(store):
        report = validate(folder)
        refuse(not report.valid, f"{folder}: {report.flatten(['title', 'type', 'note'])[:5]}")
        resources += len(report.tasks)
        described = json.loads((folder / "datapackage.json").read_text("utf-8"))
        paths = {resource["path"] for resource in described["resources"]}
        data = {f"{table}.{form}" for table in TABLES for form in ("csv", "json", "parquet")} | {"toelichting.json"}
        refuse(paths != data, f"{folder}: described is {paths ^ data} too much or too little")
    planted(issues(store)[-1])
    return {"packages": len(issues(store)), "resources": resources}


def planted(folder: Path) -> None:
    """A wrong code in a table, with the digest that belongs to it; then a file that does not have its digest."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(shutil.copytree(folder, Path(scratch) / "uitgave"))
        table, described = copy / "kerncijfers.csv", copy / "datapackage.json"
        true = table.read_bytes()
        wrong = true.replace(b";gestarte_adviezen;", b";gestarte_casussen;", 1)
        refuse(wrong == true, "nothing to plant in")
        table.write_bytes(wrong)
        meta = json.loads(described.read_text("utf-8"))
        resource = next(found for found in meta["resources"] if found["path"] == "kerncijfers.csv")
        resource.update(hash=f"sha256:{hashlib.sha256(wrong).hexdigest()}", bytes=len(wrong))
        described.write_text(json.dumps(meta), "utf-8")
        found = {kind for [kind] in validate(copy).flatten(["type"])}
        refuse(found != {"constraint-error"}, f"a planted code was found as {found}")
        table.write_bytes(true)
        found = {kind for [kind] in validate(copy).flatten(["type"])}
        refuse("hash-count" not in found and "hash-error" not in found, f"a planted digest was found as {found}")


def documents(store: Path, folder: Path):
    """Each document that has a schema."""
    for table in (*TABLES, "toelichting"):
        yield table, folder / f"{table}.json"
    kind, period, number = folder.parts[-3:]
    yield "manifest", store / "manifests" / kind / period / f"{number}.json"
    yield "latest", store / "latest.json"
    yield from (("erratum", path) for path in sorted(store.glob("errata/*.json")))


def wronger(name: str, value: dict) -> list[dict]:
    """The document with mistakes of several kinds."""
    extra = {**value, "geheim": 3}
    missing = {key: found for key, found in value.items() if key != next(iter(value))}
    wrong = [extra, missing]
    if name in TABLES and value["rijen"]:
        row = value["rijen"][0]
        typed = {key: [found] for key, found in row.items()}
        wrong += [{**value, "rijen": [{**row, key: typed[key]}]} for key in row]
        wrong += [{**value, "rijen": [{**row, "regio_code": "GM0363"}]}, {**value, "rijen": [{**row, "extra": 1}]}]
        if name in ("kerncijfers", "verdelingen"):
            wrong += [{**value, "rijen": [{**row, "waarde": found}]} for found in (3, -5, 5.5, "5")]
    return wrong


def schemas(store: Path) -> dict:
    accepted = refused = 0
    for folder in issues(store):
        for name, path in documents(store, folder):
            schema = json.loads((folder / "schema" / f"{name}.schema.json").read_text("utf-8"))
            jsonschema.Draft202012Validator.check_schema(schema)
            checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
            one = jsonschema.Draft202012Validator(schema, format_checker=checker)
            other = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
            value = json.loads(path.read_text("utf-8"))
            # The second engine is fast and reads every row; the first reads the same but of a table the first thousand.
            short = {**value, "rijen": value["rijen"][:1000]} if "rijen" in value else value
            errors = [error.message for error in one.iter_errors(short)] + [error.message for error in other.iter_errors(value)]
            refuse(bool(errors), f"{path}: {errors[:3]}")
            accepted += 1
            for wrong in wronger(name, short):
                refuse(one.is_valid(wrong) or other.is_valid(wrong), f"{path}: a planted mistake passes: {str(wrong)[:300]}")
                refused += 1
    return {"accepted": accepted, "refused": refused}


def shacl(graph: rdflib.Graph) -> tuple[bool, str]:
    shapes = rdflib.Graph().parse(Path(__file__).with_name("dcat-ap.shacl.ttl"), format="turtle")
    conforms, _, said = pyshacl.validate(graph, shacl_graph=shapes, inference="none")
    return conforms, said


def catalogue(store: Path) -> dict:
    graph = rdflib.Graph()
    graph.parse(data=(store / "catalogus.jsonld").read_bytes(), format="json-ld", publicID=BASE)
    conforms, said = shacl(graph)
    refuse(not conforms, said[:2000])
    distributions = 0
    for _, url in graph.subject_objects(DCAT.downloadURL):
        path = store / str(url).removeprefix(BASE)
        refuse(not path.is_file(), f"{url} is not there")
        distributions += 1
    for distribution, checksum in graph.subject_objects(SPDX.checksum):
        path = store / str(graph.value(distribution, DCAT.downloadURL)).removeprefix(BASE)
        digest = hashlib.sha256(path.read_bytes()).digest()
        refuse(graph.value(checksum, SPDX.checksumValue).toPython() != digest, f"{path}: another digest")
        refuse(graph.value(distribution, DCAT.byteSize).toPython() != path.stat().st_size, f"{path}: another size")
    datasets = set(graph.subjects(rdflib.RDF.type, DCAT.Dataset))
    for dataset in datasets:
        refuse((None, DCAT.dataset, dataset) not in graph, f"{dataset} is not in the catalogue")
    withdrawn = [found for found in graph.objects(None, ADMS.status) if str(found).endswith("/WITHDRAWN")]
    refused = planted_triples(graph)
    return {
        "triples": len(graph),
        "datasets": len(datasets),
        "distributions": distributions,
        "withdrawn": len(withdrawn),
        "refused": refused,
    }


def planted_triples(graph: rdflib.Graph) -> int:
    """Takes a mandatory property away from one resource of each class, one at a time; and ends a period before it begins."""
    dct = rdflib.DCTERMS
    taken = [
        (DCAT.Catalog, dct.publisher),
        (DCAT.Dataset, dct.description),
        (DCAT.Distribution, DCAT.accessURL),
        (rdflib.FOAF.Agent, rdflib.FOAF.name),
        (dct.PeriodOfTime, DCAT.startDate),
    ]
    for kind, predicate in taken:
        subject = next(graph.subjects(rdflib.RDF.type, kind))
        triples = list(graph.triples((subject, predicate, None)))
        for triple in triples:
            graph.remove(triple)
        refuse(shacl(graph)[0], f"{kind} without {predicate} passes")
        for triple in triples:
            graph.add(triple)
    period = next(graph.subjects(rdflib.RDF.type, dct.PeriodOfTime))
    end = graph.value(period, DCAT.endDate)
    graph.set((period, DCAT.endDate, rdflib.Literal(datetime.date(1999, 1, 1))))
    refuse(shacl(graph)[0], "a period that ends before it begins passes")
    graph.set((period, DCAT.endDate, end))
    return len(taken) + 1


def sheet_rows(sheet) -> list[dict]:
    rows = sheet.iter_rows(values_only=True)
    next(rows)
    codes = next(rows)
    return [dict(zip(codes, row)) for row in rows]


def typed(table: str, field: str, text: str):
    """The value of a CSV field as a spreadsheet should have it."""
    if text == "":
        return None
    if field in ("begin", "eind"):
        return datetime.datetime.fromisoformat(text)
    numbers = {"waarde", "marge", "dagen", "dagen_gedekt", "dekking", "andere_uitgave", "waarde_eerder", "verschil", "verschil_marge"}
    return float(text) if field in numbers else text


def workbook(store: Path) -> dict:
    sums, cells = {}, 0
    for folder in issues(store):
        book = openpyxl.load_workbook(folder / "tabellen.xlsx", read_only=True)
        expected = ["Lees dit", *(table.capitalize() for table in TABLES), "Begrippen"]
        refuse(book.sheetnames != expected, f"{folder}: {book.sheetnames}")
        for table in TABLES:
            with open(folder / f"{table}.csv", encoding="utf-8", newline="") as file:
                truth = list(csv.DictReader(file, delimiter=";"))
            found = sheet_rows(book[table.capitalize()])
            refuse(len(found) != len(truth), f"{folder}: {table}: {len(found)} rows, not {len(truth)}")
            for row, true in zip(found, truth):
                for field, text in true.items():
                    value = typed(table, field, text)
                    refuse(row[field] != value, f"{folder}: {table}.{field}: {row[field]!r}, not {value!r}")
                    cells += 1
            if table in ("kerncijfers", "verdelingen"):
                name = f"{folder.parts[-2]} {table}"
                sums[name] = sum(row["waarde"] or 0 for row in found)
                refuse(sums[name] != sum(int(row["waarde"] or 0) for row in truth), f"{name}: another sum")
        formulas(folder)
    return {"cells": cells, "sums": sums}


def shown(kind: str, field: str) -> str:
    """The format in which a spreadsheet shows a column's numbers."""
    if kind == "number":
        return "0.00" if field == "dekking" else "0.0"
    return "+#,##0;-#,##0;0" if field == "verschil" else "#,##0"


def in_view(sheet, resource: dict) -> None:
    """Region and measure are frozen, the period is not; counts and indicators have formats of their own."""
    codes = [cell.value for cell in sheet[2]]
    frozen = set(codes[: sheet[sheet.freeze_panes].column - 1])
    refuse("regio" not in frozen or "periode_label" in frozen, f"{sheet.title}: frozen are {frozen}")
    refuse("maat_label" in codes and "maat_label" not in frozen, f"{sheet.title}: frozen are {frozen}")
    kinds = {field["name"]: field["type"] for field in resource["schema"]["fields"]}
    for field, kind in kinds.items():
        if kind not in ("integer", "number"):
            continue
        column = codes.index(field) + 1
        cells = [cell for (cell,) in sheet.iter_rows(min_row=3, min_col=column, max_col=column) if cell.value is not None]
        formats = {cell.number_format for cell in cells}
        refuse(not formats <= {shown(kind, field)}, f"{sheet.title}.{field}: shown as {formats}")


def formulas(folder: Path) -> None:
    book = openpyxl.load_workbook(folder / "tabellen.xlsx")
    described = json.loads((folder / "datapackage.json").read_text("utf-8"))
    resources = {resource["name"]: resource for resource in described["resources"]}
    for table in TABLES:
        in_view(book[table.capitalize()], resources[table])
    for sheet in book:
        kinds = {cell.data_type for row in sheet.iter_rows() for cell in row}
        refuse("f" in kinds, f"{folder}: a formula in {sheet.title}")
        refuse(sheet.title != "Lees dit" and (sheet.freeze_panes is None or not sheet.auto_filter.ref), f"{sheet.title}: no frozen head or filter")
        # One page wide is what is meant where nothing is said.
        wide = 1 if sheet.page_setup.fitToWidth is None else sheet.page_setup.fitToWidth
        paper = (sheet.page_setup.orientation, wide, sheet.sheet_properties.pageSetUpPr.fitToPage)
        refuse(paper != ("landscape", 1, True), f"{sheet.title}: printed as {paper}")
        refuse(sheet.title != "Lees dit" and not sheet.print_title_rows, f"{sheet.title}: its head is not repeated on paper")
    eind = json.loads((folder / "toelichting.json").read_text("utf-8"))["eind"]
    refuse(str(book.properties.created.date()) != eind, f"{folder}: made on {book.properties.created}")


def feed(store: Path) -> dict:
    read = feedparser.parse((store / "feed.xml").read_bytes())
    refuse(bool(read.bozo), str(read.get("bozo_exception")))
    refuse(read.version != "atom10", read.version)
    expected = len(list(store.glob("manifests/*/*/*.json"))) + len(list(store.glob("errata/*.json")))
    refuse(len(read.entries) != expected, f"{len(read.entries)} entries, not {expected}")
    moments = [entry.updated_parsed for entry in read.entries]
    refuse(moments != sorted(moments, reverse=True), "not newest first")
    refuse(len({entry.id for entry in read.entries} | {read.feed.id}) != expected + 1, "ids are not unique")
    for link in (link for entry in read.entries for link in entry.links):
        refuse(not (store / link.href).is_file(), f"{link.href} is not there")
    broken = feedparser.parse((store / "feed.xml").read_bytes().replace(b"</entry>", b"", 1))
    refuse(not broken.bozo, "a planted mistake passes")
    return {"entries": len(read.entries), "title": read.feed.title, "generator": read.feed.generator_detail.get("version")}


def main() -> int:
    store = Path(sys.argv[1])
    refuse(not issues(store), f"no issue with a datapackage.json in {store}")
    wrong = 0
    for check in (package, schemas, catalogue, workbook, feed):
        try:
            said = {"ok": True, **check(store)}
        except Exception as error:  # One check that fails must not hide the others.
            said, wrong = {"ok": False, "error": f"{type(error).__name__}: {error}"}, 1
        print(json.dumps({"check": check.__name__, **said}, ensure_ascii=False), flush=True)
    return wrong


sys.exit(main())
