"""Reading pages in a process of its own: `python -m harvesters.reader`, which harvesters/ahead.py starts.

First the source comes on standard input, then its pages one by one; what each holds goes to standard output.
The process ends with its input, so that it is gone however its starter came to an end, and touches neither
the network nor the database.
"""

import os
import pickle
import sys
from contextlib import suppress

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from harvesters.ahead import answer_for  # needs the models, so not before Django is set up
    from harvesters.garbage import rare_collections

    given, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # whatever prints may not get between the answers
    with suppress(EOFError, BrokenPipeError), rare_collections():
        harvested = pickle.load(given)  # noqa: S301 - from our own process
        while True:
            answers.write(answer_for(harvested, pickle.load(given)))  # noqa: S301
            answers.flush()


if __name__ == "__main__":
    main()
