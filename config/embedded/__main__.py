"""`python -m config.embedded serve | manage | bench | test`: what the commands in `script/` run."""

import sys

from config.embedded.environment import Refused
from config.embedded.manage import bench, manage
from config.embedded.serve import serve
from config.embedded.testing import test


def main(arguments: list[str]) -> int:
    """Returns the exit status. What cannot be done is said in one line."""
    command, *rest = arguments or [""]
    try:
        match command, rest:
            case "serve", []:
                return serve(web_only=False)
            case "serve", ["--web-only"]:
                return serve(web_only=True)
            case "manage", _:
                return manage(rest)
            case "bench", [name, *others]:
                return bench(name, others)
            case "test", _:
                return test(rest)
    except Refused as refusal:
        print(f"Cannot go on: {refusal}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print("usage: script/server [--web-only]", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
