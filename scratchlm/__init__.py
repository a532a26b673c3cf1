"""scratchlm: the parts of a large language model, built from scratch.

Each module is one stage of the course and imports only earlier stages, so
that chapter 1 can be read without chapter 2. So far: `tokenizer` (stage 1),
with `datasets` and `notebook` for the chapters.

Shapes are written with the same letters everywhere, as in `# (B, T, D)`:

    B   batch: sequences that are processed together
    T   tokens in a sequence
    D   emb_dim, the width of an embedding
    H   n_heads, attention heads
    Dh  head_dim, the width of one head: D / H
    V   vocab_size, the number of token ids
    R   rank of a LoRA update
"""

__version__ = "0.1.0"
