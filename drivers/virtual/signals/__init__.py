"""What is heard on the line: tones, DTMF, caller id, speech, and how they add up at the tap."""
