"""The vault's own CA, its certificates, and the broker's configuration."""
