"""The tamper-evident log as mathematics: canonical bytes, Merkle tree, checkpoints, commitments.

Pure.
"""
