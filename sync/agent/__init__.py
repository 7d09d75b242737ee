"""The desk's agent: everything a desk says to its vaults. See sync/wire/PROTOCOL.md for the rules."""
