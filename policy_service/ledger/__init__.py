"""The tamper-evident log as mathematics: canonical bytes, tree, checkpoints, commitments. Pure."""
