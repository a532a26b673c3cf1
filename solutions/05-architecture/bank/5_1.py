# %% correct: by_var_and_rsqrt
import torch


def layer_norm(x, weight, bias, eps):
    wide = x.to(torch.promote_types(x.dtype, torch.float32))
    variance, mean = torch.var_mean(wide, dim=-1, correction=0, keepdim=True)
    y = (wide - mean) * torch.rsqrt(variance + eps)
    return torch.addcmul(bias.to(y), y, weight.to(y)).type_as(x)


def rms_norm(x, weight, eps):
    wide = x.to(torch.promote_types(x.dtype, torch.float32))
    length = torch.linalg.vector_norm(wide, dim=-1, keepdim=True)
    scale = (length * length / x.shape[-1] + eps) ** -0.5
    return (wide * scale * weight.to(wide)).type_as(x)


# %% wrong: unbiased
# why: D - 1
# says: You divide the squares by D - 1
import torch


def layer_norm(x, weight, bias, eps):
    """Each token: mean 0, variance 1, then weight and bias."""
    y = x if x.dtype == torch.float64 else x.float()
    y = y - y.mean(-1, keepdim=True)
    variance = (y**2).sum(-1, keepdim=True) / max(y.shape[-1] - 1, 1)
    y = y / (variance + eps).sqrt()
    return (y * weight + bias).to(x.dtype)


def rms_norm(x, weight, eps):
    """Each token divided by the root of its mean square, times weight."""
    y = x if x.dtype == torch.float64 else x.float()
    y = y / ((y**2).mean(-1, keepdim=True) + eps).sqrt()
    return (y * weight).to(x.dtype)


# %% wrong: over_the_tokens
# why: dim=-2
# says: You normalise over the tokens
import torch


def layer_norm(x, weight, bias, eps):
    """Each token: mean 0, variance 1, then weight and bias."""
    y = x if x.dtype == torch.float64 else x.float()
    y = y - y.mean(-2, keepdim=True)
    variance = (y**2).mean(-2, keepdim=True)
    y = y / (variance + eps).sqrt()
    return (y * weight + bias).to(x.dtype)


def rms_norm(x, weight, eps):
    """Each token divided by the root of its mean square, times weight."""
    y = x if x.dtype == torch.float64 else x.float()
    y = y / ((y**2).mean(-1, keepdim=True) + eps).sqrt()
    return (y * weight).to(x.dtype)


# %% wrong: eps_outside
# why: added to the root
# says: eps stands outside the root
import torch


def layer_norm(x, weight, bias, eps):
    """Each token: mean 0, variance 1, then weight and bias."""
    y = x if x.dtype == torch.float64 else x.float()
    y = y - y.mean(-1, keepdim=True)
    variance = (y**2).mean(-1, keepdim=True)
    y = y / (variance.sqrt() + eps)
    return (y * weight + bias).to(x.dtype)


def rms_norm(x, weight, eps):
    """Each token divided by the root of its mean square, times weight."""
    y = x if x.dtype == torch.float64 else x.float()
    y = y / ((y**2).mean(-1, keepdim=True) + eps).sqrt()
    return (y * weight).to(x.dtype)


# %% wrong: divided_by_the_variance
# why: no root
# says: You divide by the variance;
import torch


def layer_norm(x, weight, bias, eps):
    """Each token: mean 0, variance 1, then weight and bias."""
    y = x if x.dtype == torch.float64 else x.float()
    y = y - y.mean(-1, keepdim=True)
    variance = (y**2).mean(-1, keepdim=True)
    y = y / (variance + eps)
    return (y * weight + bias).to(x.dtype)


def rms_norm(x, weight, eps):
    """Each token divided by the root of its mean square, times weight."""
    y = x if x.dtype == torch.float64 else x.float()
    y = y / ((y**2).mean(-1, keepdim=True) + eps).sqrt()
    return (y * weight).to(x.dtype)


# %% wrong: no_weight
# why: plain
# says: weight and bias are not used
import torch


def layer_norm(x, weight, bias, eps):
    """Each token: mean 0, variance 1, then weight and bias."""
    y = x if x.dtype == torch.float64 else x.float()
    y = y - y.mean(-1, keepdim=True)
    variance = (y**2).mean(-1, keepdim=True)
    y = y / (variance + eps).sqrt()
    return y.to(x.dtype)


def rms_norm(x, weight, eps):
    """Each token divided by the root of its mean square, times weight."""
    y = x if x.dtype == torch.float64 else x.float()
    y = y / ((y**2).mean(-1, keepdim=True) + eps).sqrt()
    return (y * weight).to(x.dtype)


# %% wrong: eps_fixed
# why: 1e-5
# says: you fixed it at 1e-5
import torch


def layer_norm(x, weight, bias, eps):
    """Each token: mean 0, variance 1, then weight and bias."""
    y = x if x.dtype == torch.float64 else x.float()
    y = y - y.mean(-1, keepdim=True)
    variance = (y**2).mean(-1, keepdim=True)
    y = y / (variance + 1e-5).sqrt()
    return (y * weight + bias).to(x.dtype)


def rms_norm(x, weight, eps):
    """Each token divided by the root of its mean square, times weight."""
    y = x if x.dtype == torch.float64 else x.float()
    y = y / ((y**2).mean(-1, keepdim=True) + eps).sqrt()
    return (y * weight).to(x.dtype)


# %% wrong: rms_with_mean
# why: centred
# says: You subtract the mean: that is LayerNorm
import torch


def layer_norm(x, weight, bias, eps):
    """Each token: mean 0, variance 1, then weight and bias."""
    y = x if x.dtype == torch.float64 else x.float()
    y = y - y.mean(-1, keepdim=True)
    variance = (y**2).mean(-1, keepdim=True)
    y = y / (variance + eps).sqrt()
    return (y * weight + bias).to(x.dtype)


def rms_norm(x, weight, eps):
    """Each token divided by the root of its mean square, times weight."""
    y = x if x.dtype == torch.float64 else x.float()
    y = y - y.mean(-1, keepdim=True)
    y = y / ((y**2).mean(-1, keepdim=True) + eps).sqrt()
    return (y * weight).to(x.dtype)


# %% wrong: rms_by_the_sum
# why: length 1
# says: You take the sum of squares
import torch


def layer_norm(x, weight, bias, eps):
    """Each token: mean 0, variance 1, then weight and bias."""
    y = x if x.dtype == torch.float64 else x.float()
    y = y - y.mean(-1, keepdim=True)
    variance = (y**2).mean(-1, keepdim=True)
    y = y / (variance + eps).sqrt()
    return (y * weight + bias).to(x.dtype)


def rms_norm(x, weight, eps):
    """Each token divided by the root of its mean square, times weight."""
    y = x if x.dtype == torch.float64 else x.float()
    y = y / ((y**2).sum(-1, keepdim=True) + eps).sqrt()
    return (y * weight).to(x.dtype)


# %% wrong: rms_without_root
# why: mean square
# says: The root is missing in rms_norm
import torch


def layer_norm(x, weight, bias, eps):
    """Each token: mean 0, variance 1, then weight and bias."""
    y = x if x.dtype == torch.float64 else x.float()
    y = y - y.mean(-1, keepdim=True)
    variance = (y**2).mean(-1, keepdim=True)
    y = y / (variance + eps).sqrt()
    return (y * weight + bias).to(x.dtype)


def rms_norm(x, weight, eps):
    """Each token divided by the root of its mean square, times weight."""
    y = x if x.dtype == torch.float64 else x.float()
    y = y / ((y**2).mean(-1, keepdim=True) + eps)
    return (y * weight).to(x.dtype)


# %% wrong: rms_eps_outside
# why: added to the root
# says: In rms_norm, too, eps
import torch


def layer_norm(x, weight, bias, eps):
    """Each token: mean 0, variance 1, then weight and bias."""
    y = x if x.dtype == torch.float64 else x.float()
    y = y - y.mean(-1, keepdim=True)
    variance = (y**2).mean(-1, keepdim=True)
    y = y / (variance + eps).sqrt()
    return (y * weight + bias).to(x.dtype)


def rms_norm(x, weight, eps):
    """Each token divided by the root of its mean square, times weight."""
    y = x if x.dtype == torch.float64 else x.float()
    y = y / ((y**2).mean(-1, keepdim=True).sqrt() + eps)
    return (y * weight).to(x.dtype)


# %% wrong: rms_no_weight
# why: plain
# says: rms_norm does not use weight
import torch


def layer_norm(x, weight, bias, eps):
    """Each token: mean 0, variance 1, then weight and bias."""
    y = x if x.dtype == torch.float64 else x.float()
    y = y - y.mean(-1, keepdim=True)
    variance = (y**2).mean(-1, keepdim=True)
    y = y / (variance + eps).sqrt()
    return (y * weight + bias).to(x.dtype)


def rms_norm(x, weight, eps):
    """Each token divided by the root of its mean square, times weight."""
    y = x if x.dtype == torch.float64 else x.float()
    y = y / ((y**2).mean(-1, keepdim=True) + eps).sqrt()
    return y.to(x.dtype)


# %% wrong: variance_detached
# why: no gradient
# says: gradients pass through them
import torch


def layer_norm(x, weight, bias, eps):
    """Each token: mean 0, variance 1, then weight and bias."""
    y = x if x.dtype == torch.float64 else x.float()
    y = y - y.mean(-1, keepdim=True)
    variance = (y**2).mean(-1, keepdim=True)
    y = y / (variance.detach() + eps).sqrt()
    return (y * weight + bias).to(x.dtype)


def rms_norm(x, weight, eps):
    """Each token divided by the root of its mean square, times weight."""
    y = x if x.dtype == torch.float64 else x.float()
    y = y / ((y**2).mean(-1, keepdim=True) + eps).sqrt()
    return (y * weight).to(x.dtype)


# %% wrong: float32_out
# why: dtype not given back
# says: The result has the dtype of x
import torch


def layer_norm(x, weight, bias, eps):
    """Each token: mean 0, variance 1, then weight and bias."""
    y = x if x.dtype == torch.float64 else x.float()
    y = y - y.mean(-1, keepdim=True)
    variance = (y**2).mean(-1, keepdim=True)
    y = y / (variance + eps).sqrt()
    return (y * weight + bias)


def rms_norm(x, weight, eps):
    """Each token divided by the root of its mean square, times weight."""
    y = x if x.dtype == torch.float64 else x.float()
    y = y / ((y**2).mean(-1, keepdim=True) + eps).sqrt()
    return (y * weight)


# %% wrong: half_throughout
# why: sums in bfloat16
# says: Sums in bfloat16 have three digits
import torch


def layer_norm(x, weight, bias, eps):
    """Each token: mean 0, variance 1, then weight and bias."""
    y = x
    y = y - y.mean(-1, keepdim=True)
    variance = (y**2).mean(-1, keepdim=True)
    y = y / (variance + eps).sqrt()
    return (y * weight + bias).to(x.dtype)


def rms_norm(x, weight, eps):
    """Each token divided by the root of its mean square, times weight."""
    y = x
    y = y / ((y**2).mean(-1, keepdim=True) + eps).sqrt()
    return (y * weight).to(x.dtype)


# %% wrong: squares_minus_square
# why: mean of squares minus squared mean
# says: rounding is what is left
import torch


def layer_norm(x, weight, bias, eps):
    """Each token: mean 0, variance 1, then weight and bias."""
    y = x if x.dtype == torch.float64 else x.float()
    mean = y.mean(-1, keepdim=True)
    variance = (y**2).mean(-1, keepdim=True) - mean**2
    y = y - mean
    y = y / (variance + eps).sqrt()
    return (y * weight + bias).to(x.dtype)


def rms_norm(x, weight, eps):
    """Each token divided by the root of its mean square, times weight."""
    y = x if x.dtype == torch.float64 else x.float()
    y = y / ((y**2).mean(-1, keepdim=True) + eps).sqrt()
    return (y * weight).to(x.dtype)


# %% wrong: eps_or_a_default
# why: eps or 1e-5
# says: eps = 0 is a number
import torch


def layer_norm(x, weight, bias, eps):
    """Each token: mean 0, variance 1, then weight and bias."""
    y = x if x.dtype == torch.float64 else x.float()
    y = y - y.mean(-1, keepdim=True)
    variance = (y**2).mean(-1, keepdim=True)
    y = y / (variance + (eps or 1e-5)).sqrt()
    return (y * weight + bias).to(x.dtype)


def rms_norm(x, weight, eps):
    """Each token divided by the root of its mean square, times weight."""
    y = x if x.dtype == torch.float64 else x.float()
    y = y / ((y**2).mean(-1, keepdim=True) + (eps or 1e-5)).sqrt()
    return (y * weight).to(x.dtype)


# %% wrong: weight_detached
# why: no gradient for weight
# says: Weight and bias are learned
import torch


def layer_norm(x, weight, bias, eps):
    """Each token: mean 0, variance 1, then weight and bias."""
    y = x if x.dtype == torch.float64 else x.float()
    y = y - y.mean(-1, keepdim=True)
    variance = (y**2).mean(-1, keepdim=True)
    y = y / (variance + eps).sqrt()
    return (y * weight.detach() + bias).to(x.dtype)


def rms_norm(x, weight, eps):
    """Each token divided by the root of its mean square, times weight."""
    y = x if x.dtype == torch.float64 else x.float()
    y = y / ((y**2).mean(-1, keepdim=True) + eps).sqrt()
    return (y * weight).to(x.dtype)


# %% wrong: rounded_before_the_weight
# why: to(x.dtype) too early
# says: You round before weight and bias
import torch


def layer_norm(x, weight, bias, eps):
    """Each token: mean 0, variance 1, then weight and bias."""
    y = x if x.dtype == torch.float64 else x.float()
    y = y - y.mean(-1, keepdim=True)
    variance = (y**2).mean(-1, keepdim=True)
    y = y / (variance + eps).sqrt()
    return y.to(x.dtype) * weight + bias


def rms_norm(x, weight, eps):
    """Each token divided by the root of its mean square, times weight."""
    y = x if x.dtype == torch.float64 else x.float()
    y = y / ((y**2).mean(-1, keepdim=True) + eps).sqrt()
    return y.to(x.dtype) * weight


# %% wrong: rms_in_half
# why: float32 in layer_norm only
# says: A part of rms_norm is computed
import torch


def layer_norm(x, weight, bias, eps):
    """Each token: mean 0, variance 1, then weight and bias."""
    y = x if x.dtype == torch.float64 else x.float()
    y = y - y.mean(-1, keepdim=True)
    variance = (y**2).mean(-1, keepdim=True)
    y = y / (variance + eps).sqrt()
    return (y * weight + bias).to(x.dtype)


def rms_norm(x, weight, eps):
    """Each token divided by the root of its mean square, times weight."""
    y = x
    y = y / ((y**2).mean(-1, keepdim=True) + eps).sqrt()
    return (y * weight).to(x.dtype)
