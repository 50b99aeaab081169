"""How the site is built: `make docs`, warnings are errors, notebooks are run, nothing is fetched."""

import os
import sys
from pathlib import Path

import zwicky

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))
# Notebooks run the command of this environment, and find what is made for them.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
os.environ["PYTHONPATH"] = os.pathsep.join([str(HERE / "_ext"), os.environ.get("PYTHONPATH", "")]).rstrip(
    os.pathsep
)
os.environ["ZWICKY_DOCS_DATA"] = str(HERE / "_made")

project = "Zwicky"
author = "The Zwicky developers"
copyright = "the Zwicky developers, BSD-3-Clause"
version = release = zwicky.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
    "numpydoc",
    "myst_nb",
    "sphinx_copybutton",
    "sphinx_design",
    "api_pages",
    "command_line",
    "file_formats",
    "mock_survey",
    "shell_cells",
]
exclude_patterns = ["_build", "_made", "_ext"]
default_role = "py:obj"

myst_enable_extensions = ["colon_fence", "deflist"]
smartquotes = False  # -- is an option, not a dash
myst_heading_anchors = 3

nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 1800  # of a cell, in seconds, on a machine that does other things too
nb_merge_streams = True

autosummary_generate = False
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
maximum_signature_line_length = 80
numpydoc_show_class_members = False
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

html_theme = "pydata_sphinx_theme"
html_title = "Zwicky"
html_static_path = ["_static"]
html_css_files = ["zwicky.css"]
html_show_sourcelink = False
html_theme_options = {
    "navbar_align": "left",
    "show_prev_next": True,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
