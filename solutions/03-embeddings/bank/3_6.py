# %% correct: pair_by_pair_and_by_its_ends
import torch


def interpolated(head_dim, base, factor):
    found = [1 / (factor * base ** (k / head_dim)) for k in range(0, head_dim, 2)]
    return torch.tensor(found, dtype=torch.float64)


def ntk(head_dim, base, factor):
    n = head_dim // 2
    found = []
    for i in range(n):
        found.append(base ** (-i / n) * factor ** (-i / (n - 1)))
    return torch.tensor(found, dtype=torch.float64)


def yarn(head_dim, base, factor, original_length, slow, fast):
    found = []
    for k in range(0, head_dim, 2):
        w = base ** (-k / head_dim)
        wavelength = 2 * 3.141592653589793 / w
        turns = original_length / wavelength
        if turns >= fast:
            found.append(w)
        elif turns <= slow:
            found.append(w / factor)
        else:
            t = (turns - slow) / (fast - slow)
            found.append(w / factor + t * (w - w / factor))
    return torch.tensor(found, dtype=torch.float64)


# %% wrong: multiplied
# why: faster instead of slower
# says: You multiply
import math

import torch


def interpolated(head_dim, base, factor):
    """Speeds of position interpolation, (Dh/2,)."""
    return speeds_of(head_dim, base) * factor


def speeds_of(head_dim, base):
    i = torch.arange(head_dim // 2, dtype=torch.float64)
    return base ** (-2 * i / head_dim)


def ntk(head_dim, base, factor):
    """Speeds of the NTK-aware base, (Dh/2,)."""
    larger = base * factor ** (head_dim / (head_dim - 2))
    return speeds_of(head_dim, larger)


def yarn(head_dim, base, factor, original_length, slow, fast):
    """Speeds that are kept, slowed or mixed, by the number of turns."""
    speeds = speeds_of(head_dim, base)
    turns = original_length * speeds / math.tau
    share = ((turns - slow) / (fast - slow)).clamp(0, 1)
    return share * speeds + (1 - share) * speeds / factor


# %% wrong: base_times_factor_for_interpolation
# why: a larger base
# says: You changed the base
import math

import torch


def interpolated(head_dim, base, factor):
    """Speeds of position interpolation, (Dh/2,)."""
    return speeds_of(head_dim, base * factor)


def speeds_of(head_dim, base):
    i = torch.arange(head_dim // 2, dtype=torch.float64)
    return base ** (-2 * i / head_dim)


def ntk(head_dim, base, factor):
    """Speeds of the NTK-aware base, (Dh/2,)."""
    larger = base * factor ** (head_dim / (head_dim - 2))
    return speeds_of(head_dim, larger)


def yarn(head_dim, base, factor, original_length, slow, fast):
    """Speeds that are kept, slowed or mixed, by the number of turns."""
    speeds = speeds_of(head_dim, base)
    turns = original_length * speeds / math.tau
    share = ((turns - slow) / (fast - slow)).clamp(0, 1)
    return share * speeds + (1 - share) * speeds / factor


# %% wrong: factor_unused
# why: nothing is stretched
# says: `factor` plays no part
import math

import torch


def interpolated(head_dim, base, factor):
    """Speeds of position interpolation, (Dh/2,)."""
    return speeds_of(head_dim, base)


def speeds_of(head_dim, base):
    i = torch.arange(head_dim // 2, dtype=torch.float64)
    return base ** (-2 * i / head_dim)


def ntk(head_dim, base, factor):
    """Speeds of the NTK-aware base, (Dh/2,)."""
    larger = base * factor ** (head_dim / (head_dim - 2))
    return speeds_of(head_dim, larger)


def yarn(head_dim, base, factor, original_length, slow, fast):
    """Speeds that are kept, slowed or mixed, by the number of turns."""
    speeds = speeds_of(head_dim, base)
    turns = original_length * speeds / math.tau
    share = ((turns - slow) / (fast - slow)).clamp(0, 1)
    return share * speeds + (1 - share) * speeds / factor


# %% wrong: base_times_factor
# why: no exponent
# says: base * factor makes the slowest pair
import math

import torch


def interpolated(head_dim, base, factor):
    """Speeds of position interpolation, (Dh/2,)."""
    return speeds_of(head_dim, base) / factor


def speeds_of(head_dim, base):
    i = torch.arange(head_dim // 2, dtype=torch.float64)
    return base ** (-2 * i / head_dim)


def ntk(head_dim, base, factor):
    """Speeds of the NTK-aware base, (Dh/2,)."""
    larger = base * factor
    return speeds_of(head_dim, larger)


def yarn(head_dim, base, factor, original_length, slow, fast):
    """Speeds that are kept, slowed or mixed, by the number of turns."""
    speeds = speeds_of(head_dim, base)
    turns = original_length * speeds / math.tau
    share = ((turns - slow) / (fast - slow)).clamp(0, 1)
    return share * speeds + (1 - share) * speeds / factor


# %% wrong: ntk_as_interpolation
# why: all slowed alike
# says: All pairs are slowed alike
import math

import torch


def interpolated(head_dim, base, factor):
    """Speeds of position interpolation, (Dh/2,)."""
    return speeds_of(head_dim, base) / factor


def speeds_of(head_dim, base):
    i = torch.arange(head_dim // 2, dtype=torch.float64)
    return base ** (-2 * i / head_dim)


def ntk(head_dim, base, factor):
    """Speeds of the NTK-aware base, (Dh/2,)."""
    return speeds_of(head_dim, base) / factor


def yarn(head_dim, base, factor, original_length, slow, fast):
    """Speeds that are kept, slowed or mixed, by the number of turns."""
    speeds = speeds_of(head_dim, base)
    turns = original_length * speeds / math.tau
    share = ((turns - slow) / (fast - slow)).clamp(0, 1)
    return share * speeds + (1 - share) * speeds / factor


# %% wrong: exponent_turned_over
# why: (Dh - 2) / Dh
# says: The exponent is turned over
import math

import torch


def interpolated(head_dim, base, factor):
    """Speeds of position interpolation, (Dh/2,)."""
    return speeds_of(head_dim, base) / factor


def speeds_of(head_dim, base):
    i = torch.arange(head_dim // 2, dtype=torch.float64)
    return base ** (-2 * i / head_dim)


def ntk(head_dim, base, factor):
    """Speeds of the NTK-aware base, (Dh/2,)."""
    larger = base * factor ** ((head_dim - 2) / head_dim)
    return speeds_of(head_dim, larger)


def yarn(head_dim, base, factor, original_length, slow, fast):
    """Speeds that are kept, slowed or mixed, by the number of turns."""
    speeds = speeds_of(head_dim, base)
    turns = original_length * speeds / math.tau
    share = ((turns - slow) / (fast - slow)).clamp(0, 1)
    return share * speeds + (1 - share) * speeds / factor


# %% wrong: radians_for_turns
# why: 2 pi forgotten
# says: You count radians
import math

import torch


def interpolated(head_dim, base, factor):
    """Speeds of position interpolation, (Dh/2,)."""
    return speeds_of(head_dim, base) / factor


def speeds_of(head_dim, base):
    i = torch.arange(head_dim // 2, dtype=torch.float64)
    return base ** (-2 * i / head_dim)


def ntk(head_dim, base, factor):
    """Speeds of the NTK-aware base, (Dh/2,)."""
    larger = base * factor ** (head_dim / (head_dim - 2))
    return speeds_of(head_dim, larger)


def yarn(head_dim, base, factor, original_length, slow, fast):
    """Speeds that are kept, slowed or mixed, by the number of turns."""
    speeds = speeds_of(head_dim, base)
    turns = original_length * speeds
    share = ((turns - slow) / (fast - slow)).clamp(0, 1)
    return share * speeds + (1 - share) * speeds / factor


# %% wrong: shares_swapped
# why: fast pairs are slowed
# says: The shares are turned round
import math

import torch


def interpolated(head_dim, base, factor):
    """Speeds of position interpolation, (Dh/2,)."""
    return speeds_of(head_dim, base) / factor


def speeds_of(head_dim, base):
    i = torch.arange(head_dim // 2, dtype=torch.float64)
    return base ** (-2 * i / head_dim)


def ntk(head_dim, base, factor):
    """Speeds of the NTK-aware base, (Dh/2,)."""
    larger = base * factor ** (head_dim / (head_dim - 2))
    return speeds_of(head_dim, larger)


def yarn(head_dim, base, factor, original_length, slow, fast):
    """Speeds that are kept, slowed or mixed, by the number of turns."""
    speeds = speeds_of(head_dim, base)
    turns = original_length * speeds / math.tau
    share = ((turns - slow) / (fast - slow)).clamp(0, 1)
    return (1 - share) * speeds + share * speeds / factor


# %% wrong: no_ramp
# why: a step instead of a ramp
# says: There is no ramp
import math

import torch


def interpolated(head_dim, base, factor):
    """Speeds of position interpolation, (Dh/2,)."""
    return speeds_of(head_dim, base) / factor


def speeds_of(head_dim, base):
    i = torch.arange(head_dim // 2, dtype=torch.float64)
    return base ** (-2 * i / head_dim)


def ntk(head_dim, base, factor):
    """Speeds of the NTK-aware base, (Dh/2,)."""
    larger = base * factor ** (head_dim / (head_dim - 2))
    return speeds_of(head_dim, larger)


def yarn(head_dim, base, factor, original_length, slow, fast):
    """Speeds that are kept, slowed or mixed, by the number of turns."""
    speeds = speeds_of(head_dim, base)
    turns = original_length * speeds / math.tau
    share = (turns >= fast).double()
    return share * speeds + (1 - share) * speeds / factor


# %% wrong: share_not_cut
# why: beyond 0 and 1
# says: The share must be cut
import math

import torch


def interpolated(head_dim, base, factor):
    """Speeds of position interpolation, (Dh/2,)."""
    return speeds_of(head_dim, base) / factor


def speeds_of(head_dim, base):
    i = torch.arange(head_dim // 2, dtype=torch.float64)
    return base ** (-2 * i / head_dim)


def ntk(head_dim, base, factor):
    """Speeds of the NTK-aware base, (Dh/2,)."""
    larger = base * factor ** (head_dim / (head_dim - 2))
    return speeds_of(head_dim, larger)


def yarn(head_dim, base, factor, original_length, slow, fast):
    """Speeds that are kept, slowed or mixed, by the number of turns."""
    speeds = speeds_of(head_dim, base)
    turns = original_length * speeds / math.tau
    share = ((turns - slow) / (fast - slow))
    return share * speeds + (1 - share) * speeds / factor


# %% wrong: yarn_as_interpolation
# why: everything slowed
# says: All pairs are slowed: that is interpolation
import math

import torch


def interpolated(head_dim, base, factor):
    """Speeds of position interpolation, (Dh/2,)."""
    return speeds_of(head_dim, base) / factor


def speeds_of(head_dim, base):
    i = torch.arange(head_dim // 2, dtype=torch.float64)
    return base ** (-2 * i / head_dim)


def ntk(head_dim, base, factor):
    """Speeds of the NTK-aware base, (Dh/2,)."""
    larger = base * factor ** (head_dim / (head_dim - 2))
    return speeds_of(head_dim, larger)


def yarn(head_dim, base, factor, original_length, slow, fast):
    """Speeds that are kept, slowed or mixed, by the number of turns."""
    speeds = speeds_of(head_dim, base)
    turns = original_length * speeds / math.tau
    share = ((turns - slow) / (fast - slow)).clamp(0, 1)
    return speeds / factor


# %% wrong: slow_pairs_stand_still
# why: speed 0
# says: Slow pairs stand still
import math

import torch


def interpolated(head_dim, base, factor):
    """Speeds of position interpolation, (Dh/2,)."""
    return speeds_of(head_dim, base) / factor


def speeds_of(head_dim, base):
    i = torch.arange(head_dim // 2, dtype=torch.float64)
    return base ** (-2 * i / head_dim)


def ntk(head_dim, base, factor):
    """Speeds of the NTK-aware base, (Dh/2,)."""
    larger = base * factor ** (head_dim / (head_dim - 2))
    return speeds_of(head_dim, larger)


def yarn(head_dim, base, factor, original_length, slow, fast):
    """Speeds that are kept, slowed or mixed, by the number of turns."""
    speeds = speeds_of(head_dim, base)
    turns = original_length * speeds / math.tau
    share = ((turns - slow) / (fast - slow)).clamp(0, 1)
    return share * speeds
