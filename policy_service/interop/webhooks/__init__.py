"""Webhooks in: the address they are posted to, what they say, and reading the record back."""
