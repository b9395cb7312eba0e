# SPDX-License-Identifier: MIT
"""A headless Chromium, driven as WebDriver (https://www.w3.org/TR/webdriver2/) says: HTTP and JSON, no package needed."""

import base64
import json
import os
import re
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the standard's own key of an element

FLAGS = [
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--no-first-run",
    "--hide-scrollbars",
    "--disable-dev-shm-usage",
]


class Missing(Exception):
    """There is no browser here, or no driver for it."""


def find(*names):
    for name in names:
        path = shutil.which(name)
        if path:
            return path
    raise Missing(f"{names[0]} is not installed: run contrib/deps")


class Browser:
    def __init__(self):
        driver = find("chromedriver", "chromium-chromedriver", "chromium.chromedriver")
        self.binary = find("chromium", "chromium-browser", "google-chrome", "chrome")
        self.profile = tempfile.mkdtemp(prefix="falloctrace-browser.")
        # A home of its own: what the browser leaves behind goes with it.
        env = dict(os.environ, HOME=self.profile, TZ="Asia/Kolkata", DBUS_SESSION_BUS_ADDRESS="disabled:")
        self.driver = subprocess.Popen(
            [driver, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env
        )
        self.session = None
        try:
            self.url = f"http://127.0.0.1:{self._port()}"
            self._begin()
        except BaseException:
            self.close()
            raise

    def _port(self):
        for line in self.driver.stdout:
            found = re.search(r"started successfully on port (\d+)", line)
            if found:
                return int(found[1])
        raise RuntimeError("chromedriver did not start")

    def _begin(self):
        flags = FLAGS + [f"--user-data-dir={self.profile}/profile"]
        if os.geteuid() == 0:
            flags.append("--no-sandbox")  # Chromium refuses to be root's otherwise
        wanted = {
            "browserName": "chrome",
            "goog:chromeOptions": {"binary": self.binary, "args": flags},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }
        made = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self.session = made["sessionId"]
        self.version = made["capabilities"]["browserVersion"]

    def _ask(self, method, path, body=None):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(
            self.url + path, data, {"Content-Type": "application/json; charset=utf-8"}, method=method
        )
        # Never by way of a proxy: it is on this machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{path}: {json.load(error)['value']['message']}") from None

    def ask(self, method, path, body=None):
        return self._ask(method, f"/session/{self.session}{path}", body)

    def close(self):
        try:
            if self.session:
                self.ask("DELETE", "")
        except (OSError, RuntimeError):
            pass
        self.driver.terminate()
        self.driver.wait()
        self.driver.stdout.close()
        shutil.rmtree(self.profile, ignore_errors=True)

    # --- pages ---

    def open(self, url):
        self.ask("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        """The value that the body of a function returns."""
        return self.ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def devtools(self, command, **parameters):
        return self.ask("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def size(self, width, height=900):
        self.devtools(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )

    def scheme(self, scheme, media=""):
        """ "light" or "dark"; media: "print", or as usual."""
        self.devtools(
            "Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": scheme}]
        )

    def scripts(self, wanted):
        self.devtools("Emulation.setScriptExecutionDisabled", value=not wanted)

    def all(self, selector):
        """Elements, by a CSS selector."""
        found = self.ask("POST", "/elements", {"using": "css selector", "value": selector})
        return [element[ELEMENT] for element in found]

    def click(self, element):
        """As a hand does: it fails where something lies above it."""
        self.ask("POST", f"/element/{element}/click", {})

    def type(self, element, text):
        self.ask("POST", f"/element/{element}/value", {"text": text})

    def clear(self, element):
        self.ask("POST", f"/element/{element}/clear", {})

    def messages(self):
        """What the console said since it was asked last."""
        return [entry["message"] for entry in self.ask("POST", "/se/log", {"type": "browser"})]

    def requests(self):
        """URLs that were asked for since this was asked last."""
        urls = []
        for entry in self.ask("POST", "/se/log", {"type": "performance"}):
            event = json.loads(entry["message"])["message"]
            if event["method"] == "Network.requestWillBeSent":
                urls.append(event["params"]["request"]["url"])
        return urls

    def picture(self, path, whole=True):
        """PNG of the page."""
        made = self.devtools("Page.captureScreenshot", captureBeyondViewport=whole, format="png", **self._clip(whole))
        with open(path, "wb") as out:
            out.write(base64.b64decode(made["data"]))

    def _clip(self, whole):
        if not whole:
            return {}
        size = self.devtools("Page.getLayoutMetrics")["cssContentSize"]
        return {"clip": {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 8000), "scale": 1}}

    def paper(self, path):
        """PDF of the page, as it is printed."""
        with open(path, "wb") as out:
            out.write(base64.b64decode(self.ask("POST", "/print", {})))
