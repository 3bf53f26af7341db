"""The command's nouns: one file each, imported when it is called."""
