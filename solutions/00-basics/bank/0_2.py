# %% correct: numbered_values_and_closures
import math
from itertools import count


class Value:
    _numbers = count()

    def __init__(self, data):
        self.data = float(data)
        self.grad = 0.0
        self.number = next(Value._numbers)
        self.before = []
        self.push = None

    @staticmethod
    def make(data, before, push):
        made = Value(data)
        made.before, made.push = before, push
        return made

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)

        def push(g):
            self.grad += g
            other.grad += g

        return Value.make(self.data + other.data, [self, other], push)

    def __neg__(self):
        def push(g):
            self.grad -= g

        return Value.make(-self.data, [self], push)

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)

        def push(g):
            self.grad += g * other.data
            other.grad += g * self.data

        return Value.make(self.data * other.data, [self, other], push)

    def __truediv__(self, other):
        other = other if isinstance(other, Value) else Value(other)

        def push(g):
            self.grad += g / other.data
            other.grad -= g * self.data / other.data**2

        return Value.make(self.data / other.data, [self, other], push)

    def __pow__(self, n):
        def push(g):
            self.grad += g * n * self.data ** (n - 1)

        return Value.make(self.data**n, [self], push)

    def __sub__(self, other):
        return self + (-other)

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other):
        return -self + other

    def __rtruediv__(self, other):
        return Value(other) / self

    def tanh(self):
        result = math.tanh(self.data)

        def push(g):
            self.grad += g * (1 - result * result)

        return Value.make(result, [self], push)

    def exp(self):
        result = math.exp(self.data)

        def push(g):
            self.grad += g * result

        return Value.make(result, [self], push)

    def relu(self):
        def push(g):
            if self.data > 0:
                self.grad += g

        return Value.make(max(0.0, self.data), [self], push)

    def backward(self):
        found, waiting = {self.number: self}, [self]
        while waiting:
            for value in waiting.pop().before:
                if value.number not in found:
                    found[value.number] = value
                    waiting.append(value)
        for value in found.values():
            if value.push:
                value.grad = 0.0
        self.grad = 1.0
        for number in sorted(found, reverse=True):
            if found[number].push:
                found[number].push(found[number].grad)


# %% wrong: last_use_wins
# why: sets the gradient instead of adding
# says: A value that is used in several places
import math


class Value:
    """A number that knows how it was made.

    >>> x = Value(3.0)
    >>> y = x * x
    >>> y.backward()
    >>> x.grad
    6.0
    """

    def __init__(self, data, parents=()):
        self.data, self.grad = float(data), 0.0
        self.parents = parents  # pairs (value, slope)

    def __add__(self, other):
        other = as_value(other)
        data = self.data + other.data
        return Value(data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = as_value(other)
        data = self.data * other.data
        return Value(data, ((self, other.data), (other, self.data)))

    def __pow__(self, n):
        return Value(self.data**n, ((self, n * self.data ** (n - 1)),))

    def tanh(self):
        t = math.tanh(self.data)
        return Value(t, ((self, 1 - t**2),))

    def exp(self):
        e = math.exp(self.data)
        return Value(e, ((self, e),))

    def relu(self):
        on = float(self.data > 0)
        return Value(on * self.data, ((self, on),))

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -as_value(other)

    def __truediv__(self, other):
        return self * as_value(other) ** -1

    def __radd__(self, other):
        return self + other

    def __rsub__(self, other):
        return as_value(other) - self

    def __rmul__(self, other):
        return self * other

    def __rtruediv__(self, other):
        return as_value(other) / self

    def backward(self):
        order = family(self)
        for value in order:
            if value.parents:
                value.grad = 0.0
        self.grad = 1.0
        for value in reversed(order):
            for parent, slope in value.parents:
                parent.grad = slope * value.grad


def as_value(x):
    return x if isinstance(x, Value) else Value(x)


def family(last):
    """All values behind `last`, parents before children."""
    order, known, stack = [], set(), [(last, False)]
    while stack:
        value, complete = stack.pop()
        if complete:
            order.append(value)
        elif id(value) not in known:
            known.add(id(value))
            stack.append((value, True))
            stack += [(parent, False) for parent, _ in value.parents]
    return order


# %% wrong: wrong_order
# why: breadth first from the result
# says: A value may pass its gradient on only when
import math


class Value:
    """A number that knows how it was made.

    >>> x = Value(3.0)
    >>> y = x * x
    >>> y.backward()
    >>> x.grad
    6.0
    """

    def __init__(self, data, parents=()):
        self.data, self.grad = float(data), 0.0
        self.parents = parents  # pairs (value, slope)

    def __add__(self, other):
        other = as_value(other)
        data = self.data + other.data
        return Value(data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = as_value(other)
        data = self.data * other.data
        return Value(data, ((self, other.data), (other, self.data)))

    def __pow__(self, n):
        return Value(self.data**n, ((self, n * self.data ** (n - 1)),))

    def tanh(self):
        t = math.tanh(self.data)
        return Value(t, ((self, 1 - t**2),))

    def exp(self):
        e = math.exp(self.data)
        return Value(e, ((self, e),))

    def relu(self):
        on = float(self.data > 0)
        return Value(on * self.data, ((self, on),))

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -as_value(other)

    def __truediv__(self, other):
        return self * as_value(other) ** -1

    def __radd__(self, other):
        return self + other

    def __rsub__(self, other):
        return as_value(other) - self

    def __rmul__(self, other):
        return self * other

    def __rtruediv__(self, other):
        return as_value(other) / self

    def backward(self):
        order = family(self)
        for value in order:
            if value.parents:
                value.grad = 0.0
        self.grad = 1.0
        known, waiting = {id(self)}, [self]
        while waiting:
            value = waiting.pop(0)
            for parent, slope in value.parents:
                parent.grad += slope * value.grad
                if id(parent) not in known:
                    known.add(id(parent))
                    waiting.append(parent)


def as_value(x):
    return x if isinstance(x, Value) else Value(x)


def family(last):
    """All values behind `last`, parents before children."""
    order, known, stack = [], set(), [(last, False)]
    while stack:
        value, complete = stack.pop()
        if complete:
            order.append(value)
        elif id(value) not in known:
            known.add(id(value))
            stack.append((value, True))
            stack += [(parent, False) for parent, _ in value.parents]
    return order


# %% wrong: recursion
# why: a deep chain exceeds the stack
# says: Python stops recursion
import math


class Value:
    """A number that knows how it was made.

    >>> x = Value(3.0)
    >>> y = x * x
    >>> y.backward()
    >>> x.grad
    6.0
    """

    def __init__(self, data, parents=()):
        self.data, self.grad = float(data), 0.0
        self.parents = parents  # pairs (value, slope)

    def __add__(self, other):
        other = as_value(other)
        data = self.data + other.data
        return Value(data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = as_value(other)
        data = self.data * other.data
        return Value(data, ((self, other.data), (other, self.data)))

    def __pow__(self, n):
        return Value(self.data**n, ((self, n * self.data ** (n - 1)),))

    def tanh(self):
        t = math.tanh(self.data)
        return Value(t, ((self, 1 - t**2),))

    def exp(self):
        e = math.exp(self.data)
        return Value(e, ((self, e),))

    def relu(self):
        on = float(self.data > 0)
        return Value(on * self.data, ((self, on),))

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -as_value(other)

    def __truediv__(self, other):
        return self * as_value(other) ** -1

    def __radd__(self, other):
        return self + other

    def __rsub__(self, other):
        return as_value(other) - self

    def __rmul__(self, other):
        return self * other

    def __rtruediv__(self, other):
        return as_value(other) / self

    def backward(self):
        order = family(self)
        for value in order:
            if value.parents:
                value.grad = 0.0
        self.grad = 1.0
        for value in reversed(order):
            for parent, slope in value.parents:
                parent.grad += slope * value.grad


def as_value(x):
    return x if isinstance(x, Value) else Value(x)


def family(last):
    """All values behind `last`, parents before children."""
    order, known = [], set()

    def visit(value):
        if id(value) not in known:
            known.add(id(value))
            for parent, _ in value.parents:
                visit(parent)
            order.append(value)

    visit(last)
    return order


# %% wrong: own_factor
# why: a factor gets itself
# says: Each factor gets the gradient times the *other*
import math


class Value:
    """A number that knows how it was made.

    >>> x = Value(3.0)
    >>> y = x * x
    >>> y.backward()
    >>> x.grad
    6.0
    """

    def __init__(self, data, parents=()):
        self.data, self.grad = float(data), 0.0
        self.parents = parents  # pairs (value, slope)

    def __add__(self, other):
        other = as_value(other)
        data = self.data + other.data
        return Value(data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = as_value(other)
        data = self.data * other.data
        return Value(data, ((self, self.data), (other, other.data)))

    def __pow__(self, n):
        return Value(self.data**n, ((self, n * self.data ** (n - 1)),))

    def tanh(self):
        t = math.tanh(self.data)
        return Value(t, ((self, 1 - t**2),))

    def exp(self):
        e = math.exp(self.data)
        return Value(e, ((self, e),))

    def relu(self):
        on = float(self.data > 0)
        return Value(on * self.data, ((self, on),))

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -as_value(other)

    def __truediv__(self, other):
        return self * as_value(other) ** -1

    def __radd__(self, other):
        return self + other

    def __rsub__(self, other):
        return as_value(other) - self

    def __rmul__(self, other):
        return self * other

    def __rtruediv__(self, other):
        return as_value(other) / self

    def backward(self):
        order = family(self)
        for value in order:
            if value.parents:
                value.grad = 0.0
        self.grad = 1.0
        for value in reversed(order):
            for parent, slope in value.parents:
                parent.grad += slope * value.grad


def as_value(x):
    return x if isinstance(x, Value) else Value(x)


def family(last):
    """All values behind `last`, parents before children."""
    order, known, stack = [], set(), [(last, False)]
    while stack:
        value, complete = stack.pop()
        if complete:
            order.append(value)
        elif id(value) not in known:
            known.add(id(value))
            stack.append((value, True))
            stack += [(parent, False) for parent, _ in value.parents]
    return order


# %% wrong: minus_forgotten
# why: the subtracted part gets a plus
# says: The part that is subtracted
import math


class Value:
    """A number that knows how it was made.

    >>> x = Value(3.0)
    >>> y = x * x
    >>> y.backward()
    >>> x.grad
    6.0
    """

    def __init__(self, data, parents=()):
        self.data, self.grad = float(data), 0.0
        self.parents = parents  # pairs (value, slope)

    def __add__(self, other):
        other = as_value(other)
        data = self.data + other.data
        return Value(data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = as_value(other)
        data = self.data * other.data
        return Value(data, ((self, other.data), (other, self.data)))

    def __pow__(self, n):
        return Value(self.data**n, ((self, n * self.data ** (n - 1)),))

    def tanh(self):
        t = math.tanh(self.data)
        return Value(t, ((self, 1 - t**2),))

    def exp(self):
        e = math.exp(self.data)
        return Value(e, ((self, e),))

    def relu(self):
        on = float(self.data > 0)
        return Value(on * self.data, ((self, on),))

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        other = as_value(other)
        return Value(self.data - other.data, ((self, 1.0), (other, 1.0)))

    def __truediv__(self, other):
        return self * as_value(other) ** -1

    def __radd__(self, other):
        return self + other

    def __rsub__(self, other):
        return as_value(other) - self

    def __rmul__(self, other):
        return self * other

    def __rtruediv__(self, other):
        return as_value(other) / self

    def backward(self):
        order = family(self)
        for value in order:
            if value.parents:
                value.grad = 0.0
        self.grad = 1.0
        for value in reversed(order):
            for parent, slope in value.parents:
                parent.grad += slope * value.grad


def as_value(x):
    return x if isinstance(x, Value) else Value(x)


def family(last):
    """All values behind `last`, parents before children."""
    order, known, stack = [], set(), [(last, False)]
    while stack:
        value, complete = stack.pop()
        if complete:
            order.append(value)
        elif id(value) not in known:
            known.add(id(value))
            stack.append((value, True))
            stack += [(parent, False) for parent, _ in value.parents]
    return order


# %% wrong: quotient_like_product
# why: slope of the denominator
# says: The slope of a / b for b
import math


class Value:
    """A number that knows how it was made.

    >>> x = Value(3.0)
    >>> y = x * x
    >>> y.backward()
    >>> x.grad
    6.0
    """

    def __init__(self, data, parents=()):
        self.data, self.grad = float(data), 0.0
        self.parents = parents  # pairs (value, slope)

    def __add__(self, other):
        other = as_value(other)
        data = self.data + other.data
        return Value(data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = as_value(other)
        data = self.data * other.data
        return Value(data, ((self, other.data), (other, self.data)))

    def __pow__(self, n):
        return Value(self.data**n, ((self, n * self.data ** (n - 1)),))

    def tanh(self):
        t = math.tanh(self.data)
        return Value(t, ((self, 1 - t**2),))

    def exp(self):
        e = math.exp(self.data)
        return Value(e, ((self, e),))

    def relu(self):
        on = float(self.data > 0)
        return Value(on * self.data, ((self, on),))

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -as_value(other)

    def __truediv__(self, other):
        other = as_value(other)
        return Value(
            self.data / other.data,
            ((self, 1 / other.data), (other, -1 / other.data)),
        )

    def __radd__(self, other):
        return self + other

    def __rsub__(self, other):
        return as_value(other) - self

    def __rmul__(self, other):
        return self * other

    def __rtruediv__(self, other):
        return as_value(other) / self

    def backward(self):
        order = family(self)
        for value in order:
            if value.parents:
                value.grad = 0.0
        self.grad = 1.0
        for value in reversed(order):
            for parent, slope in value.parents:
                parent.grad += slope * value.grad


def as_value(x):
    return x if isinstance(x, Value) else Value(x)


def family(last):
    """All values behind `last`, parents before children."""
    order, known, stack = [], set(), [(last, False)]
    while stack:
        value, complete = stack.pop()
        if complete:
            order.append(value)
        elif id(value) not in known:
            known.add(id(value))
            stack.append((value, True))
            stack += [(parent, False) for parent, _ in value.parents]
    return order


# %% wrong: power_keeps_its_exponent
# why: n x^n
# says: The slope of x ** n
import math


class Value:
    """A number that knows how it was made.

    >>> x = Value(3.0)
    >>> y = x * x
    >>> y.backward()
    >>> x.grad
    6.0
    """

    def __init__(self, data, parents=()):
        self.data, self.grad = float(data), 0.0
        self.parents = parents  # pairs (value, slope)

    def __add__(self, other):
        other = as_value(other)
        data = self.data + other.data
        return Value(data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = as_value(other)
        data = self.data * other.data
        return Value(data, ((self, other.data), (other, self.data)))

    def __pow__(self, n):
        return Value(self.data**n, ((self, n * self.data**n),))

    def tanh(self):
        t = math.tanh(self.data)
        return Value(t, ((self, 1 - t**2),))

    def exp(self):
        e = math.exp(self.data)
        return Value(e, ((self, e),))

    def relu(self):
        on = float(self.data > 0)
        return Value(on * self.data, ((self, on),))

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -as_value(other)

    def __truediv__(self, other):
        return self * as_value(other) ** -1

    def __radd__(self, other):
        return self + other

    def __rsub__(self, other):
        return as_value(other) - self

    def __rmul__(self, other):
        return self * other

    def __rtruediv__(self, other):
        return as_value(other) / self

    def backward(self):
        order = family(self)
        for value in order:
            if value.parents:
                value.grad = 0.0
        self.grad = 1.0
        for value in reversed(order):
            for parent, slope in value.parents:
                parent.grad += slope * value.grad


def as_value(x):
    return x if isinstance(x, Value) else Value(x)


def family(last):
    """All values behind `last`, parents before children."""
    order, known, stack = [], set(), [(last, False)]
    while stack:
        value, complete = stack.pop()
        if complete:
            order.append(value)
        elif id(value) not in known:
            known.add(id(value))
            stack.append((value, True))
            stack += [(parent, False) for parent, _ in value.parents]
    return order


# %% wrong: slope_of_tanh
# why: 1 - t
# says: The slope of tanh
import math


class Value:
    """A number that knows how it was made.

    >>> x = Value(3.0)
    >>> y = x * x
    >>> y.backward()
    >>> x.grad
    6.0
    """

    def __init__(self, data, parents=()):
        self.data, self.grad = float(data), 0.0
        self.parents = parents  # pairs (value, slope)

    def __add__(self, other):
        other = as_value(other)
        data = self.data + other.data
        return Value(data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = as_value(other)
        data = self.data * other.data
        return Value(data, ((self, other.data), (other, self.data)))

    def __pow__(self, n):
        return Value(self.data**n, ((self, n * self.data ** (n - 1)),))

    def tanh(self):
        t = math.tanh(self.data)
        return Value(t, ((self, 1 - t),))

    def exp(self):
        e = math.exp(self.data)
        return Value(e, ((self, e),))

    def relu(self):
        on = float(self.data > 0)
        return Value(on * self.data, ((self, on),))

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -as_value(other)

    def __truediv__(self, other):
        return self * as_value(other) ** -1

    def __radd__(self, other):
        return self + other

    def __rsub__(self, other):
        return as_value(other) - self

    def __rmul__(self, other):
        return self * other

    def __rtruediv__(self, other):
        return as_value(other) / self

    def backward(self):
        order = family(self)
        for value in order:
            if value.parents:
                value.grad = 0.0
        self.grad = 1.0
        for value in reversed(order):
            for parent, slope in value.parents:
                parent.grad += slope * value.grad


def as_value(x):
    return x if isinstance(x, Value) else Value(x)


def family(last):
    """All values behind `last`, parents before children."""
    order, known, stack = [], set(), [(last, False)]
    while stack:
        value, complete = stack.pop()
        if complete:
            order.append(value)
        elif id(value) not in known:
            known.add(id(value))
            stack.append((value, True))
            stack += [(parent, False) for parent, _ in value.parents]
    return order


# %% wrong: slope_of_exp
# why: one
# says: The slope of exp
import math


class Value:
    """A number that knows how it was made.

    >>> x = Value(3.0)
    >>> y = x * x
    >>> y.backward()
    >>> x.grad
    6.0
    """

    def __init__(self, data, parents=()):
        self.data, self.grad = float(data), 0.0
        self.parents = parents  # pairs (value, slope)

    def __add__(self, other):
        other = as_value(other)
        data = self.data + other.data
        return Value(data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = as_value(other)
        data = self.data * other.data
        return Value(data, ((self, other.data), (other, self.data)))

    def __pow__(self, n):
        return Value(self.data**n, ((self, n * self.data ** (n - 1)),))

    def tanh(self):
        t = math.tanh(self.data)
        return Value(t, ((self, 1 - t**2),))

    def exp(self):
        e = math.exp(self.data)
        return Value(e, ((self, 1.0),))

    def relu(self):
        on = float(self.data > 0)
        return Value(on * self.data, ((self, on),))

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -as_value(other)

    def __truediv__(self, other):
        return self * as_value(other) ** -1

    def __radd__(self, other):
        return self + other

    def __rsub__(self, other):
        return as_value(other) - self

    def __rmul__(self, other):
        return self * other

    def __rtruediv__(self, other):
        return as_value(other) / self

    def backward(self):
        order = family(self)
        for value in order:
            if value.parents:
                value.grad = 0.0
        self.grad = 1.0
        for value in reversed(order):
            for parent, slope in value.parents:
                parent.grad += slope * value.grad


def as_value(x):
    return x if isinstance(x, Value) else Value(x)


def family(last):
    """All values behind `last`, parents before children."""
    order, known, stack = [], set(), [(last, False)]
    while stack:
        value, complete = stack.pop()
        if complete:
            order.append(value)
        elif id(value) not in known:
            known.add(id(value))
            stack.append((value, True))
            stack += [(parent, False) for parent, _ in value.parents]
    return order


# %% wrong: relu_always_on
# why: slope 1 everywhere
# says: The slope of relu
import math


class Value:
    """A number that knows how it was made.

    >>> x = Value(3.0)
    >>> y = x * x
    >>> y.backward()
    >>> x.grad
    6.0
    """

    def __init__(self, data, parents=()):
        self.data, self.grad = float(data), 0.0
        self.parents = parents  # pairs (value, slope)

    def __add__(self, other):
        other = as_value(other)
        data = self.data + other.data
        return Value(data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = as_value(other)
        data = self.data * other.data
        return Value(data, ((self, other.data), (other, self.data)))

    def __pow__(self, n):
        return Value(self.data**n, ((self, n * self.data ** (n - 1)),))

    def tanh(self):
        t = math.tanh(self.data)
        return Value(t, ((self, 1 - t**2),))

    def exp(self):
        e = math.exp(self.data)
        return Value(e, ((self, e),))

    def relu(self):
        on = float(self.data > 0)
        return Value(on * self.data, ((self, 1.0),))

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -as_value(other)

    def __truediv__(self, other):
        return self * as_value(other) ** -1

    def __radd__(self, other):
        return self + other

    def __rsub__(self, other):
        return as_value(other) - self

    def __rmul__(self, other):
        return self * other

    def __rtruediv__(self, other):
        return as_value(other) / self

    def backward(self):
        order = family(self)
        for value in order:
            if value.parents:
                value.grad = 0.0
        self.grad = 1.0
        for value in reversed(order):
            for parent, slope in value.parents:
                parent.grad += slope * value.grad


def as_value(x):
    return x if isinstance(x, Value) else Value(x)


def family(last):
    """All values behind `last`, parents before children."""
    order, known, stack = [], set(), [(last, False)]
    while stack:
        value, complete = stack.pop()
        if complete:
            order.append(value)
        elif id(value) not in known:
            known.add(id(value))
            stack.append((value, True))
            stack += [(parent, False) for parent, _ in value.parents]
    return order


# %% wrong: no_right_hand_operators
# why: 2 - v is v - 2
# says: 2 - x is not x - 2
import math


class Value:
    """A number that knows how it was made.

    >>> x = Value(3.0)
    >>> y = x * x
    >>> y.backward()
    >>> x.grad
    6.0
    """

    def __init__(self, data, parents=()):
        self.data, self.grad = float(data), 0.0
        self.parents = parents  # pairs (value, slope)

    def __add__(self, other):
        other = as_value(other)
        data = self.data + other.data
        return Value(data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = as_value(other)
        data = self.data * other.data
        return Value(data, ((self, other.data), (other, self.data)))

    def __pow__(self, n):
        return Value(self.data**n, ((self, n * self.data ** (n - 1)),))

    def tanh(self):
        t = math.tanh(self.data)
        return Value(t, ((self, 1 - t**2),))

    def exp(self):
        e = math.exp(self.data)
        return Value(e, ((self, e),))

    def relu(self):
        on = float(self.data > 0)
        return Value(on * self.data, ((self, on),))

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -as_value(other)

    def __truediv__(self, other):
        return self * as_value(other) ** -1

    def __radd__(self, other):
        return self + other

    def __rsub__(self, other):
        return self - other

    def __rmul__(self, other):
        return self * other

    def __rtruediv__(self, other):
        return as_value(other) / self

    def backward(self):
        order = family(self)
        for value in order:
            if value.parents:
                value.grad = 0.0
        self.grad = 1.0
        for value in reversed(order):
            for parent, slope in value.parents:
                parent.grad += slope * value.grad


def as_value(x):
    return x if isinstance(x, Value) else Value(x)


def family(last):
    """All values behind `last`, parents before children."""
    order, known, stack = [], set(), [(last, False)]
    while stack:
        value, complete = stack.pop()
        if complete:
            order.append(value)
        elif id(value) not in known:
            known.add(id(value))
            stack.append((value, True))
            stack += [(parent, False) for parent, _ in value.parents]
    return order


# %% wrong: starts_anew
# why: the second call sets inputs to 0
# says: The second call starts the inputs from 0
import math


class Value:
    """A number that knows how it was made.

    >>> x = Value(3.0)
    >>> y = x * x
    >>> y.backward()
    >>> x.grad
    6.0
    """

    def __init__(self, data, parents=()):
        self.data, self.grad = float(data), 0.0
        self.parents = parents  # pairs (value, slope)

    def __add__(self, other):
        other = as_value(other)
        data = self.data + other.data
        return Value(data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = as_value(other)
        data = self.data * other.data
        return Value(data, ((self, other.data), (other, self.data)))

    def __pow__(self, n):
        return Value(self.data**n, ((self, n * self.data ** (n - 1)),))

    def tanh(self):
        t = math.tanh(self.data)
        return Value(t, ((self, 1 - t**2),))

    def exp(self):
        e = math.exp(self.data)
        return Value(e, ((self, e),))

    def relu(self):
        on = float(self.data > 0)
        return Value(on * self.data, ((self, on),))

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -as_value(other)

    def __truediv__(self, other):
        return self * as_value(other) ** -1

    def __radd__(self, other):
        return self + other

    def __rsub__(self, other):
        return as_value(other) - self

    def __rmul__(self, other):
        return self * other

    def __rtruediv__(self, other):
        return as_value(other) / self

    def backward(self):
        order = family(self)
        for value in order:
            value.grad = 0.0
        self.grad = 1.0
        for value in reversed(order):
            for parent, slope in value.parents:
                parent.grad += slope * value.grad


def as_value(x):
    return x if isinstance(x, Value) else Value(x)


def family(last):
    """All values behind `last`, parents before children."""
    order, known, stack = [], set(), [(last, False)]
    while stack:
        value, complete = stack.pop()
        if complete:
            order.append(value)
        elif id(value) not in known:
            known.add(id(value))
            stack.append((value, True))
            stack += [(parent, False) for parent, _ in value.parents]
    return order


# %% wrong: inner_values_keep_theirs
# why: nothing starts from 0
# says: Values made by operations start from 0
import math


class Value:
    """A number that knows how it was made.

    >>> x = Value(3.0)
    >>> y = x * x
    >>> y.backward()
    >>> x.grad
    6.0
    """

    def __init__(self, data, parents=()):
        self.data, self.grad = float(data), 0.0
        self.parents = parents  # pairs (value, slope)

    def __add__(self, other):
        other = as_value(other)
        data = self.data + other.data
        return Value(data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = as_value(other)
        data = self.data * other.data
        return Value(data, ((self, other.data), (other, self.data)))

    def __pow__(self, n):
        return Value(self.data**n, ((self, n * self.data ** (n - 1)),))

    def tanh(self):
        t = math.tanh(self.data)
        return Value(t, ((self, 1 - t**2),))

    def exp(self):
        e = math.exp(self.data)
        return Value(e, ((self, e),))

    def relu(self):
        on = float(self.data > 0)
        return Value(on * self.data, ((self, on),))

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -as_value(other)

    def __truediv__(self, other):
        return self * as_value(other) ** -1

    def __radd__(self, other):
        return self + other

    def __rsub__(self, other):
        return as_value(other) - self

    def __rmul__(self, other):
        return self * other

    def __rtruediv__(self, other):
        return as_value(other) / self

    def backward(self):
        order = family(self)
        self.grad = 1.0
        for value in reversed(order):
            for parent, slope in value.parents:
                parent.grad += slope * value.grad


def as_value(x):
    return x if isinstance(x, Value) else Value(x)


def family(last):
    """All values behind `last`, parents before children."""
    order, known, stack = [], set(), [(last, False)]
    while stack:
        value, complete = stack.pop()
        if complete:
            order.append(value)
        elif id(value) not in known:
            known.add(id(value))
            stack.append((value, True))
            stack += [(parent, False) for parent, _ in value.parents]
    return order
