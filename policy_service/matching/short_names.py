"""Nicknames: which given names may stand for one another, in several languages.

English comes from the `nicknames` package (loaded on first use), other languages from the table
below. Two names are kin when they share a formal name, so "Bill" meets "Will" through "William".
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nicknames import NickNamer

# formal name: the short forms used for it, folded to ASCII.
_OTHER_LANGUAGES = """
alejandro: alex ale jano
alexander: sasha sascha shura sanya aleksandr alexandr alex xander sander alexandre alessandro
alexandra: sasha sanya shura aleksandra alexandra alex sandra
alfonso: poncho
anastasia: nastya nastia anastasiya stasya
andrei: andriy andrey andrew andreas andre andrzej
anna: anya ania nyura anja annika hannah ana anne asia
antonio: tono tony toni nino tonino anton
beatriz: bea betty
boris: borya
carlos: charlie carlitos charles
catherine: katya katia ekaterina yekaterina katerina kate kasia katarzyna caterina
christian: chris kristian cristian
concepcion: concha conchita
consuelo: chelo
daniel: dani danny danya daniil
dimitri: dima mitya dmitry dmitri dmytro dimitrios
dolores: lola
dorothea: dora thea doro
eduardo: lalo edu eddie edward
elena: lena lenochka helena helen yelena olena
elizabeth: liesel lisa lise elisabeth elisabetta isabel isabella yelizaveta liza ela elzbieta
enrique: quique kike henry heinrich
ernesto: neto
eugenia: zhenya yevgenia
eugene: zhenya yevgeny evgeny yevgeni gene
fatima: fatma fatemeh fatimah
ferdinand: fernando nando
francisco: paco pancho curro kiko fran frank francis francesco franz franco
franziska: franzi francisca paca
georg: george jorge giorgio jorg juergen jurgen georgios
gerardo: gerry gerhard gerard
giovanni: gianni vanni nanni john juan johann johannes jan jean ivan joao
giuseppe: beppe peppe pino
gregory: grisha grigory gregorio goyo
guadalupe: lupe lupita
guillermo: memo guille william wilhelm guillaume willi
gustavo: gus tavo
hans: johannes johann john
hector: tito
hussein: hossein husain hussain husayn
ignacio: nacho
igor: ihor
ivan: vanya johnny
jakob: jacob yakov jaap jacobo yasha
javier: javi xavier
jesus: chuy chucho
joaquin: quino
jose: pepe chepe pepito joseph josef joe giuseppe
josefina: pepa fina josephine
juan: juanito john johnny
katherine: katrin kathrin katharina kathi kati
konstantin: kostya kostas costas dinos
krzysztof: krzys kris chris christopher christoph
laurence: laurentius lorenzo lars laurent
leonid: lyonya leonard
ludwig: luis louis lewis luigi
luis: lucho louis
manuel: manolo manu manny manuela
margaret: rita margarita margarete grete greta gretel malgorzata gosia marguerite
maria: masha mariya marya mary marie mia marija maria
mario: marius
mateo: matthew matthias mathieu matteo matt
maximilian: max maks maxim
michael: misha mikhail mykhailo michel michal miguel mike mikael michele
mercedes: merche meche
mikhail: misha
mohammed: mo mohamed muhammad mohammad mehmet mohamad muhammed hamada moe
natalia: natasha natalya nataliya natalie tasha
nicholas: kolya nikolai nikolay niklas nico nicolas nicola niccolo mykola klaus
olga: olya helga
oleksandr: sasha alexander
osama: usama
pablo: paul paolo pavel
pavel: pasha paul
peter: petya pyotr pedro pietro pierre piotr pete petros
rafael: rafa raphael
ramon: moncho
ricardo: richard rick rico riccardo
roberto: beto robert tito
rodrigo: rigo
rosario: charo chayo
salvador: chava salvatore
santiago: santi diego yago jaime
sebastian: seba bastian basti
sergei: seryozha serge sergio serhiy sergey
sofia: sonya sofya sophie sophia zofia
stanislav: slava stas stanislaw
susana: susi susan susanne zuzana
svetlana: sveta lana
tatiana: tanya tania tatyana tetyana
teresa: tere theresa
thomas: tomas tommaso tomasz tom
tomasz: tomek
vicente: chente vincent vincenzo
victoria: vika vicky viktoriya
viktor: vitya victor
vladimir: vova volodya volodymyr wladimir
volodymyr: vova
wojciech: wojtek
yousef: yusuf joseph youssef yosef
yulia: julia julie juliya yuliya
yuri: yura yuriy iurii
zinaida: zina
"""


@cache
def _formal_by_short() -> dict[str, frozenset[str]]:
    formal: dict[str, set[str]] = {}
    for line in _OTHER_LANGUAGES.strip().splitlines():
        name, _, shorts = line.partition(": ")
        for short in (name, *shorts.split()):
            formal.setdefault(short, set()).add(name)
    return {short: frozenset(names) for short, names in formal.items()}


@cache
def _english() -> NickNamer:
    from nicknames import NickNamer  # reads its table from a file

    return NickNamer()


@lru_cache(maxsize=4096)
def formal_names(given: str) -> frozenset[str]:
    """The formal names that folded `given` may stand for, itself included.

    The English table runs both ways ("william" is listed under "bill"); the name with more short
    forms is the formal one.
    """
    first = given.partition(" ")[0]
    if not first:
        return frozenset()
    english = _english()
    own = len(english.nicknames_of(first))
    formal = {name for name in english.canonicals_of(first) if own < _short_forms(name)}
    return frozenset({first, *formal, *_formal_by_short().get(first, ())})


def _short_forms(name: str) -> int:
    return len(_english().nicknames_of(name))


def are_variants(one: str, other: str) -> bool:
    """Whether two folded given names may be forms of one name."""
    return not formal_names(one).isdisjoint(formal_names(other))


def is_form_of(one: str, other: str) -> bool:
    """Whether one of the two is short for the other; not where both are short for a third."""
    return one in formal_names(other) or other in formal_names(one)


@lru_cache(maxsize=4096)
def is_known_name(given: str) -> bool:
    """Whether folded `given` is a name in its own right in one of the tables."""
    english = _english()
    listed = english.nicknames_of(given) or english.canonicals_of(given)
    return bool(listed) or given in _formal_by_short()
