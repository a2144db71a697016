"""Splink 5 on DuckDB, as its own demos use it, on the same rows."""

from __future__ import annotations

from typing import Any

from bench.linkage import FEBRL_FIELDS, LinkageSet
from bench.peers import Scores, frame, keep


def splink_pairs(data: LinkageSet) -> Scores:
    """Match weights of all pairs that the demo's blocking rules find; trained without labels."""
    linker = trained_linker(data)
    predicted = linker.inference.predict(threshold_match_weight=-20).as_pandas_dataframe()
    scores: Scores = {}
    columns = predicted[["unique_id_l", "unique_id_r", "match_weight"]]
    for one, other, weight in columns.itertuples(index=False):
        pair = (one, other) if data.right is None or one in data.left else (other, one)
        keep(scores, data, pair, float(weight))
    return scores


def trained_linker(data: LinkageSet) -> Any:
    """u by random sampling, m by EM over two blocking rules."""
    from splink import DuckDBAPI, Linker, block_on

    api = DuckDBAPI()
    frames = [data.left] if data.right is None else [data.left, data.right]
    tables = [
        api.register(
            frame(rows)[list(data.fields)].reset_index(names="unique_id"),
            dataset_display_name=f"d{number}",
        )
        for number, rows in enumerate(frames)
    ]
    linker = Linker(tables if len(tables) > 1 else tables[0], _settings(data))
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for fields in _training(data):
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*fields))
    return linker


def _settings(data: LinkageSet) -> Any:
    from splink import SettingsCreator, block_on

    return SettingsCreator(
        link_type="dedupe_only" if data.right is None else "link_only",
        comparisons=_comparisons(data),
        blocking_rules_to_generate_predictions=[block_on(*fields) for fields in _rules(data)],
    )


def _comparisons(data: LinkageSet) -> list[Any]:
    import splink.comparison_library as cl

    if data.fields is not FEBRL_FIELDS:
        return [
            cl.JaroWinklerAtThresholds("first_name", [0.9, 0.7]),
            cl.JaroWinklerAtThresholds("surname", [0.9, 0.7]),
            cl.DateOfBirthComparison("dob", input_is_string=True),
            cl.ExactMatch("city").configure(term_frequency_adjustments=True),
            cl.EmailComparison("email"),
        ]
    return [
        cl.NameComparison("given_name"),
        cl.NameComparison("surname"),
        cl.DateOfBirthComparison("date_of_birth", input_is_string=True, datetime_format="%Y%m%d"),
        cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
        cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]),
        cl.JaroWinklerAtThresholds("suburb", [0.9, 0.7]),
        cl.JaroWinklerAtThresholds("address_1", [0.9, 0.7]),
    ]


def _rules(data: LinkageSet) -> tuple[tuple[str, ...], ...]:
    if data.fields is not FEBRL_FIELDS:
        return (("first_name",), ("surname",), ("dob",), ("email",))
    return (
        ("given_name", "surname"),
        ("date_of_birth",),
        ("given_name", "postcode"),
        ("surname", "postcode"),
        ("street_number", "address_1"),
        ("suburb", "postcode", "street_number"),
    )


def _training(data: LinkageSet) -> tuple[tuple[str, ...], ...]:
    if data.fields is not FEBRL_FIELDS:
        return ("first_name", "surname"), ("dob",)
    return ("date_of_birth",), ("postcode",)
