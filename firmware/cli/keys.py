"""`offhook keys`: make and show keys."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from firmware.evidence.keys import ArchivePrivateKey, SigningKey

KINDS = {
    "archive": "opens recordings: keep it off desks, in two safe places; without it nothing can be heard",
    "desk": "signs a desk's ledger: stays on the desk",
    "vault": "signs a vault's receipts: stays on the vault",
}


@click.group()
def keys() -> None:
    r"""Make keys, and show their public halves.

    \b
    Examples:
      offhook keys new archive -o archive.pem
      offhook keys show archive.pem
    """


@keys.command()
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File to write.  [default: KIND.pem]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def new(kind: str, output: Path | None, as_json: bool) -> None:
    r"""Make a private key: archive, desk or vault.

    The file is readable by you alone (mode 0600); an existing one is never overwritten. The public
    key is printed, for settings and for `offhook verify`.

    \b
    Examples:
      offhook keys new archive -o archive.pem
      offhook keys new vault -o vault.pem
    """
    from firmware.evidence.errors import KeyFileError
    from firmware.evidence.keys import ArchivePrivateKey, SigningKey

    path = output or Path(f"{kind}.pem")
    key = ArchivePrivateKey.generate() if kind == "archive" else SigningKey.generate()
    try:
        key.save(path)
    except KeyFileError as error:
        raise click.UsageError(str(error)) from error
    _print(path, key, as_json=as_json)
    if not as_json:
        click.echo(f"This key {KINDS[kind]}.", err=True)


@keys.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(file: Path, as_json: bool) -> None:
    r"""Show kind, key id and public key of a private key file.

    \b
    Example:
      offhook keys show archive.pem
    """
    from firmware.evidence.errors import KeyFileError
    from firmware.evidence.keyfile import read_private
    from firmware.evidence.keys import ArchivePrivateKey, SigningKey

    try:
        archive = read_private(file).count(b"-----BEGIN ") == 2
        key = ArchivePrivateKey.load(file) if archive else SigningKey.load(file)
    except KeyFileError as error:
        raise click.UsageError(str(error)) from error
    _print(file, key, as_json=as_json)


def _print(path: Path, key: "ArchivePrivateKey | SigningKey", *, as_json: bool) -> None:
    from firmware.evidence.keys import ArchivePrivateKey

    kind = "archive" if isinstance(key, ArchivePrivateKey) else "signing"
    shown = {"file": str(path), "kind": kind, "key_id": key.public.key_id, "public_key": key.public.base64}
    if as_json:
        click.echo(json.dumps(shown))
        return
    for name, value in shown.items():
        click.echo(f"{name:12}{value}")
