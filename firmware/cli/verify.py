"""`offhook verify`: is this evidence as it was recorded? Needs no desk, no vault and no network."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from firmware.evidence.keys import ArchivePrivateKey, VerifyKey
    from firmware.evidence.verify import Row


@click.command()
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="PATH..."
)
@click.option(
    "--key", type=click.Path(path_type=Path), help="Archive private key: open and check every frame."
)
@click.option(
    "--desk-key", "desk_keys", multiple=True, metavar="KEY", help="The desk's public key (base64 or file)."
)
@click.option(
    "--vault-key",
    "vault_keys",
    multiple=True,
    metavar="[NAME=]KEY",
    help="A vault's public key (base64 or file), as `offhook keys show` prints it.",
)
@click.option("--language", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@click.option("--all", "everything", is_flag=True, help="Show every row, also of many that are genuine.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.pass_context
def verify(
    ctx: click.Context,
    paths: tuple[Path, ...],
    key: Path | None,
    desk_keys: tuple[str, ...],
    vault_keys: tuple[str, ...],
    language: str,
    everything: bool,
    as_json: bool,
) -> None:
    r"""Verify recordings (.ohr), ledgers (SQLite) and receipts (.jws).

    A folder is searched whole, and what is in it is compared with each other: recordings with the
    ledger that entered them and the receipts that vaults gave for them. Nothing is written. A
    folder that names its own keys can only be consistent: give the desk's or a vault's key to confirm
    who signed.

    \b
    Examples:
      offhook verify 000000000042.ohr
      offhook verify /mnt/evidence --key archive.pem --vault-key a=kBGZ...=
      offhook verify ledger.sqlite3 --desk-key desk.pub --json

    Exit code 0: nothing is wrong, and every file was checked with something; 1: something is wrong;
    2: it could not be tried, or a file was not checked (nothing signed, not opened, not readable).
    """
    from firmware.cli.evidence_table import as_objects, print_table, reading
    from firmware.evidence.gather import Keys, find, gather
    from firmware.evidence.verify import judge

    keys = Keys(
        archive=_archive_key(key),
        desks=tuple(_verify_key(text) for text in desk_keys),
        vaults=dict(_named(number, text) for number, text in enumerate(vault_keys, 1)),
    )
    found = find(paths)
    with reading(sum(file.size for file in found), quiet=as_json, language=language) as progress:
        rows = judge(gather(found, keys, progress))
    if as_json:
        click.echo(json.dumps(as_objects(rows, language), ensure_ascii=False, indent=2))
    else:
        print_table(rows, language, everything=everything)
    ctx.exit(_exit_code(rows))


def _exit_code(rows: "list[Row]") -> int:
    from firmware.evidence.verify import Severity

    told = {finding.severity for row in rows for finding in row.findings}
    if Severity.WRONG in told:
        return 1
    return 0 if rows and not told & {Severity.NOT_CHECKED, Severity.NOT_LOOKED_AT} else 2


def _archive_key(path: Path | None) -> "ArchivePrivateKey | None":
    from firmware.evidence.errors import KeyFileError
    from firmware.evidence.keys import ArchivePrivateKey

    if path is None:
        return None
    try:
        return ArchivePrivateKey.load(path)
    except KeyFileError as error:
        raise click.UsageError(str(error)) from error


def _named(number: int, text: str) -> "tuple[str, VerifyKey]":
    name, equals, rest = text.partition("=")
    if not equals or len(name) >= 43 or not rest.strip("="):  # base64 of a key alone ends with '='
        return f"#{number}", _verify_key(text)
    return name, _verify_key(rest)


def _verify_key(text: str) -> "VerifyKey":
    from firmware.cli.keyread import read_verify_key
    from firmware.evidence.errors import EvidenceError

    try:
        return read_verify_key(text)
    except EvidenceError as error:
        raise click.UsageError(str(error)) from error
