"""Puts reports of tests.bench.frames into RESULTS.md, between its two marks.

    python -m tests.bench.results frames.json more/frames.json

Of two rows about the same scene, size and culling on one machine, the later file's counts.
"""

import argparse
import json
import sys
from pathlib import Path

from tests.bench.command import parser_of
from tests.bench.tables import tables
from viewer.output import write_whole

RESULTS = Path(__file__).with_name("RESULTS.md")
BEGIN, END = "<!-- tables: written by tests.bench.results -->", "<!-- end of tables -->"


def with_tables(text: str, reports: list[dict]) -> str:
    """The text of RESULTS.md with these tables in the place of those that it has."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    if not rest or END not in rest:
        raise ValueError(f"expected {BEGIN} and, behind it, {END}")
    return f"{before}{BEGIN}\n\n{tables(reports)}\n{END}{after}"


def read_report(path: Path) -> dict:
    try:
        report = json.loads(path.read_text())
        tables([report])
    except (ValueError, LookupError, TypeError) as error:
        raise argparse.ArgumentTypeError(f"{path}: not a report of tests.bench.frames") from error
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{path}: {error.strerror}") from error
    return report


def main(arguments: list[str]):
    parser = parser_of("results", __doc__)
    parser.add_argument("reports", type=lambda path: read_report(Path(path)), metavar="frames.json", nargs="+")
    text = with_tables(RESULTS.read_text(), parser.parse_args(arguments).reports)
    with write_whole(RESULTS) as file:
        file.write(text.encode())


if __name__ == "__main__":
    main(sys.argv[1:])
