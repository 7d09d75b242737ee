"""The call machine: from what the line told to what a call was. Pure: no hardware, clock, thread or disk."""
