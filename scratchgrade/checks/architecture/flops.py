"""Checks of exercise 5.6: FLOPs and activation bytes."""

from scratchgrade.checks.kit import Exercise, Mistake, Session

ex6 = Exercise(
    "5.6",
    "FLOPs and activation bytes",
    needs=("forward_flops", "training_flops", "score_bytes"),
    read="Chapter 5, Step 5: Count",
)


def forward_by(per=2, mixing=2, head=True, linear=False, project=True):
    """One text: every product of two matrices, (rows, inner, columns)."""

    def flops(n_tokens, vocab_size, emb_dim, n_layers):
        t, d = n_tokens, emb_dim
        one = [(t, d, 3 * d), (t, d, 4 * d), (t, 4 * d, d)]
        if project:
            one.append((t, d, d))
        one += [(t, d, 1 if linear else t), (t, 1 if linear else t, d)][
            :mixing
        ]
        products = one * n_layers
        if head:
            products.append((t, d, vocab_size))
        return per * sum(a * b * c for a, b, c in products)

    return flops


true_forward = forward_by()


def draw(rng):
    return (
        rng.randint(2, 500),
        rng.randint(50, 5000),
        8 * rng.randint(1, 40),
        rng.randint(1, 12),
    )


@ex6.check("the forward pass of one text", points=3)
def forward(s: Session):
    s.agrees(
        "forward_flops",
        true_forward,
        given=[(1024, 50_257, 768, 12), (1, 10, 8, 1)],
        draw=draw,
        checked="forward_flops(n_tokens, vocab_size, emb_dim, n_layers)",
        look="A product of (T, a) and (a, b) takes 2 T a b. Per layer: qkv, "
        "scores, mixing, projection, two of the feed-forward; then the head.",
        mistakes=[
            Mistake(
                forward_by(per=1),
                "A multiplication and an addition are two operations.",
            ),
            Mistake(
                forward_by(mixing=0),
                "The products of attention itself are missing: 4 T^2 D a "
                "layer. For long texts they are most of it.",
            ),
            Mistake(
                forward_by(mixing=1),
                "Half of 4 T^2 D: hidden scores are computed too, and mixing "
                "is a product of its own.",
            ),
            Mistake(
                forward_by(linear=True),
                "Scores are T x T: attention grows with the square of T.",
            ),
            Mistake(
                forward_by(head=False),
                "The head is missing: 2 T D V, tied or not.",
            ),
            Mistake(
                forward_by(project=False),
                "The projection behind the heads is missing.",
            ),
        ],
    )


def training_by(times=3, forward=true_forward):
    def flops(n_windows, n_tokens, vocab_size, emb_dim, n_layers):
        one = forward(n_tokens, vocab_size, emb_dim, n_layers)
        return times * n_windows * one

    return flops


def one_long_text(n_windows, n_tokens, vocab_size, emb_dim, n_layers):
    return 3 * true_forward(
        n_windows * n_tokens, vocab_size, emb_dim, n_layers
    )


@ex6.check("a training", points=2)
def training(s: Session):
    s.agrees(
        "training_flops",
        training_by(),
        given=[(1, 4, 10, 8, 1)],
        draw=lambda rng: (rng.randint(2, 99), *draw(rng)),
        checked="training_flops(n_windows, n_tokens, vocab_size, emb_dim, "
        "n_layers)",
        look="The backward pass needs two products for each of the forward "
        "pass.",
        mistakes=[
            Mistake(
                training_by(times=2),
                "The backward pass costs twice the forward pass: gradients "
                "for the inputs *and* for the weights.",
            ),
            Mistake(training_by(times=1), "This is the forward pass alone."),
            Mistake(
                one_long_text,
                "Windows are separate: T^2 is that of a window, not of all "
                "tokens.",
            ),
        ],
    )


def true_bytes(n_rows, n_heads, n_tokens, n_layers, bytes_per_number):
    return n_rows * n_heads * n_tokens**2 * n_layers * bytes_per_number


def draw_bytes(rng):
    return (
        rng.randint(2, 16),
        rng.randint(2, 16),
        rng.randint(3, 2048),
        rng.randint(2, 24),
        rng.choice([2, 4]),
    )


@ex6.check("bytes of the weights of attention", points=2)
def activations(s: Session):
    s.agrees(
        "score_bytes",
        true_bytes,
        given=[(1, 12, 1024, 12, 4)],
        draw=draw_bytes,
        checked="score_bytes(n_rows, n_heads, n_tokens, n_layers, "
        "bytes_per_number)",
        look="(B, H, T, T) numbers in each layer.",
        mistakes=[
            Mistake(
                lambda b, h, t, n, size: b * h * t * n * size,
                "T x T for each head, not T.",
            ),
            Mistake(
                lambda b, h, t, n, size: b * t**2 * n * size,
                "Each head has weights of its own.",
            ),
            Mistake(
                lambda b, h, t, n, size: b * h * t**2 * size,
                "In training each layer's weights wait for the backward "
                "pass: times n_layers.",
            ),
        ],
    )
