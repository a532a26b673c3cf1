"""Who takes part in benchmarks/model.py: each contender in its own process.

    python benchmarks/contenders.py TASK SIZE NAME

builds one contender, prints a JSON line when it is ready, and then answers
each line on its input by working one turn and printing what it cost. In a
process of its own no contender profits from another's settings.
"""

import json
import resource
import sys
import time
from dataclasses import asdict

import torch
import torch.nn.functional as F
from torch import nn

from scratchlm.data import WindowLoader
from scratchlm.generate import generate
from scratchlm.model import GPT_CONFIG_124M, GPTConfig, GPTModel
from scratchlm.speed import keep_freed_memory
from scratchlm.trainer import Trainer

SIZES = {  # name: (config, rows, tokens in a row, training steps a turn)
    "tiny": (GPTConfig(2048, 128, 128, 4, 4), 16, 128, 20),
    "small": (GPTConfig(8192, 256, 256, 8, 6), 8, 256, 5),
    "124M": (GPT_CONFIG_124M, 2, 256, 1),
}
N_NEW = {"tiny": 120, "small": 240, "124M": 64, "SmolLM2": 64}


def loader_for(size):
    """Random ids: the cost of a step does not depend on them."""
    config, n_rows, n_tokens, _ = SIZES[size]
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(config.vocab_size, (20_000,), generator=generator)
    return WindowLoader(ids, n_rows, n_tokens)


# --- training --------------------------------------------------------------


class BestPractice(nn.Module):
    """A compact GPT with what PyTorch offers to make it fast.

    One projection for queries, keys and values, the fused attention kernel,
    tanh GELU, tied head; trained with fused AdamW.
    """

    def __init__(self, config):
        super().__init__()
        d, n_layers = config.emb_dim, config.n_layers
        self.n_heads = config.n_heads
        self.tokens = nn.Embedding(config.vocab_size, d)
        self.positions = nn.Embedding(config.context_length, d)
        self.layers = nn.ModuleList(
            nn.ModuleList(
                [
                    nn.LayerNorm(d),
                    nn.Linear(d, 3 * d),
                    nn.Linear(d, d),
                    nn.LayerNorm(d),
                    nn.Linear(d, 4 * d),
                    nn.Linear(4 * d, d),
                ]
            )
            for _ in range(n_layers)
        )
        self.norm = nn.LayerNorm(d)
        for module in self.modules():
            if isinstance(module, nn.Linear | nn.Embedding):
                nn.init.normal_(module.weight, std=0.02)

    def forward(self, token_ids):
        n_rows, n_tokens = token_ids.shape
        x = self.tokens(token_ids) + self.positions.weight[:n_tokens]
        for norm, qkv, out, ff_norm, up, down in self.layers:
            heads = qkv(norm(x)).view(n_rows, n_tokens, 3, self.n_heads, -1)
            q, k, v = heads.permute(2, 0, 3, 1, 4)
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + out(mixed.transpose(1, 2).flatten(2))
            x = x + down(F.gelu(up(ff_norm(x)), approximate="tanh"))
        return self.norm(x) @ self.tokens.weight.t()


def transformers_gpt2(config, implementation="sdpa"):
    """transformers' GPT-2 of the same size, without dropout."""
    from transformers import GPT2Config, GPT2LMHeadModel

    settings = GPT2Config(
        vocab_size=config.vocab_size,
        n_positions=config.context_length,
        n_embd=config.emb_dim,
        n_layer=config.n_layers,
        n_head=config.n_heads,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=0,
        eos_token_id=None,
        attn_implementation=implementation,
    )
    return GPT2LMHeadModel(settings)


def rasbt_gpt(config):
    """llms-from-scratch's faster GPT; its head is not tied."""
    from llms_from_scratch.ch04 import GPTModelFast

    return GPTModelFast(asdict(config))


def peer_step(model, loader):
    """One training step as its users write it, with fused AdamW."""
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=1e-3, betas=(0.9, 0.95), fused=True
    )

    def step():
        inputs, targets = next(loader)
        logits = model(inputs)
        logits = getattr(logits, "logits", logits)
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        return loss.item()

    return step


def our_step(size, loader, **settings):
    """One step of the library's Trainer."""
    keep_freed_memory()
    trainer = Trainer(GPTModel(SIZES[size][0]), loader, 10**6, **settings)
    return lambda: trainer.train_step()["loss"]


PEERS = {
    "transformers": transformers_gpt2,
    "llms-from-scratch": rasbt_gpt,
    "best practice": BestPractice,
}
OURS = {
    "scratchlm": {},
    "scratchlm bf16": {"precision": "bfloat16"},
    "scratchlm bf16 compiled": {"precision": "bfloat16", "compiled": True},
    "scratchlm compiled": {"compiled": True},
}


def training(size, name):
    """A function that trains one turn; it returns the tokens seen."""
    config, n_rows, n_tokens, n_steps = SIZES[size]
    loader = loader_for(size)
    if name in OURS:
        step = our_step(size, loader, **OURS[name])
    else:
        kind, _, switch = name.partition(" + ")
        if switch:  # the peer, with the setting that we use
            torch.set_float32_matmul_precision("medium")
        step = peer_step(PEERS[kind](config), loader)
    step()
    step()

    def turn():
        for _ in range(n_steps):
            step()
        return n_steps * n_rows * n_tokens

    return turn


# --- generating ------------------------------------------------------------


def hugging_face_turn(model, n_rows, n_new):
    """Greedy generation with transformers' `generate`."""
    prompt = torch.arange(1, 9).repeat(n_rows, 1)

    def turn():
        with torch.inference_mode():
            model.generate(
                prompt,
                attention_mask=torch.ones_like(prompt),
                max_new_tokens=n_new,
                do_sample=False,
                pad_token_id=0,
                eos_token_id=None,
            )
        return n_rows * n_new

    return turn


def generating(size, name):
    """A function that generates one turn; it returns the tokens made."""
    config, n_new = SIZES[size][0], N_NEW[size]
    if name == "transformers":
        return hugging_face_turn(transformers_gpt2(config).eval(), 1, n_new)
    keep_freed_memory()
    model = GPTModel(config)
    n_rows = 32 if name == "32 rows at once" else 1
    n_calls = 32 if name == "32 single rows" else 1

    def turn():
        for _ in range(n_calls):
            generate(model, [[*range(1, 9)]] * n_rows, n_new)
        return n_calls * n_rows * n_new

    return turn


def smollm2(size, name):
    """The real SmolLM2-135M, here or in transformers."""
    from scratchlm.weights import load_smollm2

    if name == "scratchlm, load":

        def turn():
            load_smollm2()
            return 1

        return turn
    if name == "transformers":
        return hugging_face_turn(hugging_face_smollm2(), 1, N_NEW[size])
    keep_freed_memory()
    dtype = torch.bfloat16 if name.endswith("bf16") else torch.float32
    model = load_smollm2(dtype=dtype)[0]

    def turn():
        generate(model, [[*range(1, 9)]], N_NEW[size])
        return N_NEW[size]

    return turn


def hugging_face_smollm2():
    """transformers' Llama of SmolLM2's size; its weights are random."""
    from transformers import LlamaConfig, LlamaForCausalLM

    from scratchlm.llama import SMOLLM2_CONFIG_135M as own

    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=own.vocab_size,
            max_position_embeddings=own.context_length,
            hidden_size=own.emb_dim,
            intermediate_size=own.hidden_dim,
            num_hidden_layers=own.n_layers,
            num_attention_heads=own.n_heads,
            num_key_value_heads=own.n_kv_heads,
            rope_theta=own.rope_base,
            rms_norm_eps=own.norm_eps,
            tie_word_embeddings=own.tie_head,
        )
    ).eval()


# --- the processor's limit -------------------------------------------------


def matmul_peak(size, name):
    """Matrix products as large as the model's: a turn returns FLOPs."""
    if name.endswith("oneDNN"):
        torch.set_float32_matmul_precision("medium")
    dtype = torch.bfloat16 if name.startswith("bf16") else torch.float32
    config, n_rows, n_tokens, _ = SIZES[size]
    left = torch.randn(n_rows * n_tokens, config.emb_dim, dtype=dtype)
    right = torch.randn(4 * config.emb_dim, config.emb_dim, dtype=dtype)
    n_products = max(1, 10**11 // (2 * left.numel() * len(right)))

    def turn():
        for _ in range(n_products):
            F.linear(left, right)
        return 2 * n_products * left.numel() * len(right)

    return turn


TASKS = {
    "train": training,
    "generate": generating,
    "SmolLM2": smollm2,
    "peak": matmul_peak,
}


def peak_memory():
    """The most memory that this process ever held, in bytes."""
    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale


def main():
    torch.set_num_threads(1)
    torch.manual_seed(0)
    task, size, name = sys.argv[1:]
    before = peak_memory()
    turn = TASKS[task](size, name)
    print(json.dumps({"ready": True}), flush=True)
    for _ in sys.stdin:
        start = time.process_time()
        amount = turn()
        seconds = time.process_time() - start
        report = {"rate": amount / seconds, "memory": peak_memory() - before}
        print(json.dumps(report), flush=True)


if __name__ == "__main__":
    main()
