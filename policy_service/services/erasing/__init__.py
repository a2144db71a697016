"""Erasure of persons: who is meant, what stands in the way, what goes, and that it stays gone."""
