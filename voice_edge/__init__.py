"""The customer's side: page, turn-taking, recogniser, interviewer, session recorder, receipt page."""
