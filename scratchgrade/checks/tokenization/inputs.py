"""What several exercises draw their inputs from."""

WORDS = ["the", "a", "sea", "hand", "letter", "її", "день", "мова", "naïve"]
WORDS += ["海", "ear", "😀", "said", "walk", "Anne", "7", "x,"]


def prose(rng, n_words: int) -> str:
    return " ".join(rng.choice(WORDS) for _ in range(n_words))


def some_word(rng, letters, shortest=4, longest=9) -> str:
    return "".join(rng.choices(letters, k=rng.randint(shortest, longest)))


def all_differ(values) -> bool:
    values = list(map(repr, values))
    return len(set(values)) == len(values)
