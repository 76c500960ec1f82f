"""How a benchmark that was called from the command line ends."""

import sys
from typing import Callable

from gsrender.errors import DeviceError, InputError


def exit_code(work: Callable[[], None]) -> int:
    """Does the work. 2 where input was wrong, 3 where the machine cannot, each with its sentence, as the viewer's."""
    try:
        work()
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    except DeviceError as error:
        print(error, file=sys.stderr)
        return 3
    return 0
