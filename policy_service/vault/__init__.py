"""Keys, wrapping, seal and open. Imports nothing but `cryptography`."""
