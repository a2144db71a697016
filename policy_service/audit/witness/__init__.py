"""A witness: remembers the newest head of each log it knows and signs only what follows from it.

It needs a key file and a folder, no database and none of the service's keys.
"""
