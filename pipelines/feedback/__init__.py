"""From raw events to feedback: sessions, turns, scores, themes, judgements and explanations."""
