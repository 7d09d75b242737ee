"""Capture: blocks → pre-roll ring → encoder → sealed frames → spool. Gaps are marked, never hidden.

How the recorder's composition root uses it:

    capture = CaptureThread(
        codec=CodecSettings(codec="opus", channels=source.channels), preroll_s=2.0, queue_s=30,
        on_durable=…, on_finished=…, on_failure=…)     # all called from the capture thread
    capture.start()
    source.start(capture.emit)                 # the audio driver's thread puts blocks straight in
    …
    capture.begin("sh01-d017/12", lifted.at_ns, open_file)          # at HookLifted, after its ledger entry is
    durable
    capture.event(at_ns, "flash")                                   # E frame in the running recording
    capture.end(replaced.at_ns + tail_ns, "on_hook")                # at the time the tail ends; may lie in
    the future
    …
    source.close(); capture.close()            # ends a running recording ("shutdown"), drains, joins

- `open_file(started_ns)` makes the recording: it is called in the capture thread with the monotonic time of
  the first
  sample (the lift minus the pre-roll that there really is), so that the header's `started` is exact, and
  returns
  `OpenFile(sealer, file)`: a `RecordingSealer` and a growing file of the spool.
- `on_durable(progress)` after every fdatasync, `on_finished(finished)` once per begun recording with exact
  totals, size
  and SHA-256 of the file: what the ledger's `recording` entry needs. `finished.error` is set when the disk
  refused.
- Hook times become sample positions by the blocks' own stamps, not by when anybody noticed: the recording
  holds exactly
  the pre-roll before the lift through `end`'s time, even if `end` is called late or audio arrives late.
- While the sound card is away, the recording is there but does not grow; the gap is written when the card is
  back, or
  when the recording ends.
- `status()` gives the last block's level, peak, speech-band level, zero and frozen time, queue depth,
  progress.
- `on_failure(error)`: the thread died; the process must end. (Also set `threading.excepthook` for the
  drivers' threads.)
"""
