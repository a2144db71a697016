"""GNU Health, a real record system that strangers wrote, as a client of this service."""
