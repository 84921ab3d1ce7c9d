"""Headless Chromium, and what every page must be."""

import shutil
import sys
from importlib.resources import files

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]
# 320 is the width at which WCAG 2.2 (1.4.10) still wants no sideways scroll.
WIDTHS = (1280, 390, 320)
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")


def launch(playwright):
    chromium = shutil.which("chromium") or sys.exit("chromium is not installed: run tests/run")
    return playwright.chromium.launch(executable_path=chromium, args=FLAGS)


def look_faults(page, width: int) -> list[str]:
    """Violations of axe-core (WCAG 2.2 AA among its rules), and sideways scroll. The page's policy must be bypassed: it would keep axe out."""
    found = []
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    page.evaluate(AXE)
    answer = page.evaluate("axe.run({resultTypes: ['violations']})")
    found += [f"axe: {rule['id']} ({len(rule['nodes'])}): {rule['nodes'][0]['html'][:120]}" for rule in answer["violations"]]
    if not answer["passes"]:
        found.append("axe looked at nothing")
    if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
        found.append(f"it scrolls sideways: {wide} pixels")
    return found
