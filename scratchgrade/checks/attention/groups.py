"""Checks of exercise 4.7: grouped heads and cache bytes."""

from scratchgrade.checks.kit import Exercise, Mistake, Session

ex7 = Exercise(
    "4.7",
    "Grouped heads and cache bytes",
    needs=("grouped_attention", "cache_bytes"),
    read="Chapter 4, Step 6: Cache",
    tensors=True,
    forbids=("torch.nn.functional.scaled_dot_product_attention",),
)


def grouped(pick=lambda h, n_heads, n_groups: h * n_groups // n_heads, **how):
    """Head by head; `pick` gives the keys and values of a head."""

    def attention(queries, keys, values):
        import torch

        n_heads, n_groups = queries.shape[1], keys.shape[1]
        if n_heads % n_groups:
            raise ValueError("heads")
        found, n = [], queries.shape[2]
        later = torch.ones(n, n, dtype=torch.bool).triu(1)
        for h in range(n_heads):
            g = pick(h, n_heads, n_groups)
            k, v = keys[:, g], values[:, g]
            if how.get("mean"):
                k, v = keys.mean(1), values.mean(1)
            scores = torch.einsum("btd,bsd->bts", queries[:, h], k)
            scores = scores / how.get("scale", queries.shape[-1] ** 0.5)
            if how.get("causal", True):
                scores = scores.masked_fill(later, -torch.inf)
            found.append(torch.einsum("bts,bsd->btd", scores.softmax(-1), v))
        return torch.stack(found, 1)

    return attention


true_attention = grouped()
SLIPS = [
    Mistake(
        grouped(lambda h, n_heads, n_groups: h % n_groups),
        "Neighbours must share: heads 0, 1 take group 0, heads 2, 3 group 1. "
        "You deal the groups out in turn, as `repeat` does; "
        "`repeat_interleave` keeps neighbours together.",
    ),
    Mistake(
        grouped(lambda h, n_heads, n_groups: 0),
        "All heads use the first group.",
    ),
    Mistake(
        grouped(lambda h, n_heads, n_groups: min(h, n_groups - 1)),
        "The first heads take a group each and all others the last one.",
    ),
    Mistake(grouped(mean=True), "You average the groups; each head uses one."),
    Mistake(grouped(scale=1.0), "The scale 1 / sqrt(Dh) is missing."),
    Mistake(grouped(causal=False), "The causal mask is missing."),
]


@ex7.check("heads share keys and values", points=5)
def shared(s: Session):
    found = []
    for n in s.sizes("BTDV", ones="BT"):
        for n_groups, share in ((2, 3), (3, 2), (1, 4), (4, 1)):
            h = n_groups * share
            found.append(
                (
                    s.normal(n["B"], h, n["T"], n["D"]),
                    s.normal(n["B"], n_groups, n["T"], n["D"]),
                    s.normal(n["B"], n_groups, n["T"], n["V"]),
                )
            )
    s.matches(
        "grouped_attention",
        true_attention,
        found,
        rtol=1e-9,
        checked="grouped_attention(queries, keys, values)",
        look="H / G neighbouring query heads use the same keys and values.",
        mistakes=SLIPS,
    )
    q, v = s.normal(2, 4, 5, 8, scale=150.0), s.normal(2, 2, 5, 3)
    case = (q, -q[:, ::2], v)  # of itself: very negative
    s.close(
        s.call("grouped_attention", *case),
        s.call(true_attention, *case),
        rtol=1e-9,
        checked="grouped_attention with scores near -50,000",
        look="A number such as -100 or -1e4 hides nothing where scores are "
        "lower still: fill with -torch.inf, and take softmax.",
    )
    s.keeps("grouped_attention", *found[0])


@ex7.check("heads that do not divide", points=1)
def refused(s: Session):
    q, k = s.normal(2, 6, 3, 4), s.normal(2, 3, 3, 4)
    s.close(
        s.call("grouped_attention", q, k, k),
        s.call(true_attention, q, k, k),
        rtol=1e-9,
        checked="6 heads in 3 groups, first",
        look="This check waits for right values: mend the first check.",
    )
    for h, n_groups in ((6, 4), (2, 3), (2, 4)):
        s.raises(
            "ValueError",
            "grouped_attention",
            s.normal(2, h, 3, 4),
            s.normal(2, n_groups, 3, 4),
            s.normal(2, n_groups, 3, 4),
            checked=f"{h} heads in {n_groups} groups",
            look="Raise a ValueError for more groups than heads, too: 2 % 4 "
            "is not 0, though 4 % 2 is."
            if n_groups == 2 * h
            else "Raise a ValueError: each group serves the same number of "
            "heads.",
        )


def true_bytes(n_layers, n_groups, head_dim, n_tokens, bytes_per_number):
    numbers_per_token = n_groups * head_dim * 2
    return n_layers * n_tokens * numbers_per_token * bytes_per_number


def one_of_two(n_layers, n_groups, head_dim, n_tokens, bytes_per_number):
    return (
        true_bytes(n_layers, n_groups, head_dim, n_tokens, bytes_per_number)
        // 2
    )


def one_layer(n_layers, n_groups, head_dim, n_tokens, bytes_per_number):
    return true_bytes(1, n_groups, head_dim, n_tokens, bytes_per_number)


def squared(n_layers, n_groups, head_dim, n_tokens, bytes_per_number):
    return n_tokens * true_bytes(
        n_layers, n_groups, head_dim, n_tokens, bytes_per_number
    )


def numbers_only(n_layers, n_groups, head_dim, n_tokens, bytes_per_number):
    return true_bytes(n_layers, n_groups, head_dim, n_tokens, 1)


def draw(rng):
    sizes = (rng.randint(2, 48), rng.randint(1, 16), rng.choice([32, 64]))
    return (*sizes, rng.randint(2, 9000), rng.choice([2, 4]))


@ex7.check("bytes of the cache", points=2)
def size(s: Session):
    s.agrees(
        "cache_bytes",
        true_bytes,
        given=[(12, 12, 64, 1024, 2), (30, 3, 64, 8192, 2)],
        draw=draw,
        checked="the bytes of a cache for one text",
        look="Keys and values, for each layer, group, token and feature, "
        "times the bytes of a number: an int.",
        mistakes=[
            Mistake(one_of_two, "Both keys *and* values are kept: times 2."),
            Mistake(one_layer, "Each layer has keys and values of its own."),
            Mistake(
                squared,
                "The cache grows with T, not with its square: scores are not "
                "kept.",
            ),
            Mistake(
                numbers_only,
                "These are numbers, not bytes: times bytes_per_number.",
            ),
        ],
    )
