"""Tables, one file per concept."""
