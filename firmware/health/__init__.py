"""Health: one file per check; findings with hysteresis. Pure but for `observer`, which looks at the desk.

observer → Snapshot → checks → Verdict → findings (raised, cleared) → the panel's lamps and the ledger.
"""
