import dataclasses

import pytest

from viewer.__main__ import main


@dataclasses.dataclass
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def viewer(capfd):
    """Runs a command line in this process, so that torch is imported only once."""
    def run(*arguments) -> Ran:
        capfd.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as exit:
            code = exit.code
        return Ran(code, *capfd.readouterr())
    return run
