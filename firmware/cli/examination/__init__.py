"""Doctor: is this desk fit to record, from the sound card to the vault? One file per area.

Each area is a function from settings to items; none raises for what it finds, and none opens a device that
the running recorder or panel holds: then their own word is taken.
"""
