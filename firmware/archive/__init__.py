"""The archive's side: opened recordings become .opus, .flac and .wav files.

Needs opuslib-next, soundfile and mutagen, which verifying evidence does not; hence a package of its own.
"""
