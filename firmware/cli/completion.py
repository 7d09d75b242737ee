"""`offhook completion`: the shell's own script, as click makes it."""

import click
from click.shell_completion import get_completion_class

VARIABLE = "_OFFHOOK_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    r"""Print the completion script of a shell.

    \b
    Examples:
      offhook completion bash > /etc/bash_completion.d/offhook
      offhook completion zsh  > "${fpath[1]}/_offhook"
      offhook completion fish > ~/.config/fish/completions/offhook.fish
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise click.ClickException(f"this version of click knows no completion for {shell}")
    root = click.get_current_context().find_root()
    click.echo(kind(root.command, {}, "offhook", VARIABLE).source())
