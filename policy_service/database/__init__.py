"""Engine, sessions, column types and tables."""
