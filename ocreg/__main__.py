"""`python -m ocreg` is the `ocreg` command."""

from .cli import main

main()
