"""What takes more than one call, outside the engine; the client finds these rooms by name.

- `create`, `fulfilment`, `lookup`, `outcomes`, `confirming`: creates that are looked for when their outcome is unknown
- `spans`, `parts`, `pages`, `answers`, `position`, `doubles`, `reading`: `iterate`, past the limits of one request
- `sending`: `call_many`, any number of items; `stream` is what it and `iterate` give
- `rows`, `columns`, `spool`, `pushing`, `results`: `ocreg push`, the rows of a file
- `flat`, `landing`: `ocreg pull`, rows into a file
"""
