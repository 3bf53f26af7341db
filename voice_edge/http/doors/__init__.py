"""The page at the door, and the responses that other pages share with it."""
