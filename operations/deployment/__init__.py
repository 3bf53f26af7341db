"""The deployment of the containers on one host: resumable, watched, and rolled back if it fails."""
