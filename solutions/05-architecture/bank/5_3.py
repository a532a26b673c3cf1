# %% correct: named_parts
import torch


def block(x, norm1, attention, norm2, feed_forward):
    middle = torch.add(x, attention(norm1(x)))
    change = feed_forward(norm2(middle))
    return torch.add(change, middle)


# %% wrong: post_norm
# why: as in 2017
# says: This is post-norm
def block(x, norm1, attention, norm2, feed_forward):
    """Two sums on the residual path, each part with its norm in front."""
    x = norm1(x + attention(x))
    return norm2(x + feed_forward(x))


# %% wrong: norm_on_the_path
# why: normed x is kept
# says: You add to the *normed* x
def block(x, norm1, attention, norm2, feed_forward):
    """Two sums on the residual path, each part with its norm in front."""
    x = norm1(x)
    x = x + attention(x)
    x = norm2(x)
    return x + feed_forward(x)


# %% wrong: first_sum_missing
# why: no x
# says: x is not added behind the attention
def block(x, norm1, attention, norm2, feed_forward):
    """Two sums on the residual path, each part with its norm in front."""
    x = attention(norm1(x))
    return x + feed_forward(norm2(x))


# %% wrong: second_sum_missing
# why: no x
# says: Nothing is added behind the feed-forward
def block(x, norm1, attention, norm2, feed_forward):
    """Two sums on the residual path, each part with its norm in front."""
    x = x + attention(norm1(x))
    return feed_forward(norm2(x))


# %% wrong: side_by_side
# why: parallel
# says: Both parts read x.
def block(x, norm1, attention, norm2, feed_forward):
    """Two sums on the residual path, each part with its norm in front."""
    return x + attention(norm1(x)) + feed_forward(norm2(x))


# %% wrong: one_norm
# why: norm1 twice
# says: norm1 is used twice
def block(x, norm1, attention, norm2, feed_forward):
    """Two sums on the residual path, each part with its norm in front."""
    x = x + attention(norm1(x))
    return x + feed_forward(norm1(x))


# %% wrong: starts_again
# why: from the first x
# says: The second sum starts from x again
def block(x, norm1, attention, norm2, feed_forward):
    """Two sums on the residual path, each part with its norm in front."""
    middle = x + attention(norm1(x))
    return x + feed_forward(norm2(middle))


# %% wrong: feeding_first
# why: order
# says: Attention comes first, feed-forward second
def block(x, norm1, attention, norm2, feed_forward):
    """Two sums on the residual path, each part with its norm in front."""
    x = x + feed_forward(norm2(x))
    return x + attention(norm1(x))


# %% wrong: no_norms
# why: none
# says: The norms are not used.
def block(x, norm1, attention, norm2, feed_forward):
    """Two sums on the residual path, each part with its norm in front."""
    x = x + attention(x)
    return x + feed_forward(x)


# %% wrong: in_place
# why: x +=
# says: changes the argument
def block(x, norm1, attention, norm2, feed_forward):
    """Two sums on the residual path, each part with its norm in front."""
    x.data += attention(norm1(x)).detach()
    return x + feed_forward(norm2(x))


# %% wrong: path_detached
# why: no gradient along the sum
# says: The gradient of x is wrong
def block(x, norm1, attention, norm2, feed_forward):
    """Two sums on the residual path, each part with its norm in front."""
    x = x.detach() + attention(norm1(x))
    return x + feed_forward(norm2(x))
