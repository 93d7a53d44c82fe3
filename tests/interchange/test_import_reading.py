"""What a file is, told by its content; and what is refused, in words that help."""

import gzip
import io
import json
import zipfile

import pytest
from pages import QUIRKS, document, saved

from ocreg import Registry
from ocreg.interchange import documents, sources
from ocreg.interchange.documents import NotReadable, load
from ocreg.interchange.matching import Known

KNOWN = Known(Registry([]))

GET = document(("get", "/3pp/stickers/v1/list", {"responses": {}}))
YAML = "openapi: 3.1.0\npaths:\n  /a: {get: {responses: {200: {description: NO}}}}\n"


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.json", "{}")
    return buffer.getvalue()


@pytest.mark.parametrize(
    "value",
    [
        GET,
        YAML,
        QUIRKS,
        "\ufeff" + YAML,
        QUIRKS.replace("\n", "\r\n"),
        f"# T\n\n## OpenAPI Specification\n\n```json\n{json.dumps(GET)}\n```\n",
    ],
)
def test_the_form_is_told_by_the_content(tmp_path, value) -> None:
    assert load(saved(tmp_path, value))["paths"]


def test_numbers_are_keys_and_words_stay_words(tmp_path) -> None:
    answers = load(saved(tmp_path, YAML))["paths"]["/a"]["get"]["responses"]
    assert answers == {"200": {"description": "NO"}}


def test_a_fence_inside_the_block_does_not_end_it(tmp_path) -> None:
    loaded = load(saved(tmp_path, QUIRKS))
    (path,) = loaded["paths"].values()
    assert path["post"]["description"].endswith("```\nand goes on.")
    assert "Node" in loaded["components"]["schemas"]


BAD = {
    "empty": (" \n", "empty"),
    "binary": (b"\x01\x00\x02", "binary"),
    "utf-16": ("﻿openapi: 3.0.1".encode("utf-16"), "save the file as UTF-8"),
    "utf-16 without a mark": ("openapi: 3.0.1".encode("utf-16-le"), "UTF-16"),
    "gbk": ("openapi: 3.0.1\ninfo: {title: 贴纸}".encode("gbk"), r"line 2.*GBK"),
    "zip": (zipped(), "zip"),
    "gzip": (gzip.compress(b"openapi: 3.0.1"), "gzip"),
    "html": ("<!DOCTYPE html><html><body>x</body></html>", "HTML page: add .md"),
    "password": ("<html><form><input type='password'></form></html>", "login form: log in"),
    "truncated json": (json.dumps(GET)[:-20], "incomplete"),
    "truncated page": (QUIRKS[: len(QUIRKS) // 2], "incomplete"),
    "no har": ({"log": {"entries": []}}, "a HAR file without a call"),
    "a har of others": ({"log": {"entries": [{"request": {"method": "GET", "url": "https://x.example/a"}, "response": {"content": {"text": "{}"}}}]}}, r"of other hosts \(x.example; --host"),
    "no postman": ({"info": {"name": "x"}, "item": []}, "a Postman collection without requests"),
    "postman 1": ({"order": [], "requests": []}, "a Postman collection of version 1, which is not supported"),
    "postman environment": ({"_postman_variable_scope": "environment", "values": []}, "a Postman environment"),
    "swagger": ({"swagger": "2.0", "paths": {}}, "Swagger 2.0, which is not supported"),
    "apifox": ({"apifoxProject": "1.0.0"}, "Apifox's own format, which is not supported"),
    "curl": ("curl -s --compressed", "a curl line without a URL"),
    "truncated curl": ("curl 'https://openapi-hk.orangeconnex.com/openapi/a", "a quote has no end"),
    "truncated curl of cmd": ('curl ^"https://x.example/a^" ^\n -H ^"a: b', "a quote has no end"),
    "truncated $'": ("curl $'https://x.example/a\\'", "a quote has no end"),
    "a copied password page": ("Stickers API\n请输入访问密码\n确定\n", "login form: log in"),
    "prose": ("Once upon a time.", "none of these"),
    "list": ("[1]", "none of these"),
    "no paths": ({"openapi": "3.0.1"}, "none of these: OpenAPI with `paths`"),
    "nan": ('{"openapi": NaN}', "NaN is not a JSON value"),
    "digits": ('{"openapi": ' + "9" * 5000 + "}", "too many digits"),
    "json 100,000 deep": ("[" * 100_000, "nested too deep"),
    "json 1,000 deep": ('{"a":' * 400 + "1" + "}" * 400, "nested deeper than 150"),
    "yaml 1,000 deep": ("openapi: " + "[" * 1000 + "]" * 1000, "nest|depth"),
    "yaml 300 deep": ("openapi: " + "[" * 300 + "]" * 300, "nested deeper than 150"),
    "an anchor in itself": ("openapi: &a [*a]", "an anchor that contains its own alias"),
    "a tag": ("openapi: !!python/object/apply:os.system [ls]", "a tag"),
    "a key twice": ("openapi: 1\nopenapi: 2", "line 2: a key occurs twice"),
    "two documents": (YAML + "---\n" + YAML, "not YAML"),
    "much yaml": ("openapi: 3.0.1\n" + "# x\n" * 1_000_001, "more than 4,000,000 characters of YAML: export it as JSON"),
    "a tab": ("openapi:\n\t- 1", "tab"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_in_words(tmp_path, case) -> None:
    value, words = BAD[case]
    with pytest.raises(NotReadable, match=f"(?s){words}") as refused:
        sources.read(saved(tmp_path, value), KNOWN)
    assert "\n" not in str(refused.value)


def test_nothing_above_the_limit_is_read(tmp_path) -> None:
    file = tmp_path / "large"
    with file.open("wb") as out:
        out.truncate(200_000_000)  # sparse
    with pytest.raises(NotReadable, match="larger than 16,000,000 bytes"):
        load(file)
    with pytest.raises(NotReadable, match="cannot be read"):
        load(tmp_path)
    assert documents.MAX_BYTES == 16_000_000


def test_aliases_are_the_value_of_their_anchor() -> None:
    loaded = documents.parse(b"openapi: &a {x: [1]}\npaths: {b: *a, c: *a}")
    assert loaded["paths"]["b"] is loaded["openapi"] is loaded["paths"]["c"]
