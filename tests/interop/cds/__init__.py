"""Tests of the CDS Hooks door."""
