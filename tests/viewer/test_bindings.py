from pathlib import Path

from viewer.bindings import BINDINGS, drag_of, first_words, held_actions, markdown_table, pressed_actions
from vk_interop.input import Input


def test_no_key_has_two_meanings():
    keys = [key for binding in BINDINGS for key in binding.keys]
    assert len(keys) == len(set(keys))


def test_held_and_pressed_keys_become_actions():
    given = Input(held=frozenset(["W", "Shift", "X"]), pressed=("W", "C", "F12", "left"))
    assert held_actions(given) == {"forward", "faster"}
    assert pressed_actions(given) == ["culling", "screenshot"]


def test_under_ctrl_only_commands_act():
    given = Input(held=frozenset(["Ctrl", "Q"]), pressed=("Ctrl", "Ctrl+Q"))
    assert not held_actions(given) and pressed_actions(given) == ["quit"]
    assert pressed_actions(Input(held=frozenset(["Ctrl", "F"]), pressed=("Ctrl+F",))) == []


def test_right_and_middle_button_both_pan():
    given = Input(drag={"right": (1, 2), "middle": (10, 20), "left": (100, 200)})
    assert drag_of("pan", given) == (11, 22) and drag_of("turn", given) == (100, 200)


def test_the_markdown_table_lists_every_key_and_its_help():
    table = markdown_table()
    assert all(f"`{key}`" in table for binding in BINDINGS for key in binding.keys)
    assert all(binding.help in table for binding in BINDINGS)


def test_the_readme_lists_the_same_keys():
    assert markdown_table() in (Path(__file__).parents[2] / "README.md").read_text()


def test_the_first_words_name_keys_of_the_table():
    words = first_words()
    for wanted in ("left drag: look around", "W A S D: fly", "C: culling", "G: benchmark", "P: screenshot",
                   "Ctrl+O: open", "F1: all keys"):
        assert wanted in words
