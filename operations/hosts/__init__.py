"""The pilot's public hosts: their addresses, certificates and answers, as seen from outside."""
