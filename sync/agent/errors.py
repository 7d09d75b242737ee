"""Errors of the agent.

AgentError                a sentence a person can act on
├── EnrolError            enrolment did not happen; nothing was changed, or the same command may be repeated
├── RefusedError          something a replica sent is not taken (receipt, command, ack); nothing was changed
├── NoAnswerError         the replica could not be reached or did not answer properly; trying again may help
└── UploadRefusedError    the replica will not have this recording; trying again soon does not help
"""


class AgentError(Exception):
    pass


class EnrolError(AgentError):
    pass


class RefusedError(AgentError):
    pass


class NoAnswerError(AgentError):
    pass


class UploadRefusedError(AgentError):
    pass
