"""One session's feedback: its score, and the reasons for its result."""
