"""The site of these documents: `sphinx-build -W --keep-going -n docs docs/_build` (extra `docs`).

The pages are plain Markdown, which GitHub shows as well. So no page holds a table of contents for Sphinx: it is made
here, from the links that an index page has to pages beside and below it. A page that no index links to is an error.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from pygments.lexers.data import JsonLexer
from pygments.lexers.python import PythonLexer
from pygments.lexers.shell import BashSessionLexer
from pygments.lexers.special import TextLexer

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "ocreg"
author = "the ocreg authors"
copyright = ""
extensions = ["myst_parser", "sphinx_copybutton"]
exclude_patterns = ["_build", "generate"]
nitpicky = True
suppress_warnings = ["misc.highlighting_failure"]  # `...` in output that is compared stands for anything

myst_heading_anchors = 4  # anchors as GitHub makes them

html_theme = "furo"
html_title = "ocreg"
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
html_static_path = ["_static"]
html_css_files = ["site.css"]
copybutton_prompt_text = r"\$ |>>> |\.\.\. "  # without the prompts, and without what the commands print
copybutton_prompt_is_regexp = True
copybutton_line_continuation_character = "\\"

LEXERS = {
    **{"sh-session": BashSessionLexer, "jsonl": JsonLexer, "py": PythonLexer},
    **dict.fromkeys(("csv", "tsv", "txt"), TextLexer),
}
DOCS = Path(__file__).parent
BELOW = re.compile(r"\]\((?!\.\./|[a-z]+:)([\w./-]+)\.md\)")
ABOVE = re.compile(r"\]\(((?:\.\./)+[^)#\s]+)(?:#[^)\s]*)?\)")


def for_the_site(app: "Sphinx", name: str, source: list[str]) -> None:
    """Index pages get a hidden toctree of the pages they link to; files of the repository become downloads."""
    page = DOCS / name

    def outside(link: re.Match[str]) -> str:
        target = (page.parent / link[1]).resolve()
        return link[0] if target.is_relative_to(DOCS) or not target.is_file() else f"](path:{link[1]})"

    text = ABOVE.sub(outside, source[0])
    if page.name == "index":
        pages = "\n".join(dict.fromkeys(BELOW.findall(text)))
        text += f"\n\n```{{toctree}}\n:hidden:\n:titlesonly:\n\n{pages}\n```\n"
    source[0] = text


def setup(app: "Sphinx") -> dict[str, bool]:
    app.connect("source-read", for_the_site)
    for name, lexer in LEXERS.items():
        app.add_lexer(name, lexer)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
