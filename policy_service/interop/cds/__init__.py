"""CDS Hooks 2.0.1 and 3.0 ballot: discovery, hook calls, cards, feedback."""
