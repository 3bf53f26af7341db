"""The report as a tagged PDF, typeset by Typst."""
