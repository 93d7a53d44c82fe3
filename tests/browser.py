"""A headless Chromium (or Chrome) of the system, driven by Selenium; on Debian: apt-get install chromium-driver.

page = started()                 one browser, to be quit by whoever started it
page.open(url)                   and then what Selenium knows, and the few words below
"""

import os
import shutil
import tempfile
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

PATIENCE = 60  # seconds, on a machine that is busy with other things
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
)
_ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",  # which root has to do without; the pages are our own
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--no-proxy-server",
    "--window-size=1280,900",
)


def _browser():
    found = [path for name in _BROWSERS if (path := shutil.which(name))]
    found += [place for place in _PLACES if Path(place).is_file()]
    assert found, "these tests need Chromium or Chrome: apt-get install chromium chromium-driver"
    return found[0]


def _driver():
    found = shutil.which("chromedriver") or shutil.which("chromedriver", path=os.environ.get("CHROMEWEBDRIVER", ""))
    assert found, "these tests need chromedriver: apt-get install chromium-driver"
    return found


class Page:
    def __init__(self):
        self._profile = tempfile.TemporaryDirectory(prefix="ocreg-browser-", ignore_cleanup_errors=True)
        options = webdriver.ChromeOptions()
        options.binary_location = _browser()
        for argument in (*_ARGUMENTS, f"--user-data-dir={self._profile.name}"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(_driver()))
        self.driver.set_page_load_timeout(PATIENCE)
        self.driver.set_script_timeout(PATIENCE)

    def quit(self):
        self.driver.quit()
        self._profile.cleanup()

    def looks(self, width=1280, height=900, theme="light"):
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        media = {"features": [{"name": "prefers-color-scheme", "value": theme}]}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)

    def offline(self, off):
        self.driver.execute_cdp_cmd("Network.enable", {})
        how = {"offline": off, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        self.driver.execute_cdp_cmd("Network.emulateNetworkConditions", how)

    def open(self, url):
        """Load a page anew, whatever hash it has; also what an earlier one said to the console is forgotten."""
        self.driver.get("about:blank")
        self.driver.get_log("browser")
        self.driver.get(url)

    def complaints(self):
        """What the browser said to the console, errors only."""
        return [line["message"] for line in self.driver.get_log("browser") if line["level"] == "SEVERE"]

    def until(self, condition):
        return WebDriverWait(self.driver, PATIENCE, poll_frequency=0.02).until(lambda _: condition())

    def all(self, css):
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def one(self, css):
        """The first that fits, once it is there."""
        return self.until(lambda: next(iter(self.all(css)), None))

    def text(self, css="main"):
        """Read in one step: what is read in two may be replaced between them."""
        script = "return document.querySelector(arguments[0])?.innerText ?? ''"
        return self.driver.execute_script(script, css)

    def says(self, text, css="main"):
        """Wait until a text can be read."""
        return self.until(lambda: text in self.text(css))

    def press(self, css):
        """Click with the script's hand: nothing has to be scrolled to."""
        self.until(lambda: self.js("const it = document.querySelector(arguments[0]); it?.click(); return !!it", css))

    def write(self, css, text):
        """Replace what an input holds, by keys."""
        field = self.one(css)
        self.js("arguments[0].focus(); arguments[0].select()", field)
        field.send_keys(text)

    def choose(self, css, text):
        Select(self.one(css)).select_by_visible_text(text)

    def keys(self, *keys):
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()

    def js(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)


def started():
    return Page()


__all__ = ["Keys", "Page", "started"]
