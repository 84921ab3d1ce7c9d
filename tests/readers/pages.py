"""Opens pages in headless Chromium, wide and narrow, and holds them against what a page must be. Usage: pages.py FILE…

No console error, no request but for the page itself, no violation of axe-core (WCAG 2.2 AA among its rules), no sideways scroll;
and a report prints on few sheets.
"""

import json
import re
import sys
from pathlib import Path

from chromium import WIDTHS, launch, look_faults
from playwright.sync_api import sync_playwright

MOST_SHEETS = 11


def faults(browser, path: Path, width: int) -> list[str]:
    found = []
    # The page's own policy would keep axe out.
    context = browser.new_context(viewport={"width": width, "height": 900}, bypass_csp=True)
    page = context.new_page()
    address = path.resolve().as_uri()
    page.on("console", lambda message: found.append(f"console: {message.text}") if message.type == "error" else None)
    page.on("pageerror", lambda error: found.append(f"error: {error}"))
    page.on("request", lambda request: found.append(f"request: {request.url}") if request.url != address else None)
    page.goto(address)
    found += look_faults(page, width)
    context.close()
    return found


def sheets(browser, path: Path) -> list[str]:
    page = browser.new_page()
    page.goto(path.resolve().as_uri())
    count = len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True, print_background=True)))
    page.close()
    return [] if 0 < count <= MOST_SHEETS else [f"it prints on {count} sheets"]


with sync_playwright() as playwright:
    browser = launch(playwright)
    report = {f"{name} at {width}": faults(browser, Path(name), width) for name in sys.argv[1:] for width in WIDTHS}
    report |= {f"{name} on paper": sheets(browser, Path(name)) for name in sys.argv[1:] if Path(name).name == "rapport.html"}
    browser.close()
print(json.dumps(report, indent=1))
sys.exit(any(report.values()))
