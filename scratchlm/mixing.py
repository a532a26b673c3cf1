"""Mixing sources: how often to draw from each, and a loader that does.

`mixing_probabilities` turns sizes into probabilities, `epochs_per_source`
tells how often a run will then repeat each source, and `MixedLoader` draws
from several loaders in that proportion and can resume exactly.

Left out on purpose: probabilities that change during training or are
learned. Nothing here knows how good a source is.
"""

import numpy as np
import torch

from scratchlm.data import check_identity
from scratchlm.windows import check_positive


def as_sizes(sizes):
    """The sizes as a float array; raises ValueError unless all are > 0."""
    sizes = np.asarray(sizes, dtype=np.float64)
    if sizes.ndim != 1 or not sizes.size or not (sizes > 0).all():
        raise ValueError(
            f"sizes={sizes.tolist()}; give one positive number of tokens for "
            "each source"
        )
    return sizes


def mixing_probabilities(sizes, exponent):
    """Probability of each source, proportional to size ** exponent.

    sizes: tokens of each source; documents differ too much in length
    exponent: 1 draws every token equally often, 0 every source; between the
        two, small sources are drawn more often than their share
    returns: float64 array (n_sources,), adding up to 1

    The exponent is often called alpha or, wrongly, a temperature: in
    p ~ size ** (1 / T) the temperature T is 1 / exponent. It sees sizes
    only, not quality. Multilingual models introduced it: XLM (Conneau and
    Lample 2019, arXiv 1901.07291, section 3.1) and XLM-R with 0.3 (Conneau
    et al. 2019, arXiv 1911.02116). Raises ValueError for a negative exponent
    or a size that is not positive.

    >>> mixing_probabilities([100, 900], exponent=0.5).round(3).tolist()
    [0.25, 0.75]
    """
    if not exponent >= 0:
        raise ValueError(
            f"exponent={exponent} would draw small sources the most; take 0 "
            "(all equally often) to 1 (by size)"
        )
    sizes = as_sizes(sizes)
    weights = (sizes / sizes.max()) ** exponent  # cannot overflow
    return weights / weights.sum()  # (n_sources,)


def as_probabilities(probabilities, n_sources):
    """A float array; raises ValueError unless they are probabilities."""
    array = np.asarray(probabilities, dtype=np.float64)
    if (
        array.shape != (n_sources,)
        or not (array >= 0).all()
        or not abs(array.sum() - 1) <= 1e-9
    ):
        raise ValueError(
            f"probabilities={array.tolist()} for {n_sources} sources; give "
            "one for each, none negative, that add up to 1"
        )
    return array


def epochs_per_source(sizes, probabilities, n_tokens):
    """How often a run of `n_tokens` tokens reads each source on average.

    sizes: tokens of each source; returns a float64 array (n_sources,). What
    is above a few epochs is repetition: the price of a small exponent.

    >>> epochs_per_source([100, 900], [0.25, 0.75], n_tokens=1_200).tolist()
    [3.0, 1.0]
    """
    sizes = as_sizes(sizes)
    return n_tokens * as_probabilities(probabilities, len(sizes)) / sizes


class MixedLoader:
    """An endless iterator that draws from several loaders at random.

    loaders: iterators of (inputs, targets) with `state_dict`, such as
        WindowLoader; all of one context_length
    probabilities: of each loader
    n_draws: loaders drawn for a batch; their rows are joined

    Loaders of batch_size=1 with n_draws=32 mix the sources row by row; loaders
    of batch_size=32 with n_draws=1 take each batch from a single source. Each
    source keeps its own epochs, so a small one starts again sooner. Draws
    depend on (seed, step) alone; loaders of several ranks, built with the
    same seeds, therefore draw the same sources. Raises ValueError for
    probabilities that do not fit the loaders.
    """

    def __init__(self, loaders, probabilities, n_draws=1, seed=0):
        check_positive(n_draws=n_draws)
        self.loaders = list(loaders)
        self.probabilities = as_probabilities(probabilities, len(self.loaders))
        self.n_draws, self.seed = n_draws, seed
        self._step = 0

    def __iter__(self):
        return self

    def __next__(self):
        """The next batch: inputs and targets, int64 (B, T)."""
        rng = np.random.default_rng([self.seed, self._step])
        sources = rng.choice(
            len(self.loaders), size=self.n_draws, p=self.probabilities
        )
        drawn = [next(self.loaders[source]) for source in sources]
        self._step += 1
        inputs, targets = zip(*drawn, strict=True)
        return torch.cat(inputs), torch.cat(targets)  # (B, T) each

    def state_dict(self):
        """Where the loader and all its sources are; fits into JSON."""
        return {
            **self._identity(),
            "step": self._step,
            "loaders": [loader.state_dict() for loader in self.loaders],
        }

    def _identity(self):
        """What a state must agree in, or it would lead to other batches."""
        return {
            "seed": int(self.seed),
            "n_draws": int(self.n_draws),
            "probabilities": self.probabilities.tolist(),
        }

    def load_state_dict(self, state):
        """Go on where the loader was that gave `state`.

        Raises ValueError when it was another one: a state for other sources,
        probabilities, draws or seed leads to other batches.
        """
        check_identity(state, self._identity())
        pairs = zip(self.loaders, state["loaders"], strict=True)
        for loader, loader_state in pairs:
            loader.load_state_dict(loader_state)
        self._step = state["step"]
