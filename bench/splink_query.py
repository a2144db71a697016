"""Splink 5 asked about one record: the registry and its term frequencies are registered before."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from policy_service.domain.people import PersonRecord

_COLUMNS = (
    "given", "family", "birth_date", "house", "street", "city", "postcode", "phone", "email",
)  # fmt: skip
_RULES = (
    ("given", "family"),
    ("birth_date",),
    ("given", "postcode"),
    ("family", "postcode"),
    ("phone",),
    ("email",),
)
_COUNTED = ("given", "family", "city", "email")


@dataclass(frozen=True)
class Asked:
    """What a query took, in CPU and wall milliseconds, and whom Splink put first."""

    cpu: float
    wall: float
    first: str


class SplinkRegistry:
    """A registry that Splink can be asked about, with a model of `trained_model`."""

    def __init__(
        self, known: Sequence[PersonRecord], ids: Sequence[str], model: dict[str, Any]
    ) -> None:
        from splink import DuckDBAPI, Linker

        self._api = DuckDBAPI()
        rows = [_row(ref, record) for ref, record in zip(ids, known, strict=True)]
        self._known = self._api.register(_frame(rows), dataset_display_name="known")
        self._linker = Linker(self._known, model)
        for column in _COUNTED:
            self._linker.table_management.compute_tf_table(column)
        self._asked = 0

    def ask(self, query: PersonRecord) -> Asked:
        """One record against all."""
        self._asked += 1
        wall, cpu = time.perf_counter(), time.process_time()
        frame = _frame([_row("query", query)])
        record = self._api.register(frame, dataset_display_name=f"query_{self._asked}")
        found = self._linker.inference.predict_between(self._known, record).as_pandas_dataframe()
        took = 1000 * (time.process_time() - cpu), 1000 * (time.perf_counter() - wall)
        return Asked(*took, _first(found))


def trained_model(pairs: Sequence[tuple[PersonRecord, PersonRecord]]) -> dict[str, Any]:
    """u by random sampling and m by EM, without labels, over people of whom two records exist."""
    from splink import DuckDBAPI, Linker, block_on

    rows = [_row(f"{n}-{m}", one) for n, both in enumerate(pairs) for m, one in enumerate(both)]
    linker = Linker(DuckDBAPI().register(_frame(rows)), _settings())
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for fields in (("birth_date",), ("given", "family")):
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*fields))
    model: dict[str, Any] = linker.misc.save_model_to_json()
    return model


def _first(found: Any) -> str:
    if found.empty:
        return ""
    best = found.sort_values("match_weight").iloc[-1]
    return str(best["unique_id_r" if best["unique_id_l"] == "query" else "unique_id_l"])


def _frame(rows: Sequence[dict[str, str | None]]) -> Any:
    import pandas

    return pandas.DataFrame(rows, columns=["unique_id", *_COLUMNS]).astype("string")


def _row(ref: str, record: PersonRecord) -> dict[str, str | None]:
    name, home = record.names[0], record.addresses[0]
    values = {
        "given": name.given.lower(),
        "family": name.family.lower(),
        "birth_date": record.birth_date,
        "house": home.house,
        "street": home.street.lower(),
        "city": home.city.lower(),
        "postcode": home.postcode,
        "phone": record.phones[0] if record.phones else "",
        "email": record.emails[0] if record.emails else "",
    }
    return {"unique_id": ref, **{column: value or None for column, value in values.items()}}


def _settings() -> Any:
    import splink.comparison_library as cl
    from splink import SettingsCreator, block_on

    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            cl.NameComparison("given").configure(term_frequency_adjustments=True),
            cl.NameComparison("family").configure(term_frequency_adjustments=True),
            cl.DateOfBirthComparison("birth_date", input_is_string=True),
            cl.ExactMatch("house"),
            cl.JaroWinklerAtThresholds("street", [0.9, 0.7]),
            cl.ExactMatch("city").configure(term_frequency_adjustments=True),
            cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]),
            cl.ExactMatch("phone"),
            cl.EmailComparison("email"),
        ],
        blocking_rules_to_generate_predictions=[block_on(*fields) for fields in _RULES],
    )
