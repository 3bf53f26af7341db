"""Operations: the watch, the process supervisor, and the procedures of the runbook."""
