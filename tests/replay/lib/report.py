# SPDX-License-Identifier: MIT
"""A report of --format html, read with Python's own parsers; what must not be in one is an error."""

import base64
import hashlib
import html.parser
import json
import re
import unicodedata

VOID = {"meta", "link", "input", "br"}
TAGS = VOID | set(
    "html head title style script body header main nav section footer h1 h2 h3 p a ul ol li dl dt dd div span strong "
    "bdi time table thead tbody tfoot tr th td figure figcaption noscript details summary".split()
)
STEERS = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}


def shown(raw):
    """Bytes of a name, as a page has to show them: what is not text, or steers it, by its bytes."""
    out = []
    for char in raw.decode("utf-8", "surrogateescape"):
        steers = unicodedata.category(char) in ("Cc", "Zl", "Zp") or unicodedata.bidirectional(char) in STEERS
        if char in "\n\t\r\\":
            out.append({"\n": "\\n", "\t": "\\t", "\r": "\\r", "\\": "\\\\"}[char])
        elif steers or char in "\u061c\u200e\u200f\ufeff" or 0xD800 <= ord(char) < 0xE000:
            out.append("".join("\\x%02x" % byte for byte in char.encode("utf-8", "surrogateescape")))
        else:
            out.append(char)
    if out and out[-1] == " ":
        out[-1] = "\\x20"
    return "".join(out)


class Cell:
    def __init__(self, attributes):
        self.value = attributes.get("data-v")
        self.title = attributes.get("title")
        self.text = ""
        self.name = None  # what of it is a name

    def number(self):
        return None if self.value is None else int(self.value)


class Table:
    def __init__(self):
        self.heads, self.rows, self.foot = [], [], []


class Report(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.stack, self.wrong = [], []
        self.tables, self.facts, self.findings = {}, {}, []
        self.scripts, self.styles, self.names = [], [], []
        self.policy = self.title = self.term = self.table = self.part = self.cell = None
        self.json = self.warning = None
        self.text = text
        self.feed(text)
        self.close()
        if self.stack:
            self.wrong.append(f"never closed: {self.stack}")
        self.data = json.loads(self.json)

    # --- what the parser tells ---

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.check(tag, attributes)
        if tag not in VOID:
            self.stack.append((tag, attributes))
        begin = getattr(self, "begin_" + tag, None)
        if begin:
            begin(attributes)

    def handle_endtag(self, tag):
        if not self.stack or self.stack[-1][0] != tag:
            self.wrong.append(f"</{tag}> after {self.stack[-3:]}")
            return
        self.stack.pop()
        if tag in ("td", "th"):
            self.cell = None
        elif tag == "table":
            self.table = None

    def handle_data(self, data):
        if not self.stack:
            return
        tag, attributes = self.stack[-1]
        if tag == "script":
            if attributes.get("type") == "application/json":
                self.json = data
            else:
                self.scripts.append(data)
        elif tag == "style":
            self.styles.append(data)
        elif tag == "title":
            self.title = data
        elif tag == "dt":
            self.term = data
            self.facts[data] = ""
        elif any(open_tag == "dd" for open_tag, _ in self.stack):
            self.facts[self.term] += data
        if any(a.get("class") == "warning" and t == "p" for t, a in self.stack) and "noscript" not in dict(self.stack):
            self.warning = (self.warning or "") + data
        if self.cell:
            self.cell.text += data
        for open_tag, open_attributes in self.stack:
            if open_tag == "bdi":
                self.names[-1] += data
                if self.cell:
                    self.cell.name = self.names[-1]

    def handle_comment(self, data):
        self.wrong.append(f"a comment: {data[:60]}")

    def handle_pi(self, data):
        self.wrong.append(f"a processing instruction: {data[:60]}")

    def unknown_decl(self, data):
        self.wrong.append(f"a declaration: {data[:60]}")

    # --- elements ---

    def begin_meta(self, attributes):
        if attributes.get("http-equiv") == "Content-Security-Policy":
            self.policy = attributes["content"]

    def begin_bdi(self, _):
        self.names.append("")

    def begin_li(self, attributes):
        if "data-finding" in attributes:
            self.findings.append(attributes["data-finding"])

    def begin_table(self, attributes):
        self.table = self.tables[attributes["id"].replace("table-", "", 1)] = Table()

    def begin_thead(self, _):
        self.part = "head"

    def begin_tbody(self, _):
        self.part = "body"

    def begin_tfoot(self, _):
        self.part = "foot"

    def begin_tr(self, _):
        if self.part != "head":
            (self.table.rows if self.part == "body" else self.table.foot).append([])

    def begin_th(self, attributes):
        self.cell = Cell(attributes)
        self.table.heads.append(self.cell)

    def begin_td(self, attributes):
        self.cell = Cell(attributes)
        (self.table.rows if self.part == "body" else self.table.foot)[-1].append(self.cell)

    # --- what must not be ---

    def check(self, tag, attributes):
        if tag not in TAGS:
            self.wrong.append(f"<{tag}>")
        for name, value in attributes.items():
            local = name == "href" and (value.startswith("#") or value == "data:,")
            if name.startswith("on") or name in ("src", "style", "srcset", "action", "formaction", "srcdoc", "nonce"):
                self.wrong.append(f"<{tag} {name}>")
            elif name in ("href", "xlink:href") and not local:
                self.wrong.append(f"<{tag} {name}={value}>")

    def complaints(self):
        """All that is wrong with the page as such."""
        wrong = list(self.wrong)
        if not self.text.startswith("<!DOCTYPE html>\n"):
            wrong.append("no doctype")
        for kind, texts in (("script-src", self.scripts), ("style-src", self.styles)):
            said = re.search(kind + r"((?: '[^']*')*)", self.policy or "")
            digests = [base64.b64encode(hashlib.sha256(t.encode()).digest()).decode() for t in texts]
            if not said or sorted(said[1].split()) != sorted(f"'sha256-{d}'" for d in digests):
                wrong.append(f"{kind} of the policy is {said and said[1]}, the page's are {digests}")
        if not (self.policy or "").startswith("default-src 'none';") or "unsafe" in self.policy:
            wrong.append(f"policy: {self.policy}")
        if re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]",
                     re.sub(r"<(script|style)>.*?</\1>", "", self.text, flags=re.S)):
            wrong.append("a character that steers")
        if re.search(r"https?:", self.json) or re.search("[<>&]", self.json):
            wrong.append("data with markup or an address")
        return wrong
