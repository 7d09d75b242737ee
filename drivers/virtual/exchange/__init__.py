"""The telephone exchange and the phone on it.

exchange.py decides what the line is in, ringing.py is an incoming call before it is answered, phone.py the
handset, listener.py what both tell to whoever shows it (pins, tty, truth).
"""
