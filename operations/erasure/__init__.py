"""Erasing a guest's session: carried out place by place, followed to its end, and looked for afterwards."""
