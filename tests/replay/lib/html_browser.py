# SPDX-License-Identifier: MIT
"""
html_browser.py PAGES

Opens pages as a reader would, in headless Chromium. PAGES holds NAME.html, and hostile.names: in hex, those in
hostile.html. Prints a line a test, as tests/run wants it.
"""
import functools
import http.server
import os
import sys
import threading

import browser
from report import Report, shown

PLAUSIBLE_MS = 60000  # what a page takes is printed, and is wrong only where it is absurd


class Failed(Exception):
    pass


def want(condition, why):
    if not condition:
        raise Failed(why)


class Pages(http.server.SimpleHTTPRequestHandler):
    """Serves the pages on loopback, and notes what is asked for."""

    asked = []

    def do_GET(self):  # noqa: N802, the base class calls it so
        self.asked.append(self.path)
        super().do_GET()

    def log_message(self, *_):
        pass


class Reader:
    """A browser at the pages."""

    def __init__(self, folder):
        self.folder = folder
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Pages, directory=folder))
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.browser = browser.Browser()
        self.run = self.browser.run
        self.browser.open("about:blank")  # the first tab shows pages of the browser's own
        self.browser.requests()

    def close(self):
        self.browser.close()
        self.server.shutdown()
        self.server.server_close()

    def parsed(self, name):
        with open(os.path.join(self.folder, name + ".html"), encoding="utf-8") as text:
            return Report(text.read())

    def open(self, name, width=1280, scheme="light"):
        """Loads it from its file, as an attachment is, and wants it to be content and quiet."""
        self.browser.requests()
        self.browser.messages()
        self.browser.size(width)
        self.browser.scheme(scheme)
        url = f"file://{os.path.abspath(self.folder)}/{name}.html"
        self.browser.open(url)
        self.quiet(name, {url, "data:,"})

    def quiet(self, name, allowed):
        messages = self.browser.messages()
        want(not messages, f"{name}: the console says {messages}")
        asked = set(self.browser.requests())
        want(asked <= allowed, f"{name}: asks for {sorted(asked - allowed)}")

    def milliseconds(self):
        """Until it was loaded and drawn."""
        return self.browser.ask("POST", "/execute/async", {"args": [], "script": """
            const done = arguments[0];
            requestAnimationFrame(() => requestAnimationFrame(() =>
                done(performance.getEntriesByType("navigation")[0].loadEventEnd)));"""})


# --- tests: each gets the reader, and returns what is worth saying ---

def loads(reader):
    said = []
    for name in ("big", "small", "empty", "hostile", "extremes", "losses", "clocks", "files", "raw"):
        reader.open(name)
        took = reader.milliseconds()
        want(0 < took < PLAUSIBLE_MS, f"{name}: {took} ms")
        said.append(f"{name} {took:.0f} ms, {os.path.getsize(os.path.join(reader.folder, name + '.html')) // 1024} KiB")
    return "; ".join(said)


def notices(reader):
    """The checks of `quiet` see what they are to see."""
    reader.open("small")
    reader.run("""const style = document.createElement("p");
        style.setAttribute("style", "color: red");
        document.body.append(style);""")
    want(any("Content Security Policy" in m for m in reader.browser.messages()), "a violation went unnoticed")
    reader.run("""const script = document.createElement("script");
        script.textContent = "window.canary = 1";
        document.body.append(script);""")
    want(reader.run("return window.canary === undefined"), "a script more was run")
    want(reader.browser.messages(), "a script more went unnoticed")
    reader.browser.requests()
    reader.run("""document.body.append(Object.assign(new Image(), {src: "http://127.0.0.1:9/x.png"}));""")
    want(any("Content Security Policy" in m for m in reader.browser.messages()), "a picture was let in")
    return "style, script, picture refused"


def served(reader):
    """From a server, too, nothing but the page is asked for."""
    Pages.asked.clear()
    url = f"http://127.0.0.1:{reader.server.server_address[1]}/big.html"
    reader.browser.requests()
    reader.browser.open(url)
    reader.milliseconds()
    reader.quiet("big", {url, "data:,"})
    want(Pages.asked == ["/big.html"], f"the server was asked for {Pages.asked}")
    return "one request"


ROWS = """return Array.from(document.querySelectorAll(arguments[0] + " tbody tr")).filter((row) => !row.hidden)
    .map((row) => Array.from(row.cells, (cell) => [cell.innerText, cell.dataset.v === undefined ? null : cell.dataset.v,
        cell.textContent]))"""


def column(reader, table, at, text):
    values = [row[at] for row in reader.run(ROWS, "#table-" + table)]
    if text:
        return [None if v[2] == "-" else v[2].lower() for v in values]
    return [None if v[1] is None else int(v[1]) for v in values]


def sorted_as(values, down):
    known = sorted((v for v in values if v is not None), reverse=down)
    return known + [None] * (len(values) - len(known))


def sorts(reader):
    reader.open("big")
    page = reader.parsed("big")
    before = column(reader, "files", 1, False)
    reader.browser.click(reader.browser.all("#table-files thead th:nth-child(2) button")[0])
    want(before == sorted_as(before, True) and before[0] > before[-1], f"files begin as {before[:5]}")
    want(column(reader, "files", 1, False) == sorted_as(before, False), "what was sorted already is not turned around")
    clicks = 1
    for table in ("files", "processes", "errors", "operations", "slow", "failed"):
        heads = page.tables[table].heads
        for at, head in enumerate(heads):
            text = head.text in ("File", "Process", "Error", "Operation", "Errors", "Time (UTC)", "Op", "Result")
            before = column(reader, table, at, text)
            for down in (not text, text):
                button = reader.browser.all(f"#table-{table} thead th:nth-child({at + 1}) button")[0]
                reader.browser.click(button)
                clicks += 1
                want(column(reader, table, at, text) == sorted_as(before, down), f"{table} by {head.text}, {down}")
                said = reader.run("return Array.from(document.querySelectorAll(arguments[0]), (h) => h.ariaSort)",
                                  f"#table-{table} thead th")
                want([s for s in said if s] == ["descending" if down else "ascending"], f"aria-sort says {said}")
                want(said[at], "aria-sort is another column's")
    reader.quiet("big", set())
    return f"{clicks} clicks"


def filters(reader):
    reader.open("big")
    field = reader.browser.all("#files input")[0]
    names = [row[0][2] for row in reader.run(ROWS, "#table-files")]
    for text in ("mysql", "LIBVIRT images", "24", "no such name"):
        reader.browser.clear(field)
        reader.browser.type(field, text)
        shown_rows = [row[0][2] for row in reader.run(ROWS, "#table-files")]
        expected = [n for n in names if all(word in n.lower() for word in text.lower().split())]
        want(set(shown_rows) >= set(expected), f"{text!r}: {shown_rows[:5]}")
        # A row may be there for its errors' names, which are text as well.
        want(text != "no such name" or not shown_rows, f"{text!r} finds {shown_rows[:5]}")
        want(text == "24" or sorted(shown_rows) == sorted(expected), f"{text!r}: {len(shown_rows)}, not {len(expected)}")
        said = reader.run("return document.querySelector('#files [role=status]').textContent")
        want(said == f"{len(shown_rows)} of {len(names)} rows", said)
    want(0 < len(expected) or text == "no such name", "nothing was found at all")
    button = reader.browser.all("#table-files thead th:nth-child(2) button")[0]
    reader.browser.clear(field)
    reader.browser.type(field, "mysql")
    reader.browser.click(button)  # sorting leaves the choice alone
    left = reader.run(ROWS, "#table-files")
    want(left and all("mysql" in row[0][2] for row in left), "sorting shows rows that are filtered out")
    # by an error's name
    reader.browser.type(reader.browser.all("#failed input")[0], "eintr")
    left = reader.run(ROWS, "#table-failed")
    want(left and all(row[4][0] == "EINTR" for row in left), f"EINTR: {left[:2]}")
    return f"{len(names)} rows"


def charts(reader):
    """They are there, in numbers as the data is, and tell what is pointed at."""
    reader.open("big")
    data = reader.parsed("big").data
    kinds = reader.run("""return Array.from(document.querySelectorAll(".chart"), (box) =>
        [box.dataset.chart, box.querySelectorAll("svg").length, box.querySelectorAll("svg path").length])""")
    want([k[0] for k in kinds] == ["calls", "blocks", "heat"] + ["file"] * len(data["files"]), f"charts {kinds}")
    want(all(k[1] == 1 and k[2] >= 3 for k in kinds), f"charts without lines {kinds}")
    bars = reader.run("return document.querySelector('[data-chart=calls] .fill-first').getAttribute('d').split('M').length")
    want(bars - 1 == sum(b[1] > b[2] for b in data["bins"]), f"{bars - 1} bars")
    cells = reader.run("""return Array.from(document.querySelectorAll("[data-chart=heat] .heat"))
        .reduce((sum, path) => sum + path.getAttribute("d").split("M").length - 1, 0)""")
    want(cells == len(data["heat"]), f"{cells} cells of {len(data['heat'])}")
    text = ""
    for _ in range(3):  # the third bin from the left
        text = reader.run("""const chart = document.querySelector("[data-chart=calls]");
            chart.querySelector("svg").dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowRight"}));
            return chart.querySelector("output").textContent""")
    third = next(b for b in data["bins"] if b[0] == 2)
    want(f"{third[1]:,} call" in text and "UTC" in text and "local" in text, text)
    reader.browser.size(700)
    reader.run("window.dispatchEvent(new Event('resize'))")
    wide = reader.run("return document.querySelector('[data-chart=calls] svg').viewBox.baseVal.width")
    want(400 < wide < 700, f"{wide} wide after the window became narrower")
    return f"{len(kinds)} charts, {cells} cells"


def fits(reader):
    for name in ("big", "small", "empty", "hostile", "extremes", "losses", "clocks", "files"):
        for width in (360, 1280):
            reader.open(name, width, "dark" if width == 360 else "light")
            have, over = reader.run("return [document.documentElement.clientWidth, document.documentElement.scrollWidth]")
            want(have == width and over <= width, f"{name} at {width}: {over}")
    return "360 and 1280"


def contrast(reader):
    """Text can be read in light and dark: WCAG's 4.5 to 1."""
    least = 21
    for scheme in ("light", "dark"):
        reader.open("losses", 1280, scheme)
        for selector in ("body", ".soft", ".warning", ".bad", "a", "td", "thead th", "dt", ".chart output"):
            ratio = reader.run("""
                const element = document.querySelector(arguments[0]);
                if (!element) return null;
                const parts = (color) => color.match(/[\\d.]+/g).map(Number);
                const light = (color) => parts(color).slice(0, 3).map((n) => n / 255)
                    .map((n) => (n <= 0.03928 ? n / 12.92 : ((n + 0.055) / 1.055) ** 2.4))
                    .reduce((sum, n, i) => sum + n * [0.2126, 0.7152, 0.0722][i], 0);
                let behind = element;
                while (behind && parts(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
                const pair = [light(getComputedStyle(element).color),
                              light(behind ? getComputedStyle(behind).backgroundColor : "rgb(255, 255, 255)")];
                pair.sort((a, b) => b - a);
                return (pair[0] + 0.05) / (pair[1] + 0.05)""", selector)
            if ratio is not None:
                want(ratio >= 4.5, f"{selector}, {scheme}: {ratio:.1f}")
                least = min(least, ratio)
    light = reader.run("return getComputedStyle(document.body).backgroundColor")
    reader.browser.scheme("light")
    want(light != reader.run("return getComputedStyle(document.body).backgroundColor"), "dark is as light")
    return f"{least:.1f} at least"


def local_times(reader):
    reader.open("small")
    first = reader.run("const t = document.querySelector('.facts time'); return [t.dateTime, t.nextSibling.textContent]")
    # The browser's zone is Kolkata's: five hours and a half ahead, all the year.
    hour, minute = int(first[0][11:13]), int(first[0][14:16])
    ahead = (hour * 60 + minute + 330) % 1440
    want(f" {ahead // 60:02}:{ahead % 60:02}:" in first[1] and "GMT+0530" in first[1], str(first))
    return first[1]


def survives(reader):
    """Names that would be markup stay names."""
    reader.open("hostile")
    with open(os.path.join(reader.folder, "hostile.names"), encoding="ascii") as lines:
        names = [bytes.fromhex(line.strip()) for line in lines]
    want(len(names) > 20, f"{len(names)} names")
    there = reader.run("return Array.from(document.querySelectorAll('#table-files tbody .name'), (e) => e.textContent)")
    for name in names:
        want(shown(name) in there, f"{shown(name)} is not in the table")
    hostile = reader.run("""
        document.querySelectorAll("details").forEach((d) => { d.open = true; });
        document.querySelectorAll("*").forEach((e) => {
            for (const kind of ["mouseover", "focus", "load", "error"]) e.dispatchEvent(new Event(kind));
        });
        return [typeof window.canary, document.querySelectorAll("script").length, document.querySelectorAll("style").length,
            document.querySelectorAll("img, iframe, object, embed, base, form, body svg:not(.chart svg)").length,
            document.querySelectorAll("a[href]:not([href^='#']), link:not([rel=icon]), meta[http-equiv=refresh]").length,
            document.title]""")
    want(hostile[:5] == ["undefined", 3, 1, 0, 0], f"{hostile}")
    want("<script>" in hostile[5] and "\u202e" not in hostile[5], hostile[5])
    field = reader.browser.all("#files input")[0]
    reader.browser.type(field, "</SCRIPT>")
    left = [row[0][2] for row in reader.run(ROWS, "#table-files")]
    want(left and all("</script>" in n for n in left), f"filtered: {left}")
    reader.browser.click(reader.browser.all("#table-files thead button")[0])
    reader.quiet("hostile", set())
    want(reader.run("return typeof window.canary") == "undefined", "the canary is dead")
    return f"{len(names)} names"


def without_scripts(reader):
    """A mail gateway may have taken them: the numbers, the findings and the tables are there all the same."""
    try:
        reader.browser.scripts(False)
        reader.open("big")
        reader.browser.scheme("light", "print")  # on a screen, long tables out of sight have no layout yet
        # WebDriver's own scripts don't run either: what is painted is asked of the accessibility tree.
        nodes = reader.browser.devtools("Accessibility.getFullAXTree")["nodes"]
        texts = " ".join(n["name"]["value"] for n in nodes if n["role"]["value"] == "StaticText")
        roles = [n["role"]["value"] for n in nodes]
    finally:
        reader.browser.scripts(True)
        reader.browser.scheme("light")
    page = reader.parsed("big")
    for text in [page.facts["Calls"].split()[0], "The charts are drawn by a script", *page.findings,
                 *[row[0].name for row in page.tables["files"].rows[:50]]]:
        want(text in texts, f"{text!r} is not shown")
    want(roles.count("table") == len(page.tables), f"{roles.count('table')} tables")
    want("button" not in roles and "searchbox" not in roles, "what only works with scripts is there")
    return f"{len(page.tables)} tables"


def prints(reader):
    reader.open("big")
    path = os.path.join(reader.folder, "big.pdf")
    reader.browser.paper(path)
    with open(path, "rb") as pdf:
        data = pdf.read()
    pages = data.count(b"/Type /Page\n") + data.count(b"/Type /Page/") + data.count(b"/Type /Page ")
    want(data.startswith(b"%PDF-") and 3 <= pages <= 40, f"{pages} pages, {len(data)} bytes")
    reader.browser.scheme("dark", "print")
    have = reader.run("""const shown = (s) => Array.from(document.querySelectorAll(s)).filter((e) => e.offsetHeight > 0).length;
        return [shown("nav"), shown(".tools"), shown("#table-files tbody tr"), shown(".paper"),
            getComputedStyle(document.body).backgroundColor]""")
    want(have[:3] == [0, 0, 50] and have[3] > 0 and have[4] == "rgb(255, 255, 255)", f"{have}")
    reader.browser.scheme("light")
    return f"{pages} pages"


TESTS = [loads, notices, served, sorts, filters, charts, fits, contrast, local_times, survives, without_scripts, prints]


def pictures(reader, folder):
    """To be looked at: PICTURES=DIR."""
    for name in ("big", "small", "empty", "hostile", "extremes", "losses", "clocks"):
        for width, scheme in ((1280, "light"), (1280, "dark"), (360, "light")):
            reader.open(name, width, scheme)
            reader.browser.picture(os.path.join(folder, f"{name}-{width}-{scheme}.png"))


def main():
    folder = sys.argv[1]
    try:
        reader = Reader(folder)
    except browser.Missing as missing:
        print(f"skip browser: {missing}")
        return 0
    wrong = 0
    try:
        for test in TESTS:
            try:
                print(f"ok {test.__name__} ({test(reader)})", flush=True)
            except (Failed, RuntimeError, OSError, LookupError, TypeError) as error:
                print(f"not ok {test.__name__}: {type(error).__name__}: {error}", flush=True)
                wrong += 1
        if os.environ.get("PICTURES"):
            pictures(reader, os.environ["PICTURES"])
        print(f"    Chromium {reader.browser.version}")
    finally:
        reader.close()
    return 1 if wrong else 0


sys.exit(main())
