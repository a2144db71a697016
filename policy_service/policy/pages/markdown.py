"""Rule pages as Markdown: one page per rule, an index per pack, an index of packs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from policy_service.domain.decisions import Citation
from policy_service.policy.pack import Pack
from policy_service.policy.pages.build import binds_in_words, rule_page
from policy_service.policy.pages.model import GivenLine, OtherRule, RulePage
from policy_service.policy.pages.phrases import because_in_words
from policy_service.policy.pages.sentences import Sentence
from policy_service.policy.registry import PackText
from policy_service.policy.render import word_in_words
from policy_service.policy.rule import Rule, Status
from policy_service.policy.sources import Row

NOTICE = "_Made from the packs by `make rules`. Our wording, and not legal advice._"
INDEX = "README.md"


def all_pages(
    packs: Sequence[Pack], rows: Mapping[str, Row], texts: Mapping[str, PackText]
) -> dict[str, str]:
    """Every page by its path: `README.md`, `<pack>/README.md`, `<pack>/<rule>.md`.

    `texts` hold the packs' own explanations, by digest.
    """
    pages = {INDEX: packs_as_markdown(packs)}
    for pack in packs:
        pages[f"{pack.id}/{INDEX}"] = pack_as_markdown(pack, texts[pack.digest].rationale)
        for rule in pack.rules:
            page = rule_page(pack, rule, rows, packs)
            pages[f"{pack.id}/{rule.id}.md"] = rule_as_markdown(page)
    return pages


def packs_as_markdown(packs: Iterable[Pack]) -> str:
    """The packs that ship, and how many rules of each stand."""
    lines = [
        "# Rules",
        "",
        NOTICE,
        "",
        *_row("pack", "binds", "in force", "draft", "no longer", "tests"),
    ]
    lines += ["|---|---|---:|---:|---:|---:|"]
    for pack in packs:
        counted = Counter(rule.status for rule in pack.rules)
        gone = counted[Status.SUPERSEDED] + counted[Status.STRUCK_DOWN]
        named = f"[{_cell(pack.title)}, {_cell(pack.edition)}]({pack.id}/{INDEX})"
        tests = sum(len(rule.tests) for rule in pack.rules) + len(pack.cases)
        speak = (counted[Status.IN_FORCE], counted[Status.DRAFT], gone, tests)
        lines += _row(named, binds_in_words(pack.scope), *map(str, speak))
    return _page(lines)


def pack_as_markdown(pack: Pack, readme: str) -> str:
    """One pack: whom it binds, what names it, its rules, and why it says what it says."""
    lines = [f"# {pack.title}", "", NOTICE, "", "[All packs](../README.md)", ""]
    lines += [
        f"- **Body**: {pack.body}",
        f"- **Edition**: {pack.edition}",
        f"- **Binds**: {binds_in_words(pack.scope)}",
        f"- **Version**: {pack.version}, digest `{pack.digest}`",
        "",
        *_row("rule", "cites", "outcome", "status"),
        "|---|---|---|---|",
    ]
    for rule in sorted(pack.rules, key=lambda one: one.id):
        named = f"[{_cell(rule.title)}]({rule.id}.md)<br>`{rule.id}`"
        cited = "; ".join(map(_citation, rule.citations))
        lines += _row(named, cited, _outcome(rule), word_in_words(rule.status.value))
    return _page([*lines, "", *_without_title(readme)])


def _without_title(readme: str) -> list[str]:
    return readme.partition("\n")[2].strip().splitlines()


def rule_as_markdown(page: RulePage) -> str:
    """One rule."""
    sections = (
        _head(page),
        _standing(page),
        _condition(page),
        _duties(page),
        _verification(page),
        _tests(page),
        _history(page),
    )
    return _page([line for section in sections for line in section])


def _head(page: RulePage) -> Iterator[str]:
    rule, pack = page.rule, page.pack
    yield from (f"# {rule.title}", "", NOTICE, "")
    yield from (f"`{rule.id}` in [{pack.title}, {pack.edition}]({INDEX})", "")
    yield from _warning(rule)
    yield from (f"> {because_in_words(rule.because)}", "")


def _warning(rule: Rule) -> Iterator[str]:
    """So that nobody takes a draft, or what a court threw out, for law."""
    if rule.is_draft:
        yield from (f"**Draft, without authority.** {rule.to_confirm}", "")
    elif rule.authority:
        gone = word_in_words(rule.status.value).capitalize()
        yield from (f"**{gone}**: {rule.authority}. Kept on record, and never asked.", "")


def _standing(page: RulePage) -> Iterator[str]:
    rule = page.rule
    yield f"- **Outcome**: {rule.outcome.value}. {page.outcome}"
    if rule.outcome.value == "prohibit":
        yield f"- **Waivable**: {'by two people' if rule.waivable else 'by nobody'}"
    yield f"- **While undecided**: {rule.if_unknown.value}, where there is evidence"
    yield f"- **Cites**: {'; '.join(_citation(cited, edition=True) for cited in page.citations)}"
    yield f"- **Binds**: {page.binds}"
    yield f"- **Status**: {word_in_words(rule.status.value)}; {page.in_force}"
    yield f"- **Finding about**: {page.kind}"
    if page.clock:
        yield f"- **Clock**: {page.clock}"
    yield ""


def _condition(page: RulePage) -> Iterator[str]:
    yield from ("## When it speaks", "")
    yield from _sentences(page.condition, 0)
    yield ""
    if page.table:
        ways = len(page.table[0].demanded)
        heads = ["demanded"] if ways == 1 else [f"way {number}" for number in range(1, ways + 1)]
        yield from (*_row("fact", *heads), "|---|" + "---|" * ways)
        for row in page.table:
            cells = (_cell(cell) or "(not looked at)" for cell in row.demanded)
            yield from _row(f"{row.question}<br>`{row.fact}`", *cells)
        yield ""
    yield from _others("It gives way to", page.exceptions.gives_way_to)
    yield from _others("It is an exception to", page.exceptions.excepts)


def _sentences(sentence: Sentence, depth: int) -> Iterator[str]:
    said = sentence.text[:1].upper() + sentence.text[1:]
    yield f"{'  ' * depth}- {said}{':' if sentence.parts else '.'}"
    for part in sentence.parts:
        yield from _sentences(part, depth + 1)


def _others(lead: str, rules: Iterable[OtherRule]) -> Iterator[str]:
    for rule in rules:
        yield from (f"{lead} [{rule.title}]({rule.id}.md).", "")


def _duties(page: RulePage) -> Iterator[str]:
    if page.obligations:
        yield from ("## What must be done", "")
        yield from (f"- {said}" for said in page.obligations)
        yield ""


def _verification(page: RulePage) -> Iterator[str]:
    seen = page.verified
    yield from ("## How it was verified", "")
    yield f"- **Proof**: {seen.tag}. {seen.meaning}"
    if seen.row is not None:
        yield f"- **The row it rests on**: `{seen.row.id}`. {seen.row.says}"
        yield f"- **Severity of the row**: {', '.join(seen.row.severities)}"
        if seen.row.keys:
            yield f"- **Pages read**: {', '.join(seen.row.keys)}"
    yield f"- **Read on**: {seen.read_on}; reviewed by {seen.reviewed_by}"
    yield ""


def _tests(page: RulePage) -> Iterator[str]:
    yield from ("## Its tests", "")
    table = page.tests
    said = "; ".join(_given(name, words) for name, words in table.start.items()) or "nothing"
    yield from (f"The first test, as of {table.as_of}, is given: {said}.", "")
    yield from ('"This or that" stands for a record that does not say which.', "")
    yield from (*_row("otherwise than in the first", "it says"), "|---|---|")
    for place, line in enumerate(table.lines):
        yield from _row(_otherwise(line, table.as_of, is_first=place == 0), _says(line))
    yield ""


def _otherwise(line: GivenLine, usual: str, *, is_first: bool) -> str:
    if is_first:
        return "(the first)"
    day = [] if line.as_of == usual else [f"as of {line.as_of}"]
    said = (_given(name, words) for name, words in line.changed.items())
    return "; ".join((*day, *said)) or "nothing"


def _given(name: str, words: str) -> str:
    return f"`{name}` {_cell(words)}"


def _says(line: GivenLine) -> str:
    said = word_in_words(line.expect.value)
    worst = line.could_become
    if worst in (None, line.expect):
        return said
    return f"{said}, could become {word_in_words(worst.value)}"


def _history(page: RulePage) -> Iterator[str]:
    """Digests stand on the pack's page alone: here, one changed rule would change every page."""
    yield from (
        "## History",
        "",
        *_row("version", "edition", "in force", "says"),
        "|---|---|---|---|",
    )
    for held in page.history:
        says = "this" if held.same else "otherwise"
        yield from _row(held.version, held.edition, held.in_force, says)
    yield from ("", f"The digest that names the version stands on [the page of its pack]({INDEX}).")


def _outcome(rule: Rule) -> str:
    return f"{rule.outcome.value}{'' if rule.waivable else ', never waivable'}"


def _citation(cited: Citation, *, edition: bool = False) -> str:
    said = f"{cited.code} {cited.section}"
    return _cell(f"{said} ({cited.edition})" if edition else said)


def _row(*cells: str) -> list[str]:
    return [f"| {' | '.join(cells)} |"]


def _cell(text: str) -> str:
    """Text that cannot end a cell."""
    return text.replace("|", "\\|")


def _page(lines: Iterable[str]) -> str:
    return "\n".join(lines).rstrip("\n") + "\n"
