"""A slow, literal transcription of RFC 6962 section 2.1, to judge the fast code by."""

import hashlib


def literal_root(leaves):
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = split(len(leaves))
    return hashlib.sha256(b"\x01" + literal_root(leaves[:k]) + literal_root(leaves[k:])).digest()


def literal_path(m, leaves):
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*literal_path(m, leaves[:k]), literal_root(leaves[k:])]
    return [*literal_path(m - k, leaves[k:]), literal_root(leaves[:k])]


def literal_consistency(m, leaves, whole=True):
    if m == len(leaves):
        return [] if whole else [literal_root(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*literal_consistency(m, leaves[:k], whole), literal_root(leaves[k:])]
    return [*literal_consistency(m - k, leaves[k:], False), literal_root(leaves[:k])]


def split(n):
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def some_leaves(count):
    return [f"leaf {number}".encode() for number in range(count)]
