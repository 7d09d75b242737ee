"""From MQTT into the catalogue: ledger batches and live state."""
