"""What a face does: action units, label schemas, expressions over time, speech."""
