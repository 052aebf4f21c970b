#!/usr/bin/env bash
# Builds the site from the documents with mdBook, and checks its links: `bash .ci/site.sh FOLDER`.
#
# mdBook takes pages of one folder. So the documents are put side by side in a copy, with their links changed to match.
# Links to other files lead to the repository.
set -euo pipefail

folder=$(realpath -m "${1:?"usage: bash .ci/site.sh FOLDER"}")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mdbook=${PULLCREDS_MDBOOK:-mdbook}
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

python3 - "$stage" <<'END'
import pathlib, re, sys
stage = pathlib.Path(sys.argv[1])
repository = re.search(r'^repository = "(.*)"', pathlib.Path("Cargo.toml").read_text(), re.M)[1]
pages = {page: page.name for page in sorted(pathlib.Path("docs").glob("*.md"))}
for name in ["README", "ARCHITECTURE", "CONTRIBUTING", "CHANGELOG"]:
    pages[pathlib.Path(f"{name}.md")] = "overview.md" if name == "README" else f"{name.lower()}.md"
(stage / "docs").mkdir()

def moved(page, link):
    if re.match(r"[a-z]+:|#", link):
        return link
    file, mark, anchor = link.partition("#")
    target = pathlib.Path(*[part for part in (page.parent / file).parts])
    target = pathlib.Path(target.as_posix().replace("docs/../", ""))
    return (pages.get(target) or f"{repository}/blob/main/{target}") + mark + anchor

for page, name in pages.items():
    text = re.sub(r"\]\(([^)\s]+)\)", lambda found: f"]({moved(page, found[1])})", page.read_text())
    (stage / "docs" / name).write_text(text)
END
cp book.toml "$stage"
"$mdbook" build "$stage" --dest-dir "$folder"

python3 - "$folder" <<'END'
import html.parser, pathlib, sys, urllib.parse
root = pathlib.Path(sys.argv[1])

class Page(html.parser.HTMLParser):
    def __init__(self, file):
        super().__init__()
        self.links, self.anchors = [], set()
        self.feed(file.read_text())

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.anchors.update(filter(None, [attributes.get("id"), attributes.get("name")]))
        self.links.extend(filter(None, [attributes.get("href"), attributes.get("src")]))

# The page with everything on it repeats all others, with links from its own place.
pages = {file: Page(file) for file in root.glob("*.html") if file.name not in ["print.html", "404.html", "toc.html"]}
broken = []
for file, page in pages.items():
    for link in page.links:
        if urllib.parse.urlparse(link).scheme or link.startswith("//"):
            continue
        name, _, anchor = urllib.parse.unquote(link).partition("#")
        target = (file.parent / name).resolve() if name else file
        if not target.exists() or anchor and target in pages and anchor not in pages[target].anchors:
            broken.append(f"{file.name}: {link}")
for line in sorted(set(broken)):
    print("broken link:", line)
print(f"{len(pages)} pages")
sys.exit(bool(broken) or len(pages) < 10)
END
