"""Bodies of `offhook vault …`, one file per group of subcommands, imported only when called."""
