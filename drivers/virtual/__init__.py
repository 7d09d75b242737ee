"""The virtual desk: a telephone line, a phone, a sound card and two speakers in software.

Only the lowest layer is ours. A desk under test reaches it through the same device nodes as the real thing:
PyAudio through libasound and a capture plugin, gpiozero through its own pigpio factory, pyserial through a
tty. It runs in its own process (`python -P -m drivers.virtual --dir DIR`); `client.VirtualDesk` starts it and
has its verbs. README.md tells how to use it by hand.
"""
