"""What the README says is so."""

import re
from pathlib import Path

import pytest

from viewer.bindings import markdown_table
from viewer.options import SUMMARIES, parse
from viewer.view_table import markdown_table as views_table

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text()


def test_its_table_of_keys_is_the_programs():
    assert markdown_table() in TEXT


def test_its_table_of_views_is_the_programs():
    assert views_table() in TEXT


def test_its_five_lines_draw_a_picture(monkeypatch):
    monkeypatch.chdir(ROOT)
    code = re.search(r"## As a library\n\n((?:    .*\n|\n)+)", TEXT)[1].replace("\n    ", "\n").strip()
    assert len([line for line in code.splitlines() if line]) <= 5
    names = {}
    exec(code, names)
    assert names["picture"].shape == (640, 960, 3) and names["picture"].std() > 0.1


def test_it_names_every_command_and_the_options_it_names_exist(capsys):
    for command in SUMMARIES.keys() - {"window"}:
        assert f"python -m viewer {command}" in TEXT
    known = set()
    for command in SUMMARIES:
        with pytest.raises(SystemExit):
            parse([command, "--help"])
        known |= set(re.findall(r"--[a-z][a-z-]*", capsys.readouterr().out))
    assert set(re.findall(r"--[a-z][a-z-]*", TEXT)) <= known


def test_its_links_lead_somewhere():
    for link in re.findall(r"\]\(([^)]+)\)", TEXT):
        if link.startswith("#"):
            assert f"## {link[1:].replace('-', ' ')}".lower() in TEXT.lower(), link
        else:
            assert (ROOT / link).exists(), link
