"""The report in a real browser: nothing fails, nothing is fetched, everything can be seen."""

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import pytest
from test_report import folder  # noqa: F401 - a fixture

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")

# Measures every figure, and what sticks out of the page, and tells the page around it.
MEASURE = """
<script>
addEventListener("load", () => {
  const figures = [...document.querySelectorAll("figure svg, figure img")].map((figure) => {
    const box = figure.getBoundingClientRect();
    return [box.width, box.height, figure.naturalWidth || 300];
  });
  const overflow = document.documentElement.scrollWidth - innerWidth;
  parent.postMessage({figures, overflow, width: innerWidth}, "*");
});
</script>
"""
AROUND = """<!doctype html><body>
<iframe src="page.html" style="border:0;width:{width}px;height:900px"></iframe>
<pre id="found"></pre><script>
addEventListener("message", (event) => {{
  document.getElementById("found").textContent = JSON.stringify(event.data);
}});
</script>"""


def opened(file: Path, *options: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [
            str(CHROMIUM),
            *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
            *("--no-first-run", "--disable-background-networking", "--disable-component-update"),
            *("--enable-logging=stderr", "--virtual-time-budget=5000"),
            *(f"--user-data-dir={file.parent / 'profile'}", "--dump-dom", *options),
            file.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )


@pytest.mark.parametrize("width", [390, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_figure_is_seen(folder, tmp_path, width, scheme) -> None:  # noqa: F811
    page = (folder / "report.html").read_text()
    (tmp_path / "page.html").write_text(page.replace("</body>", MEASURE + "</body>"))
    (tmp_path / "around.html").write_text(AROUND.format(width=width))
    dark = ["--blink-settings=preferredColorScheme=0"] if scheme == "dark" else []
    done = opened(tmp_path / "around.html", "--window-size=1500,1000", *dark)
    text = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)
    assert text, done.stderr
    found = json.loads(unescape(text[1]))
    assert found["width"] == width
    assert len(found["figures"]) == page.count("<figure")
    for shown, height, drawn in found["figures"]:
        assert min(250, drawn) <= shown <= max(720, width)
        assert height >= min(40, drawn / 2)
    assert found["overflow"] <= 0


def test_nothing_fails_and_nothing_is_fetched(folder, tmp_path) -> None:  # noqa: F811
    shutil.copy(folder / "report.html", tmp_path / "report.html")
    done = opened(tmp_path / "report.html", f"--log-net-log={tmp_path / 'net.json'}")
    assert "</html>" in done.stdout
    assert "CONSOLE" not in done.stderr
    urls = set(re.findall(r'"url":"([^"]+)"', (tmp_path / "net.json").read_text()))
    # The browser itself calls its maker, whatever is opened
    own = re.compile(r"data:|chrome|https?://([\w-]+\.)*(google|googleapis|gvt1)\.com[/:]")
    assert not [url for url in urls if not own.match(url)]


def test_the_checks_would_find_what_is_wrong(tmp_path) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text(
        "<!doctype html><body><script>console.error('broken')</script>"
        '<img src="http://127.0.0.1:9/picture.png"></body></html>'
    )
    done = opened(bad, f"--log-net-log={tmp_path / 'net.json'}")
    assert "CONSOLE" in done.stderr
    assert "127.0.0.1:9" in (tmp_path / "net.json").read_text()
