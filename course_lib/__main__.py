"""The one door: `python3 -m course_lib COMMAND`, and the same thing as `course COMMAND` once installed.

A learner on a fresh machine has Python and a clone, nothing else. So everything from here to the moment where the
course's own environment takes over runs on the standard library, and is written so that Python 3.8 can still read it:
a person with an old Python must get a sentence that says so, not a SyntaxError. That is the pitfall to keep in mind
when changing this file, `course_lib/__init__.py`, `errors.py`, `cli/__init__.py` or `cli/bootstrap_needs.py`: newer
syntax is fine in annotations (they are never evaluated) and nowhere else.

Whatever a person can put right arrives here as a `CourseError` and leaves as two lines on stderr and exit code 1.
Ctrl-C leaves as one line and 130, the code that shells use for it (128 + SIGINT). Where the reader of the output has left
(`course grade 08 | head`), it leaves without a word and with 141 (128 + SIGPIPE).
"""

from __future__ import annotations

import os
import sys

from course_lib.errors import CourseError

INTERRUPTED = 130
NOBODY_READS = 141


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code.

    Args:
        arguments: the words after `course`; those of this process when None.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        from course_lib.cli.bootstrap_needs import check_python

        check_python(" ".join(words))
        from course_lib import cli

        code = cli.main(words)
        sys.stdout.flush()
        return code
    except CourseError as error:
        sys.stdout.flush()
        print(error.problem, error.remedy, sep="\n", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on from here when you run it again.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python's last flush should have where to go
        return NOBODY_READS


if __name__ == "__main__":
    sys.exit(main())
