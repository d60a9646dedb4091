"""The doctor's questions about the course's own parts: packages, Jupyter, attention views, model.

Each question is asked of the thing itself and not of its settings where that is possible: the model's file is hashed,
the model is loaded and has to answer, the kernel that Jupyter would start is compared with the Python that runs here.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path

from course_lib.cli.bootstrap_pins import problems_here
from course_lib.cli.bootstrap_places import environment_folder, repository
from course_lib.cli.doctor import Finding
from course_lib.errors import CourseError

KNOWN_QUESTION = "What is the capital of France?"
KNOWN_ANSWER = "The capital of France is Paris."
GENERIC_PYTHONS = ("python", "python{}".format(*sys.version_info), "python{}.{}".format(*sys.version_info))
PREPARE = "Run `python3 -m course_lib setup`."


def how_to_install() -> str:
    """The next step when packages are wrong: in the course's own environment, or in one that the user made."""
    if Path(sys.prefix) == environment_folder(repository()):
        return PREPARE
    return 'Run `python -m pip install -c constraints.txt -e ".[dev]"` in the project\'s folder.'


def check_packages() -> Finding:
    """Everything needed is there, in the pinned version."""
    problems = problems_here(repository())
    if problems:
        more = f" and {len(problems) - 3} more" if len(problems) > 3 else ""
        return Finding("packages", "FAIL", f"{', '.join(problems[:3])}{more}.", how_to_install())
    return Finding("packages", "OK", f"complete, as constraints.txt pins them, in {sys.prefix}")


def check_kernel() -> Finding:
    """The kernel `python3`, which every chapter asks for, is this environment's Python."""
    from jupyter_client.kernelspec import KernelSpecManager

    name = "Jupyter kernel"
    try:
        program = KernelSpecManager().get_kernel_spec("python3").argv[0]
    except KeyError:
        return Finding(name, "FAIL", "there is no kernel called python3.", how_to_install())
    if program not in GENERIC_PYTHONS and not same_program(program, sys.executable):
        remedy = f"Run `{sys.executable} -m ipykernel install --sys-prefix`, or `jupyter kernelspec remove python3`."
        return Finding(name, "FAIL", f"python3 starts {program}, which has not the course's packages.", remedy)
    return Finding(name, "OK", "python3 starts this environment")


def same_program(first: str, second: str) -> bool:
    """Whether two paths name one interpreter of one environment (links between environments do not count)."""
    found = shutil.which(first)
    return found is not None and os.path.abspath(found) == os.path.abspath(second)


def lab_extension_state(name: str) -> str:
    """`"enabled"`, `"disabled"` or `"missing"`: a JupyterLab extension, as the server would tell the page."""
    from jupyter_core.paths import jupyter_path
    from jupyterlab_server.config import get_federated_extensions, get_page_config

    folders = jupyter_path("labextensions")
    if name not in get_federated_extensions(folders):
        return "missing"
    disabled = get_page_config(folders)["disabledExtensions"]
    return "disabled" if any(entry.split(":")[0] == name for entry in disabled) else "enabled"


def server_extension_enabled(name: str) -> bool:
    """Whether Jupyter's server loads the extension `name`."""
    from jupyter_core.paths import jupyter_config_path
    from jupyter_server.extension.config import ExtensionConfigManager

    return bool(ExtensionConfigManager(read_config_path=jupyter_config_path()).get_jpserver_extensions().get(name))


def check_nbgrader() -> Finding:
    """nbgrader's Validate button and what it calls on the server are switched on."""
    state = lab_extension_state("@jupyter/nbgrader")
    if state == "missing":
        return Finding("nbgrader", "FAIL", "its JupyterLab extension is missing.", how_to_install())
    if state == "disabled":
        remedy = "Run `jupyter labextension enable @jupyter/nbgrader`."
        return Finding("nbgrader", "FAIL", "its JupyterLab extension is switched off.", remedy)
    server = "nbgrader.server_extensions.validate_assignment"
    if not server_extension_enabled(server):
        remedy = f"Run `jupyter server extension enable {server} --sys-prefix`."
        return Finding("nbgrader", "FAIL", "its server extension for Validate is switched off.", remedy)
    return Finding("nbgrader", "OK", "Validate is switched on")


def check_widgets() -> Finding:
    """JupyterLab can draw ipywidgets."""
    state = lab_extension_state("@jupyter-widgets/jupyterlab-manager")
    if state == "missing":
        return Finding("widgets", "FAIL", "the JupyterLab extension of ipywidgets is missing.", how_to_install())
    if state == "disabled":
        remedy = "Run `jupyter labextension enable @jupyter-widgets/jupyterlab-manager`."
        return Finding("widgets", "FAIL", "the JupyterLab extension of ipywidgets is switched off.", remedy)
    return Finding("widgets", "OK", "JupyterLab draws ipywidgets")


def check_attention_views() -> Finding:
    """The scripts that let bertviz draw without a network are in the installed packages."""
    name = "attention views"
    try:
        from course_lib.widgets import bertviz_scripts
    except ImportError as error:
        return Finding(name, "FAIL", f"bertviz's scripts cannot be looked up ({error}).", how_to_install())
    try:
        for library in bertviz_scripts.SCRIPTS:
            bertviz_scripts.library_source(library)
    except CourseError as error:
        return Finding(name, "FAIL", error.problem, how_to_install())
    return Finding(name, "OK", f"bertviz draws offline with {' and '.join(bertviz_scripts.SCRIPTS)} from this machine")


def check_model_files() -> Finding:
    """The default model's file has the hash in the manifest, and its conversion was made from that file."""
    from course_lib.data.assets import find_asset
    from course_lib.models.gguf import is_converted
    from course_lib.models.load import DEFAULT_ASSET, cache_dir

    asset = find_asset(DEFAULT_ASSET)
    file = asset.files[0]
    path, converted = asset.folder / file.path, cache_dir() / "models" / "default"
    if not path.is_file():
        return Finding("model files", "FAIL", f"{path} is missing.", PREPARE)
    if sha256_of(path) != file.sha256:
        return Finding("model files", "FAIL", f"{path} is damaged.", f"Delete {asset.folder}, then: {PREPARE}")
    if not is_converted(converted, file.sha256):
        return Finding("model files", "FAIL", f"{converted} is missing or was made from another file.", PREPARE)
    return Finding("model files", "OK", f"{path.name} has the hash that the manifest lists, and is converted")


def sha256_of(path: Path) -> str:
    """The hash of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_model_answer() -> Finding:
    """The default model loads and gives the answer it is known to give."""
    from course_lib.models import load_model

    model = load_model("default")
    answer = model.generate(model.chat(KNOWN_QUESTION), max_new_tokens=16).strip()
    if answer != KNOWN_ANSWER:
        converted = "the folder models/default in the course's cache (`course assets` shows where the cache is)"
        message = f"to {KNOWN_QUESTION!r} it answered {answer!r} in place of {KNOWN_ANSWER!r}."
        return Finding("model", "FAIL", message, f"Delete {converted}, then: {PREPARE}")
    return Finding("model", "OK", f"loads and answers: {answer}")
