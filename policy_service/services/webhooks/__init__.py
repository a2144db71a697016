"""Webhooks: whom we tell and how it went; who tells us, and what arrived."""
