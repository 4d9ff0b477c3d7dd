"""Labelled clips in large numbers: identities, the distribution of clips, their records."""
