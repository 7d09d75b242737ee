"""A sound card in software: real PyAudio, PortAudio and libasound on top of a capture plugin of ours.

card_plugin.c stands where a kernel driver stands; memory.py is what it and the simulator share.
"""
