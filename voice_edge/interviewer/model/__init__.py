"""The language model as interviewer: its prompt, its stream, and the guard over what it writes."""
