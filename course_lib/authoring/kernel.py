"""A kernel of the Python that is running now.

Jupyter finds kernels by name, in the user's folder before the environment's. A kernel "python3" that was installed for
another environment years ago would then run the course's tests. So the command line of the kernel is given here.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from course_lib.authoring.chapters import course_root
from course_lib.progress.events import OFF, VARIABLE


def kernel_manager() -> Any:
    """A manager that starts a kernel with this interpreter."""
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager

    manager: Any = AsyncKernelManager()
    quiet = "--log-level=ERROR"  # it warns that it speaks unencrypted, to a reader on the same machine
    argv = [sys.executable, "-m", "ipykernel_launcher", quiet, "-f", "{connection_file}"]
    manager._kernel_spec = KernelSpec(argv=argv, display_name="course", language="python")
    return manager


def kernel_environment() -> dict[str, str]:
    """This process's environment, with the course's folder first on Python's path. What it solves is nobody's progress."""
    path = [str(course_root()), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path), VARIABLE: OFF}


def printed(client: Any, code: str) -> str:
    """What a piece of code prints in the kernel of a running `nbclient` client; the notebook stays as it is."""
    import nbformat

    cell: Any = nbformat.v4.new_code_cell(code)
    client.nb.cells.append(cell)
    try:
        client.execute_cell(cell, len(client.nb.cells) - 1, store_history=False)
    finally:
        client.nb.cells.pop()
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")
