# %% correct: one_base_class_and_state_by_identity
import math

import torch


class Base:
    def __init__(self, parameters, lr):
        self.parameters = [p for p in parameters]
        self.lr = lr
        self.state = {id(p): {"t": 0} for p in self.parameters}

    def zero_grad(self):
        for p in self.parameters:
            p.grad = None

    def step(self):
        with torch.no_grad():
            for p in self.parameters:
                if p.grad is None:
                    continue
                s = self.state[id(p)]
                s["t"] += 1
                self.update(p, p.grad, s)


class SGD(Base):
    def __init__(self, parameters, lr, momentum):
        super().__init__(parameters, lr)
        self.mu = momentum

    def update(self, p, g, s):
        s["v"] = g.clone() if "v" not in s else self.mu * s["v"] + g
        p.sub_(s["v"], alpha=self.lr)


class AdamW(Base):
    def __init__(self, parameters, lr, betas, eps, weight_decay):
        super().__init__(parameters, lr)
        self.b, self.eps, self.wd = betas, eps, weight_decay

    def update(self, p, g, s):
        if s["t"] == 1:
            s["m"], s["v"] = torch.zeros_like(p), torch.zeros_like(p)
        p.mul_(1 - self.lr * self.wd)
        s["m"].lerp_(g, 1 - self.b[0])
        s["v"].mul_(self.b[1]).addcmul_(g, g, value=1 - self.b[1])
        c1, c2 = 1 - self.b[0] ** s["t"], 1 - self.b[1] ** s["t"]
        p.addcdiv_(s["m"], s["v"].sqrt() / math.sqrt(c2) + self.eps, value=-self.lr / c1)


# %% wrong: no_momentum
# why: the velocity is not used
# says: The velocity plays no part
import torch


class SGD:
    """Stochastic gradient descent with momentum."""

    def __init__(self, parameters, lr, momentum):
        self.parameters, self.lr = list(parameters), lr
        self.momentum = momentum
        self.v = [torch.zeros_like(w) for w in self.parameters]

    @torch.no_grad()
    def step(self):
        for w, v in zip(self.parameters, self.v, strict=True):
            if w.grad is not None:
                v.mul_(self.momentum).add_(w.grad)
                w -= self.lr * w.grad

    def zero_grad(self):
        for w in self.parameters:
            w.grad = None


class AdamW:
    """Adam with decoupled weight decay."""

    def __init__(self, parameters, lr, betas, eps, weight_decay):
        self.parameters, self.lr = list(parameters), lr
        self.betas, self.eps, self.decay = betas, eps, weight_decay
        self.m = [torch.zeros_like(w) for w in self.parameters]
        self.v = [torch.zeros_like(w) for w in self.parameters]
        self.t = [0] * len(self.parameters)

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for i, w in enumerate(self.parameters):
            if w.grad is None:
                continue
            self.t[i] += 1
            self.m[i] = b1 * self.m[i] + (1 - b1) * w.grad
            self.v[i] = b2 * self.v[i] + (1 - b2) * w.grad**2
            m = self.m[i] / (1 - b1 ** self.t[i])
            v = self.v[i] / (1 - b2 ** self.t[i])
            w -= self.lr * self.decay * w
            w -= self.lr * m / (v.sqrt() + self.eps)

    def zero_grad(self):
        for w in self.parameters:
            w.grad = None


# %% wrong: averaged_momentum
# why: (1 - momentum) g
# says: You weigh the gradient with 1 - momentum
import torch


class SGD:
    """Stochastic gradient descent with momentum."""

    def __init__(self, parameters, lr, momentum):
        self.parameters, self.lr = list(parameters), lr
        self.momentum = momentum
        self.v = [torch.zeros_like(w) for w in self.parameters]

    @torch.no_grad()
    def step(self):
        for w, v in zip(self.parameters, self.v, strict=True):
            if w.grad is not None:
                v.mul_(self.momentum).add_((1 - self.momentum) * w.grad)
                w -= self.lr * v

    def zero_grad(self):
        for w in self.parameters:
            w.grad = None


class AdamW:
    """Adam with decoupled weight decay."""

    def __init__(self, parameters, lr, betas, eps, weight_decay):
        self.parameters, self.lr = list(parameters), lr
        self.betas, self.eps, self.decay = betas, eps, weight_decay
        self.m = [torch.zeros_like(w) for w in self.parameters]
        self.v = [torch.zeros_like(w) for w in self.parameters]
        self.t = [0] * len(self.parameters)

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for i, w in enumerate(self.parameters):
            if w.grad is None:
                continue
            self.t[i] += 1
            self.m[i] = b1 * self.m[i] + (1 - b1) * w.grad
            self.v[i] = b2 * self.v[i] + (1 - b2) * w.grad**2
            m = self.m[i] / (1 - b1 ** self.t[i])
            v = self.v[i] / (1 - b2 ** self.t[i])
            w -= self.lr * self.decay * w
            w -= self.lr * m / (v.sqrt() + self.eps)

    def zero_grad(self):
        for w in self.parameters:
            w.grad = None


# %% wrong: uphill
# why: adds the step
# says: You go uphill
import torch


class SGD:
    """Stochastic gradient descent with momentum."""

    def __init__(self, parameters, lr, momentum):
        self.parameters, self.lr = list(parameters), lr
        self.momentum = momentum
        self.v = [torch.zeros_like(w) for w in self.parameters]

    @torch.no_grad()
    def step(self):
        for w, v in zip(self.parameters, self.v, strict=True):
            if w.grad is not None:
                v.mul_(self.momentum).add_(w.grad)
                w += self.lr * v

    def zero_grad(self):
        for w in self.parameters:
            w.grad = None


class AdamW:
    """Adam with decoupled weight decay."""

    def __init__(self, parameters, lr, betas, eps, weight_decay):
        self.parameters, self.lr = list(parameters), lr
        self.betas, self.eps, self.decay = betas, eps, weight_decay
        self.m = [torch.zeros_like(w) for w in self.parameters]
        self.v = [torch.zeros_like(w) for w in self.parameters]
        self.t = [0] * len(self.parameters)

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for i, w in enumerate(self.parameters):
            if w.grad is None:
                continue
            self.t[i] += 1
            self.m[i] = b1 * self.m[i] + (1 - b1) * w.grad
            self.v[i] = b2 * self.v[i] + (1 - b2) * w.grad**2
            m = self.m[i] / (1 - b1 ** self.t[i])
            v = self.v[i] / (1 - b2 ** self.t[i])
            w -= self.lr * self.decay * w
            w -= self.lr * m / (v.sqrt() + self.eps)

    def zero_grad(self):
        for w in self.parameters:
            w.grad = None


# %% wrong: nesterov
# why: the look-ahead variant
# says: that is Nesterov's
import torch


class SGD:
    """Stochastic gradient descent with momentum."""

    def __init__(self, parameters, lr, momentum):
        self.parameters, self.lr = list(parameters), lr
        self.momentum = momentum
        self.v = [torch.zeros_like(w) for w in self.parameters]

    @torch.no_grad()
    def step(self):
        for w, v in zip(self.parameters, self.v, strict=True):
            if w.grad is not None:
                v.mul_(self.momentum).add_(w.grad)
                w -= self.lr * (w.grad + self.momentum * v)

    def zero_grad(self):
        for w in self.parameters:
            w.grad = None


class AdamW:
    """Adam with decoupled weight decay."""

    def __init__(self, parameters, lr, betas, eps, weight_decay):
        self.parameters, self.lr = list(parameters), lr
        self.betas, self.eps, self.decay = betas, eps, weight_decay
        self.m = [torch.zeros_like(w) for w in self.parameters]
        self.v = [torch.zeros_like(w) for w in self.parameters]
        self.t = [0] * len(self.parameters)

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for i, w in enumerate(self.parameters):
            if w.grad is None:
                continue
            self.t[i] += 1
            self.m[i] = b1 * self.m[i] + (1 - b1) * w.grad
            self.v[i] = b2 * self.v[i] + (1 - b2) * w.grad**2
            m = self.m[i] / (1 - b1 ** self.t[i])
            v = self.v[i] / (1 - b2 ** self.t[i])
            w -= self.lr * self.decay * w
            w -= self.lr * m / (v.sqrt() + self.eps)

    def zero_grad(self):
        for w in self.parameters:
            w.grad = None


# %% wrong: not_corrected
# why: no bias correction
# says: are not corrected
import torch


class SGD:
    """Stochastic gradient descent with momentum."""

    def __init__(self, parameters, lr, momentum):
        self.parameters, self.lr = list(parameters), lr
        self.momentum = momentum
        self.v = [torch.zeros_like(w) for w in self.parameters]

    @torch.no_grad()
    def step(self):
        for w, v in zip(self.parameters, self.v, strict=True):
            if w.grad is not None:
                v.mul_(self.momentum).add_(w.grad)
                w -= self.lr * v

    def zero_grad(self):
        for w in self.parameters:
            w.grad = None


class AdamW:
    """Adam with decoupled weight decay."""

    def __init__(self, parameters, lr, betas, eps, weight_decay):
        self.parameters, self.lr = list(parameters), lr
        self.betas, self.eps, self.decay = betas, eps, weight_decay
        self.m = [torch.zeros_like(w) for w in self.parameters]
        self.v = [torch.zeros_like(w) for w in self.parameters]
        self.t = [0] * len(self.parameters)

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for i, w in enumerate(self.parameters):
            if w.grad is None:
                continue
            self.t[i] += 1
            self.m[i] = b1 * self.m[i] + (1 - b1) * w.grad
            self.v[i] = b2 * self.v[i] + (1 - b2) * w.grad**2
            m = self.m[i]
            v = self.v[i]
            w -= self.lr * self.decay * w
            w -= self.lr * m / (v.sqrt() + self.eps)

    def zero_grad(self):
        for w in self.parameters:
            w.grad = None


# %% wrong: coupled_decay
# why: L2 in the gradient
# says: that is Adam with L2
import torch


class SGD:
    """Stochastic gradient descent with momentum."""

    def __init__(self, parameters, lr, momentum):
        self.parameters, self.lr = list(parameters), lr
        self.momentum = momentum
        self.v = [torch.zeros_like(w) for w in self.parameters]

    @torch.no_grad()
    def step(self):
        for w, v in zip(self.parameters, self.v, strict=True):
            if w.grad is not None:
                v.mul_(self.momentum).add_(w.grad)
                w -= self.lr * v

    def zero_grad(self):
        for w in self.parameters:
            w.grad = None


class AdamW:
    """Adam with decoupled weight decay."""

    def __init__(self, parameters, lr, betas, eps, weight_decay):
        self.parameters, self.lr = list(parameters), lr
        self.betas, self.eps, self.decay = betas, eps, weight_decay
        self.m = [torch.zeros_like(w) for w in self.parameters]
        self.v = [torch.zeros_like(w) for w in self.parameters]
        self.t = [0] * len(self.parameters)

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for i, w in enumerate(self.parameters):
            if w.grad is None:
                continue
            self.t[i] += 1
            g = w.grad + self.decay * w
            self.m[i] = b1 * self.m[i] + (1 - b1) * g
            self.v[i] = b2 * self.v[i] + (1 - b2) * g**2
            m = self.m[i] / (1 - b1 ** self.t[i])
            v = self.v[i] / (1 - b2 ** self.t[i])
            w -= self.lr * m / (v.sqrt() + self.eps)

    def zero_grad(self):
        for w in self.parameters:
            w.grad = None


# %% wrong: no_decay
# why: weights do not shrink
# says: Weights do not decay
import torch


class SGD:
    """Stochastic gradient descent with momentum."""

    def __init__(self, parameters, lr, momentum):
        self.parameters, self.lr = list(parameters), lr
        self.momentum = momentum
        self.v = [torch.zeros_like(w) for w in self.parameters]

    @torch.no_grad()
    def step(self):
        for w, v in zip(self.parameters, self.v, strict=True):
            if w.grad is not None:
                v.mul_(self.momentum).add_(w.grad)
                w -= self.lr * v

    def zero_grad(self):
        for w in self.parameters:
            w.grad = None


class AdamW:
    """Adam with decoupled weight decay."""

    def __init__(self, parameters, lr, betas, eps, weight_decay):
        self.parameters, self.lr = list(parameters), lr
        self.betas, self.eps, self.decay = betas, eps, weight_decay
        self.m = [torch.zeros_like(w) for w in self.parameters]
        self.v = [torch.zeros_like(w) for w in self.parameters]
        self.t = [0] * len(self.parameters)

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for i, w in enumerate(self.parameters):
            if w.grad is None:
                continue
            self.t[i] += 1
            self.m[i] = b1 * self.m[i] + (1 - b1) * w.grad
            self.v[i] = b2 * self.v[i] + (1 - b2) * w.grad**2
            m = self.m[i] / (1 - b1 ** self.t[i])
            v = self.v[i] / (1 - b2 ** self.t[i])
            w -= self.lr * m / (v.sqrt() + self.eps)

    def zero_grad(self):
        for w in self.parameters:
            w.grad = None


# %% wrong: decay_without_lr
# why: the whole decay in each step
# says: The decay is not multiplied by lr
import torch


class SGD:
    """Stochastic gradient descent with momentum."""

    def __init__(self, parameters, lr, momentum):
        self.parameters, self.lr = list(parameters), lr
        self.momentum = momentum
        self.v = [torch.zeros_like(w) for w in self.parameters]

    @torch.no_grad()
    def step(self):
        for w, v in zip(self.parameters, self.v, strict=True):
            if w.grad is not None:
                v.mul_(self.momentum).add_(w.grad)
                w -= self.lr * v

    def zero_grad(self):
        for w in self.parameters:
            w.grad = None


class AdamW:
    """Adam with decoupled weight decay."""

    def __init__(self, parameters, lr, betas, eps, weight_decay):
        self.parameters, self.lr = list(parameters), lr
        self.betas, self.eps, self.decay = betas, eps, weight_decay
        self.m = [torch.zeros_like(w) for w in self.parameters]
        self.v = [torch.zeros_like(w) for w in self.parameters]
        self.t = [0] * len(self.parameters)

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for i, w in enumerate(self.parameters):
            if w.grad is None:
                continue
            self.t[i] += 1
            self.m[i] = b1 * self.m[i] + (1 - b1) * w.grad
            self.v[i] = b2 * self.v[i] + (1 - b2) * w.grad**2
            m = self.m[i] / (1 - b1 ** self.t[i])
            v = self.v[i] / (1 - b2 ** self.t[i])
            w -= self.decay * w
            w -= self.lr * m / (v.sqrt() + self.eps)

    def zero_grad(self):
        for w in self.parameters:
            w.grad = None


# %% wrong: eps_under_the_root
# why: sqrt(v + eps)
# says: eps is added to the root
import torch


class SGD:
    """Stochastic gradient descent with momentum."""

    def __init__(self, parameters, lr, momentum):
        self.parameters, self.lr = list(parameters), lr
        self.momentum = momentum
        self.v = [torch.zeros_like(w) for w in self.parameters]

    @torch.no_grad()
    def step(self):
        for w, v in zip(self.parameters, self.v, strict=True):
            if w.grad is not None:
                v.mul_(self.momentum).add_(w.grad)
                w -= self.lr * v

    def zero_grad(self):
        for w in self.parameters:
            w.grad = None


class AdamW:
    """Adam with decoupled weight decay."""

    def __init__(self, parameters, lr, betas, eps, weight_decay):
        self.parameters, self.lr = list(parameters), lr
        self.betas, self.eps, self.decay = betas, eps, weight_decay
        self.m = [torch.zeros_like(w) for w in self.parameters]
        self.v = [torch.zeros_like(w) for w in self.parameters]
        self.t = [0] * len(self.parameters)

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for i, w in enumerate(self.parameters):
            if w.grad is None:
                continue
            self.t[i] += 1
            self.m[i] = b1 * self.m[i] + (1 - b1) * w.grad
            self.v[i] = b2 * self.v[i] + (1 - b2) * w.grad**2
            m = self.m[i] / (1 - b1 ** self.t[i])
            v = self.v[i] / (1 - b2 ** self.t[i])
            w -= self.lr * self.decay * w
            w -= self.lr * m / (v + self.eps).sqrt()

    def zero_grad(self):
        for w in self.parameters:
            w.grad = None


# %% wrong: root_forgotten
# why: divides by v
# says: You divide by v
import torch


class SGD:
    """Stochastic gradient descent with momentum."""

    def __init__(self, parameters, lr, momentum):
        self.parameters, self.lr = list(parameters), lr
        self.momentum = momentum
        self.v = [torch.zeros_like(w) for w in self.parameters]

    @torch.no_grad()
    def step(self):
        for w, v in zip(self.parameters, self.v, strict=True):
            if w.grad is not None:
                v.mul_(self.momentum).add_(w.grad)
                w -= self.lr * v

    def zero_grad(self):
        for w in self.parameters:
            w.grad = None


class AdamW:
    """Adam with decoupled weight decay."""

    def __init__(self, parameters, lr, betas, eps, weight_decay):
        self.parameters, self.lr = list(parameters), lr
        self.betas, self.eps, self.decay = betas, eps, weight_decay
        self.m = [torch.zeros_like(w) for w in self.parameters]
        self.v = [torch.zeros_like(w) for w in self.parameters]
        self.t = [0] * len(self.parameters)

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for i, w in enumerate(self.parameters):
            if w.grad is None:
                continue
            self.t[i] += 1
            self.m[i] = b1 * self.m[i] + (1 - b1) * w.grad
            self.v[i] = b2 * self.v[i] + (1 - b2) * w.grad**2
            m = self.m[i] / (1 - b1 ** self.t[i])
            v = self.v[i] / (1 - b2 ** self.t[i])
            w -= self.lr * self.decay * w
            w -= self.lr * m / (v + self.eps)

    def zero_grad(self):
        for w in self.parameters:
            w.grad = None


# %% wrong: rate_frozen
# why: lr of the start
# says: The learning rate is read in each step
import torch


class SGD:
    """Stochastic gradient descent with momentum."""

    def __init__(self, parameters, lr, momentum):
        self.parameters, self.lr, self.rate = list(parameters), lr, lr
        self.momentum = momentum
        self.v = [torch.zeros_like(w) for w in self.parameters]

    @torch.no_grad()
    def step(self):
        for w, v in zip(self.parameters, self.v, strict=True):
            if w.grad is not None:
                v.mul_(self.momentum).add_(w.grad)
                w -= self.rate * v

    def zero_grad(self):
        for w in self.parameters:
            w.grad = None


class AdamW:
    """Adam with decoupled weight decay."""

    def __init__(self, parameters, lr, betas, eps, weight_decay):
        self.parameters, self.lr = list(parameters), lr
        self.betas, self.eps, self.decay = betas, eps, weight_decay
        self.m = [torch.zeros_like(w) for w in self.parameters]
        self.v = [torch.zeros_like(w) for w in self.parameters]
        self.t = [0] * len(self.parameters)

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for i, w in enumerate(self.parameters):
            if w.grad is None:
                continue
            self.t[i] += 1
            self.m[i] = b1 * self.m[i] + (1 - b1) * w.grad
            self.v[i] = b2 * self.v[i] + (1 - b2) * w.grad**2
            m = self.m[i] / (1 - b1 ** self.t[i])
            v = self.v[i] / (1 - b2 ** self.t[i])
            w -= self.lr * self.decay * w
            w -= self.lr * m / (v.sqrt() + self.eps)

    def zero_grad(self):
        for w in self.parameters:
            w.grad = None


# %% wrong: gradients_stay
# why: zero_grad does nothing
# says: zero_grad sets each gradient
import torch


class SGD:
    """Stochastic gradient descent with momentum."""

    def __init__(self, parameters, lr, momentum):
        self.parameters, self.lr = list(parameters), lr
        self.momentum = momentum
        self.v = [torch.zeros_like(w) for w in self.parameters]

    @torch.no_grad()
    def step(self):
        for w, v in zip(self.parameters, self.v, strict=True):
            if w.grad is not None:
                v.mul_(self.momentum).add_(w.grad)
                w -= self.lr * v

    def zero_grad(self):
        pass


class AdamW:
    """Adam with decoupled weight decay."""

    def __init__(self, parameters, lr, betas, eps, weight_decay):
        self.parameters, self.lr = list(parameters), lr
        self.betas, self.eps, self.decay = betas, eps, weight_decay
        self.m = [torch.zeros_like(w) for w in self.parameters]
        self.v = [torch.zeros_like(w) for w in self.parameters]
        self.t = [0] * len(self.parameters)

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for i, w in enumerate(self.parameters):
            if w.grad is None:
                continue
            self.t[i] += 1
            self.m[i] = b1 * self.m[i] + (1 - b1) * w.grad
            self.v[i] = b2 * self.v[i] + (1 - b2) * w.grad**2
            m = self.m[i] / (1 - b1 ** self.t[i])
            v = self.v[i] / (1 - b2 ** self.t[i])
            w -= self.lr * self.decay * w
            w -= self.lr * m / (v.sqrt() + self.eps)

    def zero_grad(self):
        pass


# %% wrong: frozen_weights_decay
# why: decay without a gradient
# says: by the decay too
import torch


class SGD:
    """Stochastic gradient descent with momentum."""

    def __init__(self, parameters, lr, momentum):
        self.parameters, self.lr = list(parameters), lr
        self.momentum = momentum
        self.v = [torch.zeros_like(w) for w in self.parameters]

    @torch.no_grad()
    def step(self):
        for w, v in zip(self.parameters, self.v, strict=True):
            if w.grad is not None:
                v.mul_(self.momentum).add_(w.grad)
                w -= self.lr * v

    def zero_grad(self):
        for w in self.parameters:
            w.grad = None


class AdamW:
    """Adam with decoupled weight decay."""

    def __init__(self, parameters, lr, betas, eps, weight_decay):
        self.parameters, self.lr = list(parameters), lr
        self.betas, self.eps, self.decay = betas, eps, weight_decay
        self.m = [torch.zeros_like(w) for w in self.parameters]
        self.v = [torch.zeros_like(w) for w in self.parameters]
        self.t = [0] * len(self.parameters)

    @torch.no_grad()
    def step(self):
        b1, b2 = self.betas
        for i, w in enumerate(self.parameters):
            if w.grad is None:
                w -= self.lr * self.decay * w
                continue
            self.t[i] += 1
            self.m[i] = b1 * self.m[i] + (1 - b1) * w.grad
            self.v[i] = b2 * self.v[i] + (1 - b2) * w.grad**2
            m = self.m[i] / (1 - b1 ** self.t[i])
            v = self.v[i] / (1 - b2 ** self.t[i])
            w -= self.lr * self.decay * w
            w -= self.lr * m / (v.sqrt() + self.eps)

    def zero_grad(self):
        for w in self.parameters:
            w.grad = None
