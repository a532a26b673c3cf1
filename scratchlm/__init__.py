"""scratchlm: the parts of a large language model, built from scratch.

Modules belong to the stages of the course and import only earlier ones, so
that chapter 1 can be read without chapter 2.

    1  bpe, gpt2_vocabulary, tokenizer; the texts: datasets, stories
    2  windows, token_files, data, documents, mixing, minhash, deduplicate
    3  embeddings
    4  blocked, kv_cache, attention
    5  model, llama, costs, sampling, generate, beam, speculative
    6  speed, loss, evaluate, optimizers, checkpoint, trainer, corpus, train,
       and files: tensor_files, layouts, gpt2_files, gguf, smollm2, weights

`notebook` has what the chapters use to show source, tokens and plots.

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
