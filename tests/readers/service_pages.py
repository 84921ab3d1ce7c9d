"""Uses the operator's page of a running service in headless Chromium, as its users do. Usage: service_pages.py FILE.json

The file holds `address`, the tokens `operator`, `lezer` and `regio` (of VT07), the folders `good` and `bad` with a month's three files
each, `maand` of these, and `pictures`: where screenshots go. Prints what is wrong, in JSON: console errors, requests elsewhere,
violations of axe-core, sideways scroll, and whatever is not as it should be.
"""

import json
import sys
from pathlib import Path

from chromium import WIDTHS, launch, look_faults
from playwright.sync_api import expect, sync_playwright

given = json.loads(Path(sys.argv[1]).read_text("utf-8"))
base, pictures = given["address"], Path(given["pictures"])
pictures.mkdir(parents=True, exist_ok=True)
faults: list[str] = []


def watched(browser, **options):
    """A browser of one person, whose errors are faults."""
    context = browser.new_context(base_url=base, **options)
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.on("console", lambda message: faults.append(f"{page.url}: console: {message.text}") if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(f"{page.url}: error: {error}"))
    page.on("request", lambda request: None if request.url.startswith(base) else faults.append(f"request: {request.url}"))
    return page


def log_in(page, token: str) -> None:
    page.goto("/")
    page.get_by_label("Uw toegangscode").fill(token)
    page.get_by_role("button", name="Inloggen").click()


def look_at_all(browser, page, paths: list[str]) -> None:
    """Every page, wide and narrow, with a picture of each."""
    cookies = page.context.cookies()
    for width in WIDTHS:
        context = browser.new_context(base_url=base, viewport={"width": width, "height": 900}, bypass_csp=True)
        context.add_cookies(cookies)
        other = context.new_page()
        for path in paths:
            answer = other.goto(path)
            if answer.status != 200:
                faults.append(f"{path}: {answer.status}")
            name = path.strip("/").replace("/", "-").replace("?", "-") or "begin"
            other.screenshot(path=pictures / f"{name}-{width}.png", full_page=True)
            faults.extend(f"{path} at {width}: {fault}" for fault in look_faults(other, width))
        context.close()


def first_screen(browser, page) -> None:
    """With up to ten regions that need attention, the regions by month begin on the first screen; narrow, the newest month is seen."""
    for width, height in ((1400, 900), (390, 844)):
        context = browser.new_context(base_url=base, viewport={"width": width, "height": height})
        context.add_cookies(page.context.cookies())
        other = context.new_page()
        other.goto("/overzicht")
        top = other.locator("table.rooster").bounding_box()["y"]
        if width > 1000 and other.locator("table.mis tbody tr").count() <= 10 and top > height:
            faults.append(f"/overzicht: the regions by month begin at {top} of {height} pixels")
        month = other.locator("table.rooster thead th").nth(1).bounding_box()
        if month["x"] + month["width"] > width / 2:
            faults.append(f"/overzicht at {width}: the newest month stands at {month['x']}")
        context.close()


def operator(browser) -> None:
    page = watched(browser)
    page.goto("/overzicht")
    page.get_by_label("Uw toegangscode").fill(given["operator"])
    page.get_by_role("button", name="Inloggen").click()
    expect(page.get_by_role("heading", name="Vraagt nu aandacht")).to_be_visible()
    expect(page.locator("table.rooster tbody tr")).to_have_count(26)
    first_screen(browser, page)
    page.get_by_role("link", name="VT07 Gooi en Vechtstreek").first.click()
    expect(page.get_by_role("heading", name="Scorekaart")).to_be_visible()
    page.locator("#leveringen ~ div table tbody a").first.click()
    expect(page.get_by_role("heading", name="Spiegelrapport")).to_be_visible()
    backfill(page)
    page.get_by_role("link", name="Cadans").click()
    page.get_by_label("Cadans", exact=True).select_option("week")
    page.get_by_label("Reden").fill("oefening")
    page.get_by_role("button", name="Leg vast").click()
    expect(page.get_by_role("status")).to_contain_text("vastgelegd")
    page.get_by_role("link", name="Auditlog").click()
    expect(page.get_by_role("cell", name="oefening").first).to_be_visible()
    page.get_by_role("button", name="Controleer of de keten heel is").click()
    expect(page.get_by_role("status")).to_contain_text("heel")
    page.get_by_role("link", name="Publicaties").click()
    page.locator("main table tbody a").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("uitgave")
    issue = page.url.removeprefix(base)
    page.goto("/runs")
    page.locator("main table tbody a").last.click()
    expect(page.get_by_role("heading", name="Log")).to_be_visible()
    run = page.url.removeprefix(base)
    look_at_all(browser, page, [
        "/overzicht", "/regio/VT07", "/publicaties", issue, "/cadans", "/backfill", "/backfill/1", "/runs", run, "/alarmen",
        "/auditlog", "/regio/VT07/aanleveren",
    ])
    page.get_by_role("button", name="Uitloggen").click()
    expect(page.get_by_role("heading", name="Inloggen")).to_be_visible()


def backfill(page) -> None:
    """Plan, confirm, and see it come to its end without a click."""
    page.goto("/backfill")
    page.get_by_label("Eerste maand").fill(given["maand"])
    page.get_by_label("Laatste maand").fill(given["maand"])
    page.get_by_label("Regio's (geen keuze: alle)").select_option(["VT07", "VT08"])
    page.get_by_label("Reden").fill("oefening")
    page.get_by_role("button", name="Laat zien wat dit doet").click()
    expect(page.get_by_role("heading", name="Gevolgen per periode")).to_be_visible()
    page.get_by_role("button", name="Begin deze backfill").click()
    expect(page.get_by_role("heading", name="Backfill 1")).to_be_visible()
    page.locator("details summary").click()
    expect(page.locator("#live")).to_contain_text("2 van 2 regio-maanden", timeout=120_000)
    expect(page.locator("#live .kenmerken dd").first).to_have_text("klaar", timeout=120_000)
    # Only what changed was swapped: what was opened is open, and there is nothing left to decide.
    expect(page.locator("details[open] #regio-maanden tr")).to_have_count(2)
    expect(page.get_by_role("button", name="Stop voorgoed")).to_have_count(0)


def session_over(browser) -> None:
    """What is live leads to logging in when the session has ended, and back."""
    page = watched(browser)
    log_in(page, given["operator"])
    expect(page.get_by_role("heading", name="Overzicht")).to_be_visible()
    page.goto("/backfill/1")
    page.context.clear_cookies()
    page.evaluate("() => { htmx.ajax('GET', '/backfill/1', { target: '#live', select: '#live', swap: 'outerHTML' }) }")
    page.get_by_label("Uw toegangscode").fill(given["operator"])
    page.get_by_role("button", name="Inloggen").click()
    expect(page.get_by_role("heading", name="Backfill 1")).to_be_visible()
    # An answer of 401, which Chromium and the library tell in the console.
    faults[:] = [fault for fault in faults if "401" not in fault]


def deliver(page, folder: str, draft: bool) -> None:
    page.goto("/regio/VT07/aanleveren")
    page.get_by_label("Leveringsmaand").fill(given["maand"])
    page.get_by_label("Soort levering").select_option("correctie")
    page.get_by_label("Bronsysteem").fill("oefening 1.0")
    for file in ("advies", "melding", "vervolgdienst"):
        page.get_by_label(f"Bestand {file}").set_input_files(next(Path(folder).glob(f"{file}*")))
    page.get_by_role("button", name="Controleer zonder te leveren" if draft else "Lever aan").click()


def region(browser) -> None:
    page = watched(browser)
    log_in(page, given["regio"])
    expect(page.get_by_role("heading", name="VT07 Gooi en Vechtstreek")).to_be_visible()
    deliver(page, given["bad"], draft=True)
    expect(page.locator("#oordeel")).to_contain_text("afgekeurd")
    expect(page.locator("article.bevinding").first).to_be_visible()
    deliver(page, given["good"], draft=True)
    expect(page.locator("#oordeel")).to_contain_text("geaccepteerd")
    expect(page.get_by_label("Soort levering")).to_have_value("correctie")
    expect(page.get_by_role("button", name="Lever nu aan")).to_be_visible()
    deliver(page, given["good"], draft=False)
    expect(page.locator("#oordeel")).to_contain_text("geaccepteerd")
    deliver(page, given["bad"], draft=False)
    expect(page.locator("#oordeel")).to_contain_text("afgekeurd")
    page.screenshot(path=pictures / "oordeel.png", full_page=True)
    page.get_by_role("link", name="Mijn regio").click()
    expect(page.get_by_role("heading", name="Leveringen")).to_be_visible()
    look_at_all(browser, page, ["/regio/VT07", "/regio/VT07/aanleveren"])
    if page.goto("/regio/VT08").status != 403:
        faults.append("a region sees another one")
    # A refusal is an answer of 403, which Chromium tells in its console.
    faults[:] = [fault for fault in faults if "the server responded with a status of 403" not in fault]


def without_javascript(browser) -> None:
    page = watched(browser, java_script_enabled=False)
    log_in(page, given["operator"])
    expect(page.get_by_role("heading", name="Overzicht")).to_be_visible()
    page.get_by_role("link", name="Cadans").click()
    page.get_by_label("Cadans", exact=True).select_option("four_weeks")
    page.get_by_label("Reden").fill("oefening voorbij")
    page.get_by_role("button", name="Leg vast").click()
    expect(page.get_by_role("status")).to_contain_text("vastgelegd")
    page.goto("/backfill")
    page.get_by_label("Eerste maand").fill(given["maand"])
    page.get_by_label("Laatste maand").fill(given["maand"])
    page.get_by_label("Reden").fill("oefening")
    page.get_by_role("button", name="Laat zien wat dit doet").click()
    expect(page.get_by_role("button", name="Begin deze backfill")).to_be_visible()
    page.get_by_role("link", name="Toch niet").click()
    page.get_by_role("button", name="Uitloggen").click()


with sync_playwright() as playwright:
    browser = launch(playwright)
    for part in (operator, session_over, region, without_javascript):
        try:
            part(browser)
        except Exception as error:  # noqa: BLE001: whatever stops a part is a fault of the page
            faults.append(f"{part.__name__}: {error}")
    browser.close()
print(json.dumps(faults, indent=1, ensure_ascii=False))
sys.exit(1 if faults else 0)
