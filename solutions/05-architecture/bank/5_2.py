# %% correct: erfc_and_exponentials
import math

import torch


def gelu(x):
    return x * torch.special.ndtr(x)


def gelu_tanh(x):
    z = math.sqrt(8 / math.pi) * x * (1 + 0.044715 * x * x)
    return x * torch.sigmoid(z)


def swiglu(x, gate, up, down):
    a, c = torch.einsum("...d,fd->...f", x, gate), torch.einsum("...d,fd->...f", x, up)
    return torch.einsum("...f,df->...d", a / (1 + torch.exp(-a)) * c, down)


def hidden_width(emb_dim, multiple):
    return multiple * math.ceil(8 * emb_dim / 3 / multiple - 1e-9)


# %% wrong: rough_logistic
# why: 1.702
# says: 1.702 x, a rougher approximation
import math

import torch


def gelu(x):
    """x times the probability that a normal number is at most x."""
    return x * torch.sigmoid(1.702 * x)


def gelu_tanh(x):
    """GPT-2's approximation of GELU."""
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return 0.5 * x * (1 + torch.tanh(inner))


def swiglu(x, gate, up, down):
    """A feed-forward layer with a gate; weights are (out, in)."""
    opened = x @ gate.mT
    return (opened * torch.sigmoid(opened) * (x @ up.mT)) @ down.mT


def hidden_width(emb_dim, multiple):
    """The width F with which SwiGLU costs what 4 D cost before.

    >>> hidden_width(576, 64)
    1536
    """
    return -(-8 * emb_dim // (3 * multiple)) * multiple


# %% wrong: relu
# why: max
# says: This is ReLU.
import math

import torch


def gelu(x):
    """x times the probability that a normal number is at most x."""
    return x.clamp(min=0)


def gelu_tanh(x):
    """GPT-2's approximation of GELU."""
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return 0.5 * x * (1 + torch.tanh(inner))


def swiglu(x, gate, up, down):
    """A feed-forward layer with a gate; weights are (out, in)."""
    opened = x @ gate.mT
    return (opened * torch.sigmoid(opened) * (x @ up.mT)) @ down.mT


def hidden_width(emb_dim, multiple):
    """The width F with which SwiGLU costs what 4 D cost before.

    >>> hidden_width(576, 64)
    1536
    """
    return -(-8 * emb_dim // (3 * multiple)) * multiple


# %% wrong: silu_for_gelu
# why: logistic
# says: This is SiLU, not GELU
import math

import torch


def gelu(x):
    """x times the probability that a normal number is at most x."""
    return x * torch.sigmoid(x)


def gelu_tanh(x):
    """GPT-2's approximation of GELU."""
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return 0.5 * x * (1 + torch.tanh(inner))


def swiglu(x, gate, up, down):
    """A feed-forward layer with a gate; weights are (out, in)."""
    opened = x @ gate.mT
    return (opened * torch.sigmoid(opened) * (x @ up.mT)) @ down.mT


def hidden_width(emb_dim, multiple):
    """The width F with which SwiGLU costs what 4 D cost before.

    >>> hidden_width(576, 64)
    1536
    """
    return -(-8 * emb_dim // (3 * multiple)) * multiple


# %% wrong: tanh_for_exact
# why: approximation
# says: off by up to 5e-4
import math

import torch


def gelu(x):
    """x times the probability that a normal number is at most x."""
    return gelu_tanh(x)


def gelu_tanh(x):
    """GPT-2's approximation of GELU."""
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return 0.5 * x * (1 + torch.tanh(inner))


def swiglu(x, gate, up, down):
    """A feed-forward layer with a gate; weights are (out, in)."""
    opened = x @ gate.mT
    return (opened * torch.sigmoid(opened) * (x @ up.mT)) @ down.mT


def hidden_width(emb_dim, multiple):
    """The width F with which SwiGLU costs what 4 D cost before.

    >>> hidden_width(576, 64)
    1536
    """
    return -(-8 * emb_dim // (3 * multiple)) * multiple


# %% wrong: erf_of_x
# why: no root of 2
# says: erf takes x / sqrt(2)
import math

import torch


def gelu(x):
    """x times the probability that a normal number is at most x."""
    return 0.5 * x * (1 + torch.erf(x))


def gelu_tanh(x):
    """GPT-2's approximation of GELU."""
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return 0.5 * x * (1 + torch.tanh(inner))


def swiglu(x, gate, up, down):
    """A feed-forward layer with a gate; weights are (out, in)."""
    opened = x @ gate.mT
    return (opened * torch.sigmoid(opened) * (x @ up.mT)) @ down.mT


def hidden_width(emb_dim, multiple):
    """The width F with which SwiGLU costs what 4 D cost before.

    >>> hidden_width(576, 64)
    1536
    """
    return -(-8 * emb_dim // (3 * multiple)) * multiple


# %% wrong: exact_for_tanh
# why: erf twice
# says: This is the exact one; GPT-2
import math

import torch


def gelu(x):
    """x times the probability that a normal number is at most x."""
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


def gelu_tanh(x):
    """GPT-2's approximation of GELU."""
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return gelu(x)


def swiglu(x, gate, up, down):
    """A feed-forward layer with a gate; weights are (out, in)."""
    opened = x @ gate.mT
    return (opened * torch.sigmoid(opened) * (x @ up.mT)) @ down.mT


def hidden_width(emb_dim, multiple):
    """The width F with which SwiGLU costs what 4 D cost before.

    >>> hidden_width(576, 64)
    1536
    """
    return -(-8 * emb_dim // (3 * multiple)) * multiple


# %% wrong: ten_times_the_factor
# why: 0.44715
# says: ten times too large
import math

import torch


def gelu(x):
    """x times the probability that a normal number is at most x."""
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


def gelu_tanh(x):
    """GPT-2's approximation of GELU."""
    inner = math.sqrt(2 / math.pi) * (x + 0.44715 * x**3)
    return 0.5 * x * (1 + torch.tanh(inner))


def swiglu(x, gate, up, down):
    """A feed-forward layer with a gate; weights are (out, in)."""
    opened = x @ gate.mT
    return (opened * torch.sigmoid(opened) * (x @ up.mT)) @ down.mT


def hidden_width(emb_dim, multiple):
    """The width F with which SwiGLU costs what 4 D cost before.

    >>> hidden_width(576, 64)
    1536
    """
    return -(-8 * emb_dim // (3 * multiple)) * multiple


# %% wrong: no_root_of_two_over_pi
# why: 2/pi
# says: The root of 2 / pi, not
import math

import torch


def gelu(x):
    """x times the probability that a normal number is at most x."""
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


def gelu_tanh(x):
    """GPT-2's approximation of GELU."""
    inner = 2 / math.pi * (x + 0.044715 * x**3)
    return 0.5 * x * (1 + torch.tanh(inner))


def swiglu(x, gate, up, down):
    """A feed-forward layer with a gate; weights are (out, in)."""
    opened = x @ gate.mT
    return (opened * torch.sigmoid(opened) * (x @ up.mT)) @ down.mT


def hidden_width(emb_dim, multiple):
    """The width F with which SwiGLU costs what 4 D cost before.

    >>> hidden_width(576, 64)
    1536
    """
    return -(-8 * emb_dim // (3 * multiple)) * multiple


# %% wrong: gate_and_up_swapped
# why: SiLU on up
# says: SiLU belongs to the gate, not to up
import math

import torch


def gelu(x):
    """x times the probability that a normal number is at most x."""
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


def gelu_tanh(x):
    """GPT-2's approximation of GELU."""
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return 0.5 * x * (1 + torch.tanh(inner))


def swiglu(x, gate, up, down):
    """A feed-forward layer with a gate; weights are (out, in)."""
    opened = x @ up.mT
    return (opened * torch.sigmoid(opened) * (x @ gate.mT)) @ down.mT


def hidden_width(emb_dim, multiple):
    """The width F with which SwiGLU costs what 4 D cost before.

    >>> hidden_width(576, 64)
    1536
    """
    return -(-8 * emb_dim // (3 * multiple)) * multiple


# %% wrong: glu
# why: sigmoid only
# says: that is GLU
import math

import torch


def gelu(x):
    """x times the probability that a normal number is at most x."""
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


def gelu_tanh(x):
    """GPT-2's approximation of GELU."""
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return 0.5 * x * (1 + torch.tanh(inner))


def swiglu(x, gate, up, down):
    """A feed-forward layer with a gate; weights are (out, in)."""
    opened = x @ gate.mT
    return (torch.sigmoid(opened) * (x @ up.mT)) @ down.mT


def hidden_width(emb_dim, multiple):
    """The width F with which SwiGLU costs what 4 D cost before.

    >>> hidden_width(576, 64)
    1536
    """
    return -(-8 * emb_dim // (3 * multiple)) * multiple


# %% wrong: relu_gate
# why: ReLU
# says: ReLU in the gate
import math

import torch


def gelu(x):
    """x times the probability that a normal number is at most x."""
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


def gelu_tanh(x):
    """GPT-2's approximation of GELU."""
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return 0.5 * x * (1 + torch.tanh(inner))


def swiglu(x, gate, up, down):
    """A feed-forward layer with a gate; weights are (out, in)."""
    opened = x @ gate.mT
    return (opened.clamp(min=0) * (x @ up.mT)) @ down.mT


def hidden_width(emb_dim, multiple):
    """The width F with which SwiGLU costs what 4 D cost before.

    >>> hidden_width(576, 64)
    1536
    """
    return -(-8 * emb_dim // (3 * multiple)) * multiple


# %% wrong: added
# why: sum
# says: Gate and up are multiplied
import math

import torch


def gelu(x):
    """x times the probability that a normal number is at most x."""
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


def gelu_tanh(x):
    """GPT-2's approximation of GELU."""
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return 0.5 * x * (1 + torch.tanh(inner))


def swiglu(x, gate, up, down):
    """A feed-forward layer with a gate; weights are (out, in)."""
    opened = x @ gate.mT
    return (opened * torch.sigmoid(opened) + (x @ up.mT)) @ down.mT


def hidden_width(emb_dim, multiple):
    """The width F with which SwiGLU costs what 4 D cost before.

    >>> hidden_width(576, 64)
    1536
    """
    return -(-8 * emb_dim // (3 * multiple)) * multiple


# %% wrong: bent_afterwards
# why: SiLU of the product
# says: SiLU comes before the product
import math

import torch


def gelu(x):
    """x times the probability that a normal number is at most x."""
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


def gelu_tanh(x):
    """GPT-2's approximation of GELU."""
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return 0.5 * x * (1 + torch.tanh(inner))


def swiglu(x, gate, up, down):
    """A feed-forward layer with a gate; weights are (out, in)."""
    opened = (x @ gate.mT) * (x @ up.mT)
    return (opened * torch.sigmoid(opened)) @ down.mT


def hidden_width(emb_dim, multiple):
    """The width F with which SwiGLU costs what 4 D cost before.

    >>> hidden_width(576, 64)
    1536
    """
    return -(-8 * emb_dim // (3 * multiple)) * multiple


# %% wrong: four_times
# why: 4 D
# says: half as large again
import math

import torch


def gelu(x):
    """x times the probability that a normal number is at most x."""
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


def gelu_tanh(x):
    """GPT-2's approximation of GELU."""
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return 0.5 * x * (1 + torch.tanh(inner))


def swiglu(x, gate, up, down):
    """A feed-forward layer with a gate; weights are (out, in)."""
    opened = x @ gate.mT
    return (opened * torch.sigmoid(opened) * (x @ up.mT)) @ down.mT


def hidden_width(emb_dim, multiple):
    """The width F with which SwiGLU costs what 4 D cost before.

    >>> hidden_width(576, 64)
    1536
    """
    return -(-4 * emb_dim // multiple) * multiple


# %% wrong: rounded_down
# why: floor
# says: Rounded down; the next multiple
import math

import torch


def gelu(x):
    """x times the probability that a normal number is at most x."""
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


def gelu_tanh(x):
    """GPT-2's approximation of GELU."""
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return 0.5 * x * (1 + torch.tanh(inner))


def swiglu(x, gate, up, down):
    """A feed-forward layer with a gate; weights are (out, in)."""
    opened = x @ gate.mT
    return (opened * torch.sigmoid(opened) * (x @ up.mT)) @ down.mT


def hidden_width(emb_dim, multiple):
    """The width F with which SwiGLU costs what 4 D cost before.

    >>> hidden_width(576, 64)
    1536
    """
    return (8 * emb_dim // (3 * multiple)) * multiple


# %% wrong: always_one_more
# why: floor + 1
# says: A width that is a multiple already
import math

import torch


def gelu(x):
    """x times the probability that a normal number is at most x."""
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


def gelu_tanh(x):
    """GPT-2's approximation of GELU."""
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return 0.5 * x * (1 + torch.tanh(inner))


def swiglu(x, gate, up, down):
    """A feed-forward layer with a gate; weights are (out, in)."""
    opened = x @ gate.mT
    return (opened * torch.sigmoid(opened) * (x @ up.mT)) @ down.mT


def hidden_width(emb_dim, multiple):
    """The width F with which SwiGLU costs what 4 D cost before.

    >>> hidden_width(576, 64)
    1536
    """
    return (8 * emb_dim // 3 // multiple + 1) * multiple


# %% wrong: multiple_ignored
# why: ceil
# says: The multiple plays no part
import math

import torch


def gelu(x):
    """x times the probability that a normal number is at most x."""
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


def gelu_tanh(x):
    """GPT-2's approximation of GELU."""
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return 0.5 * x * (1 + torch.tanh(inner))


def swiglu(x, gate, up, down):
    """A feed-forward layer with a gate; weights are (out, in)."""
    opened = x @ gate.mT
    return (opened * torch.sigmoid(opened) * (x @ up.mT)) @ down.mT


def hidden_width(emb_dim, multiple):
    """The width F with which SwiGLU costs what 4 D cost before.

    >>> hidden_width(576, 64)
    1536
    """
    return -(-8 * emb_dim // 3)


# %% wrong: gelu_in_place
# why: *= on an argument
# says: argument 1 of gelu after the call
import math

import torch


def gelu(x):
    """x times the probability that a normal number is at most x."""
    x *= 0.5 * (1 + torch.erf(x / math.sqrt(2)))
    return x


def gelu_tanh(x):
    """GPT-2's approximation of GELU."""
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return 0.5 * x * (1 + torch.tanh(inner))


def swiglu(x, gate, up, down):
    """A feed-forward layer with a gate; weights are (out, in)."""
    opened = x @ gate.mT
    return (opened * torch.sigmoid(opened) * (x @ up.mT)) @ down.mT


def hidden_width(emb_dim, multiple):
    """The width F with which SwiGLU costs what 4 D cost before.

    >>> hidden_width(576, 64)
    1536
    """
    return -(-8 * emb_dim // (3 * multiple)) * multiple


# %% wrong: gelu_tanh_in_place
# why: *= on an argument
# says: argument 1 of gelu_tanh after the call
import math

import torch


def gelu(x):
    """x times the probability that a normal number is at most x."""
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


def gelu_tanh(x):
    """GPT-2's approximation of GELU."""
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    x *= 0.5 * (1 + torch.tanh(inner))
    return x


def swiglu(x, gate, up, down):
    """A feed-forward layer with a gate; weights are (out, in)."""
    opened = x @ gate.mT
    return (opened * torch.sigmoid(opened) * (x @ up.mT)) @ down.mT


def hidden_width(emb_dim, multiple):
    """The width F with which SwiGLU costs what 4 D cost before.

    >>> hidden_width(576, 64)
    1536
    """
    return -(-8 * emb_dim // (3 * multiple)) * multiple


# %% wrong: weights_transposed_in_place
# why: t_() for .T
# says: argument 2 of swiglu after the call
import math

import torch


def gelu(x):
    """x times the probability that a normal number is at most x."""
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


def gelu_tanh(x):
    """GPT-2's approximation of GELU."""
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return 0.5 * x * (1 + torch.tanh(inner))


def swiglu(x, gate, up, down):
    """A feed-forward layer with a gate; weights are (out, in)."""
    opened = x @ gate.t_()
    return (opened * torch.sigmoid(opened) * (x @ up.mT)) @ down.mT


def hidden_width(emb_dim, multiple):
    """The width F with which SwiGLU costs what 4 D cost before.

    >>> hidden_width(576, 64)
    1536
    """
    return -(-8 * emb_dim // (3 * multiple)) * multiple


# %% wrong: cut_first
# why: Llama's own code: int() before the rounding
# says: You cut 8/3 D to a whole number first
import math

import torch


def gelu(x):
    """x times the probability that a normal number is at most x."""
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


def gelu_tanh(x):
    """GPT-2's approximation of GELU."""
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return 0.5 * x * (1 + torch.tanh(inner))


def swiglu(x, gate, up, down):
    """A feed-forward layer with a gate; weights are (out, in)."""
    opened = x @ gate.mT
    return (opened * torch.sigmoid(opened) * (x @ up.mT)) @ down.mT


def hidden_width(emb_dim, multiple):
    """The width F with which SwiGLU costs what 4 D cost before.

    >>> hidden_width(576, 64)
    1536
    """
    width = int(2 * (4 * emb_dim) / 3)
    return multiple * ((width + multiple - 1) // multiple)


# %% wrong: rounded_first
# why: round() before the rounding up
# says: You round 8/3 D to the nearest whole
import math

import torch


def gelu(x):
    """x times the probability that a normal number is at most x."""
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


def gelu_tanh(x):
    """GPT-2's approximation of GELU."""
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return 0.5 * x * (1 + torch.tanh(inner))


def swiglu(x, gate, up, down):
    """A feed-forward layer with a gate; weights are (out, in)."""
    opened = x @ gate.mT
    return (opened * torch.sigmoid(opened) * (x @ up.mT)) @ down.mT


def hidden_width(emb_dim, multiple):
    """The width F with which SwiGLU costs what 4 D cost before.

    >>> hidden_width(576, 64)
    1536
    """
    return -(-round(8 * emb_dim / 3) // multiple) * multiple


# %% wrong: nearest_multiple
# why: round() for ceil()
# says: The nearest multiple may lie below
import math

import torch


def gelu(x):
    """x times the probability that a normal number is at most x."""
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


def gelu_tanh(x):
    """GPT-2's approximation of GELU."""
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return 0.5 * x * (1 + torch.tanh(inner))


def swiglu(x, gate, up, down):
    """A feed-forward layer with a gate; weights are (out, in)."""
    opened = x @ gate.mT
    return (opened * torch.sigmoid(opened) * (x @ up.mT)) @ down.mT


def hidden_width(emb_dim, multiple):
    """The width F with which SwiGLU costs what 4 D cost before.

    >>> hidden_width(576, 64)
    1536
    """
    return round(8 * emb_dim / 3 / multiple) * multiple


# %% wrong: third_as_a_decimal
# why: 8/3 with three digits
# says: 2.666 is less than 8/3
import math

import torch


def gelu(x):
    """x times the probability that a normal number is at most x."""
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


def gelu_tanh(x):
    """GPT-2's approximation of GELU."""
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return 0.5 * x * (1 + torch.tanh(inner))


def swiglu(x, gate, up, down):
    """A feed-forward layer with a gate; weights are (out, in)."""
    opened = x @ gate.mT
    return (opened * torch.sigmoid(opened) * (x @ up.mT)) @ down.mT


def hidden_width(emb_dim, multiple):
    """The width F with which SwiGLU costs what 4 D cost before.

    >>> hidden_width(576, 64)
    1536
    """
    return math.ceil(2.666 * emb_dim / multiple) * multiple


# %% wrong: silu_overflows
# why: the logistic as exp(x) / (1 + exp(x))
# says: exp(800) is infinite
import math

import torch


def gelu(x):
    """x times the probability that a normal number is at most x."""
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


def gelu_tanh(x):
    """GPT-2's approximation of GELU."""
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return 0.5 * x * (1 + torch.tanh(inner))


def swiglu(x, gate, up, down):
    """A feed-forward layer with a gate; weights are (out, in)."""
    opened = x @ gate.mT
    return (opened * (opened.exp() / (1 + opened.exp())) * (x @ up.mT)) @ down.mT


def hidden_width(emb_dim, multiple):
    """The width F with which SwiGLU costs what 4 D cost before.

    >>> hidden_width(576, 64)
    1536
    """
    return -(-8 * emb_dim // (3 * multiple)) * multiple
