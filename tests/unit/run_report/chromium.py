"""A page opened in Chromium: what its console says, and where its elements are."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 180.0  # seconds

# In a frame of a given width; the page's own rules forbid scripts, so its frame is looked at.
_PROBE = """
<body style="margin:0"><iframe style="border:0" width="%(width)d" height="3000" srcdoc="%(page)s">
</iframe><pre id="found"></pre><script>
addEventListener("load", () => {
  const page = document.querySelector("iframe").contentDocument, found = [];
  const width = %(width)d, root = page.documentElement;
  for (const details of page.querySelectorAll("details")) details.open = true;
  if (root.scrollWidth > width) found.push(`the page is ${root.scrollWidth} pixels wide`);
  const words = e => `${e.tagName} ${e.className.baseVal ?? e.className} `
    + e.textContent.slice(0, 40);
  const cut = (a, b) => Math.min(
    Math.min(a.right, b.right) - Math.max(a.left, b.left),
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top));
  for (const e of page.body.querySelectorAll("*:not(svg *)")) {
    if (e.closest(".scroll") && !e.matches(".scroll")) continue;
    if (e.getBoundingClientRect().right > width + 0.5) found.push(`beyond the page: ${words(e)}`);
  }
  const blocks = [...page.querySelectorAll("h1,h2,h3,h4,p,figure,pre,.tiles,nav,summary,.scroll")];
  const boxes = blocks.map(e => [e, e.getBoundingClientRect()]).filter(([, box]) => box.height);
  boxes.forEach(([e, box], i) => boxes.slice(i + 1).forEach(([other, its]) => {
    if (!e.contains(other) && !other.contains(e) && cut(box, its) > 1)
      found.push(`over each other: ${words(e)} | ${words(other)}`);
  }));
  for (const svg of page.querySelectorAll("svg")) {
    const all = svg.getBoundingClientRect(), scale = all.width / svg.viewBox.baseVal.width;
    const texts = [...svg.querySelectorAll("text")].map(t => [t, t.getBoundingClientRect()]);
    texts.forEach(([t, box], i) => {
      if (box.left < all.left - 1 || box.right > all.right + 1 || box.bottom > all.bottom + 1)
        found.push(`cut off: ${t.textContent} in ${svg.closest("figure").id}`);
      if (t.getAttribute("transform")) return;  // its box is larger than itself
      texts.slice(i + 1).forEach(([other, its]) => {
        if (!other.getAttribute("transform") && cut(box, its) > 2.5 * scale)
          found.push(`in ${svg.closest("figure").id}: ${t.textContent} | ${other.textContent}`);
      });
    });
  }
  document.getElementById("found").textContent = JSON.stringify(found);
});
</script></body>
"""


def program() -> str | None:
    """Where Chromium is, if it is installed."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


def console(page: Path, scratch: Path) -> list[str]:
    """What the page's console says, a line each."""
    done = _run(page, scratch, "--enable-logging=stderr", "--dump-dom")
    return [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def layout_faults(page: Path, width: int, scratch: Path) -> list[str]:
    """What lies over each other or beyond the page, at this width."""
    probe = scratch / f"probe-{width}.html"
    probe.write_text(_PROBE % {"width": width, "page": html.escape(page.read_text())})
    done = _run(probe, scratch, "--dump-dom", f"--window-size={width + 20},3000")
    found = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found and found[1], done.stderr[-2000:]
    faults: list[str] = json.loads(html.unescape(found[1]))
    return faults


def _run(page: Path, scratch: Path, *options: str) -> subprocess.CompletedProcess[str]:
    chromium = program()
    assert chromium
    return subprocess.run(
        [
            chromium,
            "--headless",
            "--no-sandbox",  # refused to root
            "--disable-gpu",
            "--disable-dev-shm-usage",
            f"--user-data-dir={scratch / 'profile'}",
            *options,
            page.resolve().as_uri(),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
