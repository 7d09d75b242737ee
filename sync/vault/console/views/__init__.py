"""What pages show, as plain frozen values: made from the catalogue and the live state, without any HTML."""
