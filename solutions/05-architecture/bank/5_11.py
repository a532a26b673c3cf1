# %% correct: with_normal_
import torch


def initial(name, shape, n_layers):
    values = torch.empty(*shape)
    kind = name.split(".")[-1]
    if kind == "bias":
        return values.fill_(0.0)
    if values.dim() == 1:
        return values.fill_(1.0)
    last = name.split(".")[-3:-1] in (["attn", "out"], ["mlp", "down"])
    return values.normal_(0.0, 0.02 * (2 * n_layers) ** (-0.5 * last))


def first_loss(vocab_size):
    uniform = torch.full((vocab_size,), 1 / vocab_size, dtype=torch.float64)
    return float(-uniform[0].log())


# %% wrong: spread_of_one
# why: PyTorch
# says: Spread 1, PyTorch
import math

import torch


def initial(name, shape, n_layers):
    """The first values of a parameter, by its name."""
    if name.endswith("bias"):
        return torch.zeros(shape)
    if len(shape) == 1:
        return torch.ones(shape)
    std = 1.0
    if name.endswith(("attn.out.weight", "mlp.down.weight")):
        std /= math.sqrt(2 * n_layers)
    return std * torch.randn(shape)


def first_loss(vocab_size):
    """The loss, in nats a token, of a model that knows nothing."""
    return math.log(vocab_size)


# %% wrong: by_the_inputs
# why: 1/sqrt(in)
# says: another rule. GPT-2 has 0.02
import math

import torch


def initial(name, shape, n_layers):
    """The first values of a parameter, by its name."""
    if name.endswith("bias"):
        return torch.zeros(shape)
    if len(shape) == 1:
        return torch.ones(shape)
    std = shape[-1] ** -0.5
    if name.endswith(("attn.out.weight", "mlp.down.weight")):
        std /= math.sqrt(2 * n_layers)
    return std * torch.randn(shape)


def first_loss(vocab_size):
    """The loss, in nats a token, of a model that knows nothing."""
    return math.log(vocab_size)


# %% wrong: not_scaled
# why: 0.02 for all
# says: Not scaled: with every layer
import math

import torch


def initial(name, shape, n_layers):
    """The first values of a parameter, by its name."""
    if name.endswith("bias"):
        return torch.zeros(shape)
    if len(shape) == 1:
        return torch.ones(shape)
    std = 0.02
    if name.endswith(("attn.out.weight", "mlp.down.weight")):
        std /= 1
    return std * torch.randn(shape)


def first_loss(vocab_size):
    """The loss, in nats a token, of a model that knows nothing."""
    return math.log(vocab_size)


# %% wrong: one_part_a_layer
# why: sqrt(L)
# says: Each layer adds *two* parts
import math

import torch


def initial(name, shape, n_layers):
    """The first values of a parameter, by its name."""
    if name.endswith("bias"):
        return torch.zeros(shape)
    if len(shape) == 1:
        return torch.ones(shape)
    std = 0.02
    if name.endswith(("attn.out.weight", "mlp.down.weight")):
        std /= math.sqrt(n_layers)
    return std * torch.randn(shape)


def first_loss(vocab_size):
    """The loss, in nats a token, of a model that knows nothing."""
    return math.log(vocab_size)


# %% wrong: no_root
# why: 2 L
# says: The root is missing: variances add up
import math

import torch


def initial(name, shape, n_layers):
    """The first values of a parameter, by its name."""
    if name.endswith("bias"):
        return torch.zeros(shape)
    if len(shape) == 1:
        return torch.ones(shape)
    std = 0.02
    if name.endswith(("attn.out.weight", "mlp.down.weight")):
        std /= (2 * n_layers)
    return std * torch.randn(shape)


def first_loss(vocab_size):
    """The loss, in nats a token, of a model that knows nothing."""
    return math.log(vocab_size)


# %% wrong: norms_of_0
# why: all drawn
# says: weights of norms at 1
import math

import torch


def initial(name, shape, n_layers):
    """The first values of a parameter, by its name."""
    if name.endswith("bias"):
        return torch.zeros(shape)
    std = 0.02
    if name.endswith(("attn.out.weight", "mlp.down.weight")):
        std /= math.sqrt(2 * n_layers)
    return std * torch.randn(shape)


def first_loss(vocab_size):
    """The loss, in nats a token, of a model that knows nothing."""
    return math.log(vocab_size)


# %% wrong: in_bits
# why: log2
# says: In bits; losses here are in nats
import math

import torch


def initial(name, shape, n_layers):
    """The first values of a parameter, by its name."""
    if name.endswith("bias"):
        return torch.zeros(shape)
    if len(shape) == 1:
        return torch.ones(shape)
    std = 0.02
    if name.endswith(("attn.out.weight", "mlp.down.weight")):
        std /= math.sqrt(2 * n_layers)
    return std * torch.randn(shape)


def first_loss(vocab_size):
    """The loss, in nats a token, of a model that knows nothing."""
    return math.log2(vocab_size)


# %% wrong: a_probability
# why: 1 / V
# says: This is the probability; its -ln
import math

import torch


def initial(name, shape, n_layers):
    """The first values of a parameter, by its name."""
    if name.endswith("bias"):
        return torch.zeros(shape)
    if len(shape) == 1:
        return torch.ones(shape)
    std = 0.02
    if name.endswith(("attn.out.weight", "mlp.down.weight")):
        std /= math.sqrt(2 * n_layers)
    return std * torch.randn(shape)


def first_loss(vocab_size):
    """The loss, in nats a token, of a model that knows nothing."""
    return 1 / vocab_size


# %% wrong: decimal
# why: log10
# says: The natural logarithm, not that of 10
import math

import torch


def initial(name, shape, n_layers):
    """The first values of a parameter, by its name."""
    if name.endswith("bias"):
        return torch.zeros(shape)
    if len(shape) == 1:
        return torch.ones(shape)
    std = 0.02
    if name.endswith(("attn.out.weight", "mlp.down.weight")):
        std /= math.sqrt(2 * n_layers)
    return std * torch.randn(shape)


def first_loss(vocab_size):
    """The loss, in nats a token, of a model that knows nothing."""
    return math.log10(vocab_size)


# %% wrong: qkv_scaled_too
# why: all of attention is scaled
# says: qkv keeps 0.02
import math

import torch


def initial(name, shape, n_layers):
    """The first values of a parameter, by its name."""
    if name.endswith("bias"):
        return torch.zeros(shape)
    if len(shape) == 1:
        return torch.ones(shape)
    std = 0.02
    if name.endswith(("attn.qkv.weight", "attn.out.weight", "mlp.down.weight")):
        std /= math.sqrt(2 * n_layers)
    return std * torch.randn(shape)


def first_loss(vocab_size):
    """The loss, in nats a token, of a model that knows nothing."""
    return math.log(vocab_size)


# %% wrong: every_out_scaled
# why: the end is cut short
# says: Not every `out` is that of attention
import math

import torch


def initial(name, shape, n_layers):
    """The first values of a parameter, by its name."""
    if name.endswith("bias"):
        return torch.zeros(shape)
    if len(shape) == 1:
        return torch.ones(shape)
    std = 0.02
    if name.endswith(("out.weight", "down.weight")):
        std /= math.sqrt(2 * n_layers)
    return std * torch.randn(shape)


def first_loss(vocab_size):
    """The loss, in nats a token, of a model that knows nothing."""
    return math.log(vocab_size)


# %% wrong: anywhere_in_the_name
# why: in for endswith
# says: The name holds attn.out and ends
import math

import torch


def initial(name, shape, n_layers):
    """The first values of a parameter, by its name."""
    if name.endswith("bias"):
        return torch.zeros(shape)
    if len(shape) == 1:
        return torch.ones(shape)
    std = 0.02
    if "attn.out." in name or "mlp.down." in name:
        std /= math.sqrt(2 * n_layers)
    return std * torch.randn(shape)


def first_loss(vocab_size):
    """The loss, in nats a token, of a model that knows nothing."""
    return math.log(vocab_size)


# %% wrong: matrix_of_a_norm
# why: norm anywhere in the name
# says: A name may hold norm and be
import math

import torch


def initial(name, shape, n_layers):
    """The first values of a parameter, by its name."""
    if name.endswith("bias"):
        return torch.zeros(shape)
    if len(shape) == 1 or "norm" in name:
        return torch.ones(shape)
    std = 0.02
    if name.endswith(("attn.out.weight", "mlp.down.weight")):
        std /= math.sqrt(2 * n_layers)
    return std * torch.randn(shape)


def first_loss(vocab_size):
    """The loss, in nats a token, of a model that knows nothing."""
    return math.log(vocab_size)


# %% wrong: table_of_biases
# why: bias anywhere in the name
# says: The name holds bias and ends
import math

import torch


def initial(name, shape, n_layers):
    """The first values of a parameter, by its name."""
    if "bias" in name:
        return torch.zeros(shape)
    if len(shape) == 1:
        return torch.ones(shape)
    std = 0.02
    if name.endswith(("attn.out.weight", "mlp.down.weight")):
        std /= math.sqrt(2 * n_layers)
    return std * torch.randn(shape)


def first_loss(vocab_size):
    """The loss, in nats a token, of a model that knows nothing."""
    return math.log(vocab_size)


# %% wrong: norm_by_its_name
# why: a norm is what is called so
# says: Not every norm is called norm
import math

import torch


def initial(name, shape, n_layers):
    """The first values of a parameter, by its name."""
    if name.endswith("bias"):
        return torch.zeros(shape)
    if len(shape) == 1 and "norm" in name:
        return torch.ones(shape)
    std = 0.02
    if name.endswith(("attn.out.weight", "mlp.down.weight")):
        std /= math.sqrt(2 * n_layers)
    return std * torch.randn(shape)


def first_loss(vocab_size):
    """The loss, in nats a token, of a model that knows nothing."""
    return math.log(vocab_size)


# %% wrong: seeded
# why: a seed inside
# says: With a seed inside, matrices of one shape
import math

import torch


def initial(name, shape, n_layers):
    """The first values of a parameter, by its name."""
    if name.endswith("bias"):
        return torch.zeros(shape)
    if len(shape) == 1:
        return torch.ones(shape)
    std = 0.02
    if name.endswith(("attn.out.weight", "mlp.down.weight")):
        std /= math.sqrt(2 * n_layers)
    torch.manual_seed(0)
    return std * torch.randn(shape)


def first_loss(vocab_size):
    """The loss, in nats a token, of a model that knows nothing."""
    return math.log(vocab_size)


# %% wrong: uniform
# why: the right spread of another law
# says: Normal numbers have tails
import math

import torch


def initial(name, shape, n_layers):
    """The first values of a parameter, by its name."""
    if name.endswith("bias"):
        return torch.zeros(shape)
    if len(shape) == 1:
        return torch.ones(shape)
    std = 0.02
    if name.endswith(("attn.out.weight", "mlp.down.weight")):
        std /= math.sqrt(2 * n_layers)
    return std * math.sqrt(3) * (2 * torch.rand(shape) - 1)


def first_loss(vocab_size):
    """The loss, in nats a token, of a model that knows nothing."""
    return math.log(vocab_size)


# %% wrong: one_row
# why: a row for all
# says: not one row for all
import math

import torch


def initial(name, shape, n_layers):
    """The first values of a parameter, by its name."""
    if name.endswith("bias"):
        return torch.zeros(shape)
    if len(shape) == 1:
        return torch.ones(shape)
    std = 0.02
    if name.endswith(("attn.out.weight", "mlp.down.weight")):
        std /= math.sqrt(2 * n_layers)
    return std * torch.randn(shape[-1]).expand(shape)


def first_loss(vocab_size):
    """The loss, in nats a token, of a model that knows nothing."""
    return math.log(vocab_size)
