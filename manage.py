#!/usr/bin/env python
"""Django's command line for Modelscout."""

import os
import sys


def main() -> None:
    """Run the management command named on the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # Beside a web server, too, whose environment says otherwise: a command has one connection, without a time limit.
    os.environ["DATABASE_POOL"] = "false"
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
