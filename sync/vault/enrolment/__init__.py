"""How a desk becomes known: one-time codes, and certificates for them."""
