"""Child process of the tests: a hook and three lamps through stock gpiozero.

Prints "ready", then one JSON line per hook event: [name, CLOCK_MONOTONIC ns]. Green follows the hook.
"""

import json
import sys
import time

from gpiozero import LED, PWMLED, Button


def tell(name: str) -> None:
    print(json.dumps([name, time.monotonic_ns()]), flush=True)


hook = Button(17, pull_up=True, bounce_time=float(sys.argv[1]) or None)
green, red, amber = LED(5), PWMLED(6), LED(13, active_high=False)
hook.when_pressed = lambda: (green.on(), tell("lifted"))
hook.when_released = lambda: (green.off(), tell("replaced"))
print("ready", int(hook.is_pressed), flush=True)
for line in sys.stdin:
    if line.startswith("red"):
        red.value = float(line.split()[1])
    elif line.startswith("amber"):
        amber.value = int(line.split()[1])
    elif line.startswith("hook"):
        tell("up" if hook.is_pressed else "down")
