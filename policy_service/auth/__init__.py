"""Credentials to Principal: EHR clients and console sessions."""
