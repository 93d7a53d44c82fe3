"""Synthetic documents with the quirks of real ones, written for these tests."""

import json

ADDRESS = "/3pp/stickers/v1/placeStickerOrder"

QUIRKS = f"""\
# 贴纸 order

## OpenAPI Specification

```yaml
openapi: 3.0.1
info: {{title: '', description: '', version: 1.0.0}}
paths:
  {ADDRESS}:
    post:
      summary: 贴纸 order
      description: |-
        Orders stickers. A fence stands inside the block:
        ```json
        {{"data": []}}
        ```
        and goes on.
      tags: [Stickers]
      parameters:
        - {{name: clientKey, in: header, required: true, example: '{{{{clientKey}}}}', schema: {{type: string}}}}
        - {{name: vAuthorization, in: header, schema: {{type: string}}}}
        - {{name: Access-Token, in: header, schema: {{type: string}}}}
      requestBody:
        content:
          application/json:
            schema:
              type: object
              required: [data]
              properties:
                apiVersion: {{type: string}}
                messageId: {{type: string}}
                timestamp: {{type: integer, format: int64}}
                data:
                  type: array
                  maxItems: 50
                  items: {{$ref: '#/components/schemas/%E8%B4%B4%E7%BA%B8%C2%ABOrder%C2%BB'}}
            example: '{{"apiVersion": "1", "messageId": "{{{{$guid}}}}", "timestamp": 1, "data": [{{"stickerId": "ST-1", "pieces": 3, "colour": 2, "consigneeName": "Erika Beispiel", "tree": {{"label": "top"}}}}]}}'
      responses:
        x-200:partly:
          content:
            '*/*':
              schema: {{type: object, properties: {{}}}}
        '200':
          content:
            '*/*':
              schema:
                type: object
                x-apifox-refs:
                  01AAA: &answer
                    $ref: '#/components/schemas/Answer'
                    x-apifox-overrides: {{data: null}}
                x-apifox-orders: &orders [01AAA]
                properties:
                  code: {{type: integer, default: 0}}
                  message: {{type: string, nullable: true}}
                  messageId: {{type: [string, 'null']}}
                  data: &rows
                    type: array
                    items:
                      type: object
                      required: [stickerId]
                      properties:
                        stickerId: {{type: string, maxLength: 12, title: 贴纸编号}}
                        state: {{type: integer, enum: [1, 2]}}
                        parent: {{type: 'null'}}
        x-200:other:
          content:
            application/json:
              schema: {{type: object, properties: {{data: *rows}}}}
              x-apifox-orders: *orders
              x-unused: *answer
      security: []
      x-apifox-folder: Stickers
      x-run-in-apifox: https://app.apifox.com/web/project/1/apis/api-777000111-run
components:
  schemas:
    贴纸«Order»:
      type: object
      required: [stickerId, pieces]
      properties:
        stickerId: {{type: string, pattern: '^ST-[0-9]+$', maxLength: 12, title: 贴纸编号, x-apifox-mock: '@id'}}
        pieces: {{type: integer, format: int64, minimum: 0, exclusiveMinimum: true, default: 1}}
        colour:
          type: integer
          enum: [1, 2]
          x-apifox-enum:
            - {{value: 1, name: red, description: like a rose}}
            - {{value: 2, name: blue, description: ''}}
        note: {{type: string, nullable: true, pattern: '^\\w+.$'}}
        price: {{type: [number, 'null'], examples: [2.5]}}
        consigneeName: {{type: string}}
        tree: {{$ref: '#/components/schemas/Node'}}
        outside: {{$ref: 'https://example.com/schemas/thing.json'}}
        file: {{$ref: 'other.yaml#/Thing'}}
        upload: {{type: file}}
        itself: {{$ref: '#/components/schemas/Loop'}}
    Node:
      type: object
      properties:
        label: {{type: string}}
        below: {{type: array, items: {{$ref: '#/components/schemas/Node'}}}}
    Loop: {{$ref: '#/components/schemas/Loop'}}
    Answer: {{type: object, properties: {{code: {{type: integer}}}}}}
servers: []
```
"""


def document(*paths: tuple[str, str, dict], **extra) -> dict:
    """An OpenAPI document of (method, path, operation)."""
    listed: dict = {}
    for method, path, operation in paths:
        listed.setdefault(path, {})[method] = operation
    return {"openapi": "3.0.1", "info": {"title": "", "version": "1"}, "paths": listed, **extra}


def body(schema: dict, **media) -> dict:
    return {"content": {"application/json": {"schema": schema, **media}}}


def wrapped(data: dict) -> dict:
    """The schema of the vendor's envelope around a payload."""
    return {
        "type": "object",
        "properties": {
            "apiVersion": {"type": "string"},
            "data": data,
            "messageId": {"type": "string"},
            "timestamp": {"type": "integer"},
        },
    }


def answered(data: dict) -> dict:
    """An operation's `responses`, in the vendor's envelope."""
    fields = {"code": {"type": "integer"}, "message": {"type": "string"}, "data": data}
    return {"200": body({"type": "object", "properties": fields})}


def saved(folder, value, name="source"):
    """A file of a document: text, bytes, or what becomes JSON. Its suffix says nothing."""
    file = folder / name
    raw = value if isinstance(value, bytes) else (value if isinstance(value, str) else json.dumps(value)).encode()
    file.write_bytes(raw)
    return file
