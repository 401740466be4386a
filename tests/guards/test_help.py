"""Help can be read: no command is listed with half a sentence."""

from collections.abc import Iterator

import click
from click.testing import CliRunner

from lrs.cli.main import main


def groups(group: click.Group, *path: str) -> Iterator[tuple[str, ...]]:
    yield path
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from groups(command, *path, name)


def test_every_command_is_listed_with_a_whole_sentence() -> None:
    listed = [
        line
        for path in groups(main)
        for line in CliRunner().invoke(main, [*path, "--help"]).output.splitlines()
        if not line.startswith("Usage:")
    ]
    assert [line for line in listed if line.endswith("...")] == []
