"""The audit log on a database: append, seal, sign, read, verify."""
