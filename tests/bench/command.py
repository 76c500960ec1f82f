"""How a benchmark is called from the command line, and how it ends."""

import argparse
import sys
import traceback
from typing import Callable

from gsrender.errors import DeviceError, InputError


class Wrong(Exception):
    """What was found, in one sentence; where it was raised from an error of the program, that is shown too."""


def parser_of(module: str, about: str) -> argparse.ArgumentParser:
    """Of `python -m tests.bench.MODULE`, whose docstring says what it is `about`."""
    return argparse.ArgumentParser(prog=f"python -m tests.bench.{module}", description=about,
                                   formatter_class=argparse.RawDescriptionHelpFormatter)


def exit_code(work: Callable[[], None]) -> int:
    """Does the work. 1 where something was found Wrong, 2 where input was, 3 where the machine cannot, each with its
    sentence, as the viewer's."""
    try:
        work()
    except Wrong as found:
        if found.__cause__ and not isinstance(found.__cause__, Wrong):
            traceback.print_exception(found.__cause__)
        print(found, file=sys.stderr)
        return 1
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    except DeviceError as error:
        print(error, file=sys.stderr)
        return 3
    return 0
