"""What do the codes say? Pack loading, three-valued conditions, clocks, the engine. Pure."""
