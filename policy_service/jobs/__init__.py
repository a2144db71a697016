"""Work rows that commit with their cause."""
