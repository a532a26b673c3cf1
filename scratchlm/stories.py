"""Short stories made by a program: text to pre-train a small model on.

A story has seven sentences, one for each entry of `PLOT`: "One misty day,
Aiko walked to the orchard. She carried an umbrella in her bag. Near a big
tree, Aiko met an otter. ..." Its name, animal and object are drawn
independently of each other and come back in later sentences, where nothing
but the text before them tells which they are. So a model learns the grammar
first and to copy from context later, and `parse_story` tells these apart: its
regular expressions are made from the templates that made the stories.

Left out on purpose: other lengths and orders of events, and any judgement of
the words that do not come back, such as the weather.
"""

import random
import re
from string import Formatter
from typing import NamedTuple

PRONOUNS = {
    "she": {"he": "she", "him": "her", "his": "her"},
    "he": {"he": "he", "him": "him", "his": "his"},
}


def _listed(words):
    """The tuple of what commas separate, in one or more lines."""
    return tuple(" ".join(words.split()).split(", "))


# The pronoun of each name: {name: "she" or "he"}.
NAMES = {
    name: who
    for who, names in {
        "she": """Ada, Aiko, Amara, Chloe, Elif, Fatima, Greta, Ingrid, Kavya,
            Leila, Lucia, Maya, Mei, Nadia, Nina, Olga, Rosa, Sofia, Yuna,
            Zuri""",
        "he": """Ali, Amir, Ben, Bruno, Carlos, Diego, Emeka, Finn, Hugo, Ivan,
            Jonas, Kenji, Kofi, Liam, Mateo, Omar, Pavel, Ravi, Tariq,
            Tomas""",
    }.items()
    for name in _listed(names)
}
ANIMALS = _listed("""badger, beaver, calf, cat, crow, deer, dog, donkey, duck,
    eagle, fox, frog, goat, goose, hare, hedgehog, heron, ibis, lamb, magpie,
    mole, mouse, otter, owl, pony, rabbit, raven, robin, squirrel, turtle""")
OBJECTS = _listed("""apron, atlas, ball, basket, bell, blanket, book, bucket,
    candle, compass, cup, doll, drum, envelope, fan, flute, hat, kite,
    lantern, letter, map, parcel, pencil, ribbon, scarf, shell, spoon,
    umbrella, violin, whistle""")

# Only some of these words follow "a"; those begin with no vowel.
DETAILS = {
    slot: _listed(words)
    for slot, words in {
        "weather": """bright, breezy, chilly, cloudy, cool, foggy, misty,
            sunny, warm, windy""",
        "time": "afternoon, day, morning",
        "place": """farm, garden, lake, meadow, old mill, orchard, park, pond,
            river, stone bridge, village green, windmill""",
        "relative": """aunt, brother, cousin, father, mother, neighbour,
            sister, teacher, uncle""",
        "colour": "blue, brown, green, purple, red, silver, white, yellow",
        "mood": """cheerful, clever, curious, friendly, gentle, shy, sleepy,
            small, young""",
        "spot": """a deep ditch, a heap of leaves, a hollow log, a muddy hole,
            a thorny bush, the tall ferns, the tall grass,
            the thick hedge""",
        "feeling": "calm, glad, grateful, happy, lucky, proud",
        "food": "bread, cheese, honey cake, nuts, ripe berries, soup",
    }.items()
}

# A block for each sentence, a line for each of its templates. {he}, {him} and
# {his} stand for the pronouns of the name; {an_animal} and {an_object} bring
# their article. Name, animal and object are each in all lines of a block or
# in none, so that every story mentions them equally often.
_PLOT = """
One {weather} {time}, {name} walked to the {place}.
On a {weather} {time}, {name} went out to the {place}.
One {weather} {time}, {name} set off for the {place}.
{name} came to the {place} on a {weather} {time}.
It was a {weather} {time}, and {name} was at the {place}.
{name} went for a walk to the {place} one {weather} {time}.
{name} sat by the {place} one {weather} {time}.
{name} ran to the {place} one {weather} {time}.

{He} carried {an_object} in {his} bag.
{He} had {an_object} with {him}.
In {his} hand {he} held a {colour} {object}.
Under {his} arm {he} had a {colour} {object}.
{He} was proud of {his} {colour} {object}.
{His} {relative} had given {him} {an_object}.
{He} had borrowed {an_object} from {his} {relative}.
{His} {relative} had found {an_object} for {him}.

Near a big tree, {name} met {an_animal}.
Soon {name} saw a {mood} {animal}.
Before long, {an_animal} came up to {name}.
A {mood} {animal} came and greeted {name}.
There {name} heard {an_animal} humming a tune.
Behind a wall, {name} found a {mood} {animal}.
By the path, {an_animal} smiled at {name}.
A {mood} {animal} waved to {name}.

Then the wind blew the {object} into {spot}.
Suddenly the {object} fell into {spot}.
The {object} slipped and fell into {spot}.
{He} tripped, and the {object} flew into {spot}.
But then {he} dropped the {object} into {spot}.
The {object} got lost in {spot}.
By mistake, {he} threw the {object} into {spot}.
The {object} rolled away into {spot}.

The {animal} jumped in and saved the {object}.
The {animal} went in and found the {object}.
The {animal} ran and brought the {object} back.
At once the {animal} got the {object} out.
The brave {animal} rescued the {object}.
The {object} was stuck, but the {animal} pulled it out.
"I can help," said the {animal}, and fetched the {object}.
Luckily, the {animal} could reach the {object}.

"Thank you so much," said {name} to the {animal}.
{name} felt {feeling} and thanked the {animal}.
"You are a good friend," {name} told the {animal}.
{name} was so {feeling} that the {animal} laughed.
The {animal} bowed, and {name} clapped.
{name} shared some {food} with the {animal}.
The {animal} looked {feeling}, and {name} did too.
"How can I thank you?" {name} asked the {animal}.

Then {name} and the {animal} carried the {object} home.
Now {name} and the {animal} share the {object}.
In the end, {name} gave the {object} to the {animal}.
The {object} always reminds {name} of the {animal}.
The {animal} and {name} took turns with the {object}.
That night {name} dreamed of the {animal} and the {object}.
The {animal} and {name} played with the {object} all day.
{name} drew the {animal} with the {object}.
"""
PLOT = tuple(
    tuple(block.splitlines()) for block in _PLOT.strip().split("\n\n")
)


def with_article(noun):
    """Put "a" or "an" before one of the nouns of this module.

    By spelling, which does for these nouns (it would not for "hour").

    >>> with_article("otter"), with_article("lantern")
    ('an otter', 'a lantern')
    """
    return ("an " if noun[0] in "aeiou" else "a ") + noun


def _slots():
    """What may stand in each slot: {slot: {written form: meaning}}."""
    slots = {slot: {word: word for word in DETAILS[slot]} for slot in DETAILS}
    slots["name"] = {name: name for name in NAMES}
    for kind, nouns in (("animal", ANIMALS), ("object", OBJECTS)):
        slots[kind] = {noun: noun for noun in nouns}
        slots[f"an_{kind}"] = {with_article(noun): noun for noun in nouns}
    for case in ("he", "him", "his"):
        slots[case] = {PRONOUNS[who][case]: who for who in PRONOUNS}
        slots[case.capitalize()] = {
            form.capitalize(): who for form, who in slots[case].items()
        }
    return slots


SLOTS = _slots()


def _compile(template):
    """The regular expression of a template, and the slot of each group."""
    pattern, slots = "", []
    for literal, slot, _, _ in Formatter().parse(template):
        pattern += re.escape(literal)
        if slot is not None:
            pattern += "(" + "|".join(map(re.escape, SLOTS[slot])) + ")"
            slots.append(slot)
    return re.compile(pattern), slots


_PATTERNS = [[_compile(template) for template in block] for block in PLOT]


def generate_story(generator):
    """Draw one story with a random.Random: one line, without its end.

    Only `generator.random()` is called, whose numbers Python promises to
    keep, so that a seed gives the same story in every version.

    >>> story = generate_story(random.Random(3))
    >>> for sentence in split_sentences(story):
    ...     print(sentence)
    Leila sat by the old mill one chilly day.
    Under her arm she had a silver fan.
    Behind a wall, Leila found a cheerful turtle.
    Suddenly the fan fell into a deep ditch.
    The fan was stuck, but the turtle pulled it out.
    The turtle looked proud, and Leila did too.
    The turtle and Leila took turns with the fan.
    """

    def pick(options):
        return options[int(generator.random() * len(options))]

    words = {slot: pick(DETAILS[slot]) for slot in DETAILS}
    words["name"] = pick(list(NAMES))
    for kind, nouns in (("animal", ANIMALS), ("object", OBJECTS)):
        words[kind] = pick(nouns)
        words[f"an_{kind}"] = with_article(words[kind])
    for case, form in PRONOUNS[NAMES[words["name"]]].items():
        words |= {case: form, case.capitalize(): form.capitalize()}
    return " ".join(pick(block).format(**words) for block in PLOT)


def generate_stories(n, seed=0, exclude=frozenset()):
    """Draw `n` different stories, none of which is in `exclude`: a list.

    The same arguments give the same list, and a smaller `n` its beginning.
    For validation, take another seed and exclude the training stories:

    >>> training = generate_stories(80, seed=0)
    >>> validation = generate_stories(20, seed=1, exclude=set(training))
    >>> len(validation), set(validation) & set(training)
    (20, set())

    Raises ValueError when `n` is negative.
    """
    if n < 0:
        raise ValueError(f"n is {n}; ask for 0 stories or more")
    generator = random.Random(seed)
    stories, seen = [], set(exclude)
    while len(stories) < n:
        story = generate_story(generator)
        if story not in seen:
            seen.add(story)
            stories.append(story)
    return stories


class ParsedStory(NamedTuple):
    """What stands in the slots of a well-formed story, in text order."""

    names: tuple
    animals: tuple
    objects: tuple
    pronouns: tuple  # "she" or "he", whatever the case


class StoryScore(NamedTuple):
    """How good texts are as stories; each share lies between 0 and 1."""

    n_stories: int  # texts that were judged
    share_parsed: float  # of the texts: well-formed stories
    share_same_name: float  # of the texts: well-formed, with one name
    share_same_animal: float  # of the texts: well-formed, with one animal
    share_same_object: float  # of the texts: well-formed, with one object
    share_sentences_parsed: float  # of all sentences, wherever they stand


def split_sentences(text):
    """Cut a text at each space that follows a full stop.

    >>> split_sentences('Soon Ada saw a shy fox. "Who are you?" it said.')
    ['Soon Ada saw a shy fox.', '"Who are you?" it said.']
    """
    return re.split(r"(?<=\.) ", text) if text else []


def _parse_sentence(sentence, patterns):
    """[(slot, meaning), ...] by the first pattern that fits, or None."""
    for pattern, slots in patterns:
        match = pattern.fullmatch(sentence)
        if match:
            pairs = zip(slots, match.groups(), strict=True)
            return [(slot, SLOTS[slot][form]) for slot, form in pairs]
    return None


def parse_story(text):
    """Read a story's slots: ParsedStory, or None if it is not well-formed.

    Well-formed are seven sentences, one from each block of `PLOT` in order,
    with the right articles, where each pronoun is that of some name in the
    story. A name, an animal or an object may change midway: whether each
    stays the same is another question, to be asked of the ParsedStory.

    No pattern repeats anything, so the time grows linearly with the text.

    >>> parse_story(generate_story(random.Random(3))).animals
    ('turtle', 'turtle', 'turtle', 'turtle')
    """
    sentences = split_sentences(text)
    if len(sentences) != len(PLOT):
        return None
    found = {"name": [], "animal": [], "object": [], "pronoun": []}
    for sentence, patterns in zip(sentences, _PATTERNS, strict=True):
        pairs = _parse_sentence(sentence, patterns)
        if pairs is None:
            return None
        for slot, meaning in pairs:
            kind = slot.removeprefix("an_")
            kind = "pronoun" if kind.lower() in PRONOUNS["he"] else kind
            if kind in found:
                found[kind].append(meaning)
    story = ParsedStory(*map(tuple, found.values()))
    allowed = {NAMES[name] for name in story.names}
    return story if allowed.issuperset(story.pronouns) else None


def score_stories(texts):
    """Judge generated texts, each as it is (strip them first): StoryScore.

    A text that is not well-formed does not count as keeping its name, animal
    or object. Raises ValueError when there are no texts.

    >>> story = generate_story(random.Random(3))
    >>> score_stories([story, "Soon Ada saw a shy fox."]).share_same_name
    0.5
    """
    if not texts:
        raise ValueError("0 texts have no shares; give at least 1")
    parsed = [parse_story(text) for text in texts]
    stories = [story for story in parsed if story is not None]
    same = [
        sum(len(set(story[i])) == 1 for story in stories) / len(texts)
        for i in range(3)  # names, animals, objects
    ]
    patterns = [pattern for block in _PATTERNS for pattern in block]
    fits = [
        _parse_sentence(sentence, patterns) is not None
        for text in texts
        for sentence in split_sentences(text)
    ]
    return StoryScore(
        len(texts),
        len(stories) / len(texts),
        *same,
        sum(fits) / max(1, len(fits)),
    )
