"""The sandbox's page in a real browser: what its user does, what he sees, and that nobody's text becomes markup."""

import json
import math
from hashlib import md5

import pytest
import requests

import ocreg
from ocreg.errors import RequestInvalid
from tests import browser
from tests.browser import Keys

ORDER = {
    "referenceNumber": "A-1",
    "consigneeName": "Test Person",
    "consigneeAddress1": "1 Example Road",
    "consigneeCountryCode": "GB",
}
CANCEL = {"orderNumber": "OCO2000023303105GB", "cancelTime": "2025-06-17T10:10:10+0800"}


@pytest.fixture(scope="module")
def page():
    started = browser.started()
    yield started
    started.quit()


@pytest.fixture
def box(page):
    page.looks()
    with ocreg.sandbox(seed=1) as running:
        yield running
        page.driver.get("about:blank")  # or the next page would find another sandbox at its address


def test_an_operation_is_found_by_a_field_and_read(page, box) -> None:
    page.open(box.url)
    page.says("37 of 37 operations")
    page.keys("/")
    page.keys("canceltime", Keys.ARROW_DOWN, Keys.ENTER)
    page.says("outbound.cancel", "#id")
    assert "1 of 37 operations" in page.text("aside")
    tree = page.text(".tree")
    assert "cancelTime" in tree
    assert "required" in tree
    assert "oc-date-time" in tree
    for title in ("FACTS", "EXAMPLES", "NOT KNOWN"):
        assert title in page.text()
    page.choose("#by-effect", "cancel")
    page.write("#search", Keys.DELETE)
    page.until(lambda: {it.text.split("\n")[0].split(" ")[0] for it in page.all("#found a")} == {"cancel"})
    assert page.complaints() == []


def test_a_call_is_filled_from_an_example_changed_in_the_form_and_sent(page, box) -> None:
    page.open(f"{box.url}/#/try/outbound.create")
    page.choose("#example", "an eBay order")
    page.write("[id='f-data:0/referenceNumber']", "FORM-1")
    assert json.loads(page.one("#json").get_property("value"))[0]["referenceNumber"] == "FORM-1"
    page.says("The payload is valid.", "#verdict")
    page.one("#json").send_keys(Keys.CONTROL, Keys.ENTER)
    page.says("Done", "#reply")
    assert "FORM-1" in page.text("#reply pre")
    assert box.sandbox.records.all("outbound")[-1]["referenceNumber"] == "FORM-1"
    (sent,) = box.requests.of("outbound.create")
    assert sent.signature.matches
    page.press("#as-python")
    page.says("client.call(", "#copy")
    assert page.complaints() == []


def test_a_mistake_is_told_while_typing_in_the_words_of_the_client(page, box) -> None:
    page.open(f"{box.url}/#/try/outbound.create")
    page.choose("#example", "the minimum, with the fields that are known to be required")
    page.write("[id='f-data:0/consigneeCountryCode']", "GBR")
    page.says("breaks 1 rule", "#verdict")
    with pytest.raises(RequestInvalid) as wrong:
        box.sandbox.registry["outbound.create"].check([{**ORDER, "consigneeCountryCode": "GBR"}])
    said = [line.strip() for line in str(wrong.value.violations[0]).splitlines()]
    assert said == [line.strip() for line in page.text("#verdict li").splitlines()]
    assert page.one("[id='f-data:0/consigneeCountryCode']").get_attribute("aria-invalid") == "true"
    assert "must have at most 2 characters, has 3" in page.text("[id='f-data:0/consigneeCountryCode-e']")
    page.press("#send")
    page.says("Nothing was sent.", "#reply")
    assert len(box.requests) == 0
    page.press("#anyway")
    page.says("Refused", "#reply")
    assert "happened: no" in page.text("#reply")
    assert [one.answer["code"] for one in box.requests.of("outbound.create")] == [3]


def test_the_form_keeps_the_digits_that_were_written(page, box) -> None:
    page.open(f"{box.url}/#/try/outbound.create")
    page.says("is valid", "#verdict")
    line = '{"skuQuantity": 12345678901234567890, "declaredValue": 19.90}'
    page.write(
        "#json",
        f'[{{"consigneeName": "T", "consigneeAddress1": "1", "consigneeCountryCode": "GB", "productList": [{line}]}}]',
    )
    page.write("[id='f-data:0/consigneeName']", "Test Person")
    text = page.one("#json").get_property("value")
    assert '"consigneeName": "Test Person"' in text
    assert '"skuQuantity": 12345678901234567890' in text
    assert '"declaredValue": 19.90' in text
    page.write("[id='f-data:0/productList/0/declaredValue']", "20.50")
    assert '"declaredValue": 20.50' in page.one("#json").get_property("value")


HELD = """
const real = window.fetch;
let held = 0;
window.fetch = (...how) => !String(how[0]).includes('check') || held++ ? real(...how)
  : new Promise(go => { window.release = go; }).then(() => real(...how)).then(reply => { setTimeout(() => { window.released = true; }, 50); return reply; });
"""


def test_an_answer_about_what_was_typed_before_is_dropped(page, box) -> None:
    page.open(f"{box.url}/#/try/outbound.cancel")
    page.says("is valid", "#verdict")
    page.js(HELD)
    page.write("[id='f-data:orderNumber']", Keys.DELETE)  # required
    page.until(lambda: page.js("return !!window.release"))
    page.write("[id='f-data:orderNumber']", "OCO2000023303105GB")
    page.until(
        lambda: (
            page.js("return performance.getEntriesByType('resource').filter(it => it.name.includes('check')).length")
            >= 2
        )
    )
    page.js("window.release()")
    page.until(lambda: page.js("return !!window.released"))
    assert "is valid" in page.text("#verdict")


def test_what_is_no_json_is_said_and_the_form_keeps_what_it_has(page, box) -> None:
    page.open(f"{box.url}/#/try/outbound.cancel")
    page.says("is valid", "#verdict")
    page.write("#json", '{"orderNumber": ')
    page.says("not JSON", "#verdict")
    page.press("#send")
    page.says("Nothing was sent.", "#reply")
    page.write("#json", '{"orderNumber": 7}')
    page.says("must be a string", "[id='f-data:orderNumber-e']")
    assert len(box.requests) == 0


def test_a_request_from_outside_arrives_by_itself_and_a_broken_one_is_seen(page, box) -> None:
    page.open(f"{box.url}/#/world")
    page.says("No faults.")
    page.choose("#kind", "503")
    page.choose("#where", "outbound.cancel")
    page.write("#keys", "count=1" + Keys.ENTER)
    page.says("503:outbound.cancel:count=1", ".switches")
    page.press("#to-requests")
    page.says("No requests yet.")
    client = box.client()
    with pytest.raises(ocreg.HttpError):
        client.call("outbound.cancel", CANCEL)
    page.says("503:outbound.cancel:count=1", "tbody")
    assert "503" in page.text("tbody tr")
    client.call("outbound.create", [ORDER])
    page.says("outbound.create", "tbody tr")
    page.choose("#only", "Fault applied")
    page.until(lambda: len(page.all("tbody tr")) == 1)
    page.press("tbody tr a")
    page.says("applied to this request", "article")
    page.press("#again")  # the fault is used up
    page.until(lambda: [one.status for one in box.requests.of("outbound.cancel")] == [503, 200])
    page.says("HTTP 200", "article")
    assert page.complaints() == []


def test_a_signature_that_does_not_match_is_explained(page, box) -> None:
    page.open(f"{box.url}/#/requests")
    path, body = "/openapi/3pp/outbound/v1/cancel", json.dumps({"data": CANCEL})
    spaceless = f"{path}|{json.dumps({'data': CANCEL}, separators=(',', ':'))}|demo-client-key|demo-secret-key"
    signed = {"clientKey": "demo-client-key", "vAuthorization": md5(spaceless.encode()).hexdigest()}
    requests.post(box.url + path, data=body, headers=signed, timeout=60)
    page.says("signature", "tbody")
    page.press("tbody tr a")
    page.says("It does not match.", "#signature")
    assert "without spaces in the JSON" in page.text("#signature")
    assert md5(f"{path}|{body}|demo-client-key|demo-secret-key".encode()).hexdigest() in page.text("article")
    assert "demo-secret-key" not in page.js("return document.body.innerText")
    page.press("#sensitive")
    page.says(f"{path}|{body}|demo-client-key|***", "article")


def test_personal_data_is_masked_until_it_is_asked_for(page, box) -> None:
    box.client().call("outbound.create", [ORDER])
    for where in ("requests/2", "world/outbound"):
        page.open(f"{box.url}/#/{where}")
        page.says("***") if where.startswith("requests") else page.until(lambda: page.all("#records details"))
        assert "Test Person" not in page.js("return document.body.textContent")
        page.press("#sensitive")
        page.until(lambda: "Test Person" in page.js("return document.body.textContent"))


def test_time_passes_and_records_and_stock_follow(page, box) -> None:
    line = {"productList": [{"mfSkuId": "OC0000001279158", "skuQuantity": 2}], "serviceRegion": "UK"}
    box.client().call("outbound.create", [{**ORDER, **line}])
    page.open(f"{box.url}/#/world/outbound")
    page.says("OC0000001279158", "table")
    page.until(lambda: "Submitted" in page.js("return document.querySelector('#records').textContent"))
    before = box.sandbox.clock()
    page.press("#day")
    page.until(lambda: '"Outbound"' in page.js("return document.querySelector('#records').textContent"))
    assert box.sandbox.clock() - before > 80_000


HOSTILE = "<img src=x onerror=\"document.title='got in'\"><script>document.title='got in'</script>"


def test_nobodys_text_becomes_markup(page, box, tmp_path) -> None:
    (tmp_path / "evil").mkdir()
    file = f"summary: {json.dumps(HOSTILE)}\ntitle: {json.dumps(HOSTILE)}\nmethod: POST\npath: /evil\neffect: read\n"
    file += "host: {sandbox: https://example.com, production: https://example.com}\nevidence: {status: announced}\n"
    file += f"data: {{type: object, properties: {{{json.dumps(HOSTILE)}: {{type: string, description: {json.dumps(HOSTILE)}}}}}}}\n"
    (tmp_path / "evil" / "one.yaml").write_text(file, "utf-8")
    with ocreg.sandbox(registry=ocreg.Registry([tmp_path])) as world:
        client = world.client()
        client.call("outbound.create", [{**ORDER, "remarks": HOSTILE, "referenceNumber": HOSTILE}])
        requests.get(f"{world.url}/{HOSTILE}", headers={"User-Agent": HOSTILE}, timeout=60)
        client.call("evil.one", {HOSTILE: HOSTILE})
        where = ["operations/evil.one", "requests", "requests/2", "requests/3", "requests/4", "world/outbound"]
        read = "return document.body.textContent + (document.querySelector('#json')?.value || '')"
        for view in where:
            page.open(f"{world.url}/#/{view}")
            page.until(lambda: "onerror" in page.js(read))
            assert page.js("return document.querySelectorAll('main img, main script').length") == 0, view
            assert page.driver.title != "got in"
        page.open(f"{world.url}/#/world/{HOSTILE}")  # there is no such kind of records
        page.says("No records.")
        page.open(f"{world.url}/#/operations/evil.one")
        page.says("yours", "article")
    with pytest.raises(Exception, match="TrustedHTML"):
        page.js("document.body.innerHTML = '<b>no</b>'")
    assert (
        page.js(
            "const it = document.createElement('script'); try { it.text = 'window.ran = 1'; document.head.append(it) } catch {} return window.ran || 0"
        )
        == 0
    )


VIEWS = (
    "operations",
    "operations/outbound.create",
    "try",
    "try/outbound.create",
    "requests",
    "requests/2",
    "world/outbound",
)


def ready(page) -> None:
    """A view is there with all that it asks for."""
    page.until(
        lambda: (
            "Loading" not in page.text()
            and page.js("return !location.hash.startsWith('#/requests/') || !!document.querySelector('article')")
        )
    )
    page.until(
        lambda: page.js("return !location.hash.startsWith('#/try/') || !!document.querySelector('#verdict .verdict')")
    )
    page.until(
        lambda: page.js("return !location.hash.startsWith('#/world') || !!document.querySelector('#records details')")
    )


def luminance(colour):
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (part / 255 for part in colour)]
    return sum(math.prod(pair) for pair in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


COLOURS = """
const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
const paint = colours => { canvas.clearRect(0, 0, 1, 1); for (const c of colours) { canvas.fillStyle = c; canvas.fillRect(0, 0, 1, 1); } return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3); };
const seen = new Map();
for (const el of document.querySelectorAll('body *')) {
  if (![...el.childNodes].some(kid => kid.nodeType === 3 && kid.data.trim()) || !el.checkVisibility() || el.disabled || el.closest('#toast, .skip, noscript, script')) continue;
  const behind = [];
  for (let up = el; up; up = up.parentElement) behind.unshift(getComputedStyle(up).backgroundColor);
  const ink = getComputedStyle(el).color;
  seen.set(behind.join() + ink, [el.tagName + '.' + el.className + ' ' + el.textContent.trim().slice(0, 30), paint(behind), paint([...behind, ink])]);
}
return [...seen.values()];
"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everything_can_be_read_in_light_and_dark_and_at_400_pixels(page, box, theme) -> None:
    box.faults.add("503:outbound.query:count=1")
    client = box.client()
    client.call(
        "outbound.create",
        [{**ORDER, "productList": [{"mfSkuId": "OC0000001279158", "skuQuantity": 2}], "serviceRegion": "UK"}],
    )
    with pytest.raises(ocreg.HttpError):
        client.call("outbound.query", {"orderNumberList": [{"orderNumber": "OCO2000023303105GB"}]})
    for view in VIEWS:
        page.looks(400, 900, theme)
        page.open(f"{box.url}/#/{view}")
        ready(page)
        assert page.js("return document.documentElement.scrollWidth") <= 400, view
        faint = [
            (what, round(contrast(back, ink), 2)) for what, back, ink in page.js(COLOURS) if contrast(back, ink) < 4.5
        ]
        assert faint == [], view


def test_everything_has_a_name_for_screen_readers_and_a_place_for_the_keyboard(page, box) -> None:
    box.client().call("outbound.create", [ORDER])
    roles = {
        "button",
        "link",
        "textbox",
        "searchbox",
        "combobox",
        "checkbox",
        "spinbutton",
        "table",
        "main",
        "navigation",
    }
    for view in VIEWS:
        page.open(f"{box.url}/#/{view}")
        ready(page)
        nodes = page.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
        shown = [(n["role"]["value"], n.get("name", {}).get("value", "")) for n in nodes if not n["ignored"]]
        assert {"main", "navigation"} <= {role for role, _ in shown}
        assert [one for one in shown if one[0] in roles - {"main", "table"} and not one[1]] == [], view
        unnamed = "return [...document.querySelectorAll('input, select, textarea')].filter(it => !it.labels.length && !it.ariaLabel)"
        assert page.js(f"{unnamed}.map(it => it.outerHTML)") == [], view  # a placeholder is no name: it goes
    page.open(f"{box.url}/#/operations")
    ready(page)
    page.keys(Keys.TAB, Keys.ENTER)  # the first stop leads past the head
    assert page.js("return document.activeElement.id") == "main"
    page.press("#theme")
    assert page.js("return getComputedStyle(document.body).colorScheme") == "dark"
    page.open(f"{box.url}/#/operations")
    page.until(lambda: page.js("return getComputedStyle(document.body).colorScheme") == "dark")  # it is remembered
    page.press("#theme")


def test_the_page_goes_on_when_the_sandbox_is_back(page, box) -> None:
    page.open(f"{box.url}/#/requests")
    page.says("No requests yet.")
    page.offline(True)
    page.until(lambda: page.js("return !document.querySelector('#lost').hidden"))
    page.offline(False)
    page.until(lambda: page.js("return document.querySelector('#lost').hidden"))
    box.client().call("outbound.cancel", CANCEL)
    page.says("outbound.cancel", "tbody")


def test_an_address_that_leads_nowhere_shows_the_operations(page, box) -> None:
    for where in (
        "%",
        "operations/%E0%A4",
        "nowhere/x",
        "operations/no.such",
        "try/sku.label",
        "requests/99",
        "world/none",
    ):
        page.open(f"{box.url}/#/{where}")
        page.until(lambda: "Loading" not in page.text())
        assert page.all("nav a[aria-current]"), where


def test_the_site_of_docs_is_read_without_a_server(page, tmp_path) -> None:
    from ocreg.sandbox.page import site

    (tmp_path / "index.html").write_text(site(ocreg.Registry()), "utf-8")
    page.looks()
    page.open(f"{(tmp_path / 'index.html').as_uri()}#/operations/outbound.create")
    page.says("consigneeName", ".tree")
    assert page.all("nav a, a.go") == []
    page.write("#search", "tracking")
    page.until(lambda: "37 of 37" not in page.text("aside"))
    assert page.complaints() == []
