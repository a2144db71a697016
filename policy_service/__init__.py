"""Boundary-policy service for psychotherapy practices."""
