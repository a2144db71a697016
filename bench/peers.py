"""What others make of the same rows: scores of candidate pairs.

Splink 5 on DuckDB with the comparisons and blocking rules of its own demos (the social security
number left out), trained by its own methods; recordlinkage with ECM on its own index; rapidfuzz
over all pairs. Nothing is fitted to the truth.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.linkage import FEBRL_FIELDS, LinkageSet, Pair, Row

Scores = dict[Pair, float]


def rapidfuzz_pairs(data: LinkageSet) -> Scores:
    """token_sort_ratio over all fields as one text, every pair from 60 on."""
    from rapidfuzz import fuzz, process

    left = [(ref, _text(row, data.fields)) for ref, row in data.left.items()]
    right = left
    if data.right is not None:
        right = [(ref, _text(row, data.fields)) for ref, row in data.right.items()]
    scores: Scores = {}
    texts = [text for _, text in left]
    for ref, text in right:
        for _, score, at in process.extract(
            text, texts, scorer=fuzz.token_sort_ratio, score_cutoff=60, limit=None
        ):
            keep(scores, data, (left[at][0], ref), score)
    return scores


def _text(row: Row, fields: tuple[str, ...]) -> str:
    return " ".join(row[field] for field in fields if row[field])


def keep(scores: Scores, data: LinkageSet, pair: Pair, score: float) -> None:
    """Note a pair's score, the best where it comes twice."""
    if pair[0] == pair[1]:
        return
    if data.right is None:
        pair = (min(pair), max(pair))
    scores[pair] = max(score, scores.get(pair, score))


def recordlinkage_pairs(data: LinkageSet) -> Scores:
    """ECM on binary comparisons, blocked on each of several fields (its documented use)."""
    import recordlinkage as rl

    left, right = frame(data.left), None if data.right is None else frame(data.right)
    frames = (left,) if right is None else (left, right)
    index = rl.Index()
    for field in _blocks(data):
        index.block(field)
    links = index.index(*frames)
    compare = rl.Compare()
    for field in data.fields:
        if field in ("date_of_birth", "dob", "postcode", "state", "street_number"):
            compare.exact(field, field)
        else:
            compare.string(field, field, method="jarowinkler", threshold=0.85)
    features = compare.compute(links, *frames)
    classifier = rl.ECMClassifier()
    classifier.fit(features)
    chances = classifier.prob(features)
    scores: Scores = {}
    for pair, chance in chances.items():
        keep(scores, data, pair, float(chance))
    return scores


def _blocks(data: LinkageSet) -> tuple[str, ...]:
    if data.fields is FEBRL_FIELDS:
        return ("given_name", "surname", "date_of_birth", "postcode")
    return ("first_name", "surname", "dob", "email")


def frame(rows: Mapping[str, Row]) -> Any:
    """The rows as a pandas frame, gaps as None."""
    import pandas as pd

    frame = pd.DataFrame.from_dict(rows, orient="index").replace("", None)
    frame.index.name = "ref"
    return frame
