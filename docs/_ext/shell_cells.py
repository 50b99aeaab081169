"""Cells that start with ``%%bash`` are shown as what they are: shell commands."""

from docutils import nodes


def _shown(app, doctree):
    for block in doctree.findall(nodes.literal_block):
        text = block.astext()
        if text.startswith("%%bash\n"):
            bare = text.removeprefix("%%bash\n")
            block.rawsource = bare
            block[:] = [nodes.Text(bare)]
            block["language"] = "sh"


def setup(app):
    app.connect("doctree-read", _shown)
    return {"parallel_read_safe": True}
