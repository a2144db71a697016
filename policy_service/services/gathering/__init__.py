"""Gather the facts of one clinician and one client: the only reading a check does."""
