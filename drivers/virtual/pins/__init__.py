"""GPIO pins in software: gpiozero's own pigpio factory drives them from other processes.

bank.py is the pins themselves, pigpiod.py the socket protocol, lamps.py what a person sees on the outputs.
"""
