"""Looks whether what Markdown files below a folder link to is there: links.py FOLDER. Ends with 1 and names each link that leads nowhere."""

import re
import sys
from pathlib import Path
from urllib.parse import unquote

folder = Path(sys.argv[1]).resolve()
skipped = {".git", "target", "node_modules"}


def anchors(page: Path) -> set[str]:
    """Of each heading, as the code host makes them."""
    headings = re.findall(r"^#+ +(.*?) *$", page.read_text(), re.M)
    texts = [re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading) for heading in headings]
    named = {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in texts}
    return named | set(re.findall(r"<a (?:id|name)=\"([^\"]+)\"", page.read_text()))


wrong = []
for page in sorted(folder.rglob("*.md")):
    if skipped & set(page.relative_to(folder).parts):
        continue
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)
    for link in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", text)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / unquote(path)).resolve() if path else page
        where = page.relative_to(folder)
        if not target.exists() or not target.is_relative_to(folder):
            wrong.append(f"{where}: {link} is not there")
        elif anchor and target.suffix == ".md" and anchor not in anchors(target):
            wrong.append(f"{where}: {link}: no such heading")
if wrong:
    sys.exit("\n".join(wrong))
