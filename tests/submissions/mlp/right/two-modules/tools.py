"""Classes that the lab's functions are thin wrappers of."""

import copy

import numpy as np


class Activation:
    """A function of one array, numbers included."""

    def __init__(self, positive, negative):
        self.positive, self.negative = positive, negative

    def __call__(self, z):
        z = np.asarray(z)
        shape = z.shape
        flat = z.reshape(-1).astype(float)
        out = np.empty_like(flat)
        up = flat >= 0
        out[up] = self.positive(flat[up])
        out[~up] = self.negative(flat[~up])
        return out.reshape(shape)


class Rule:
    """An update rule with a state."""

    def __init__(self, **state):
        self.__dict__.update(copy.deepcopy(state))


class Adam(Rule):
    """The paper's algorithm."""

    def step(self, w, g):
        self.m = np.average([self.m, g], axis=0, weights=[self.b1, 1 - self.b1])
        self.v = np.average([self.v, g**2], axis=0, weights=[self.b2, 1 - self.b2])
        m_hat = self.m / -np.expm1(self.t * np.log(self.b1))
        v_hat = self.v / -np.expm1(self.t * np.log(self.b2))
        return w - self.lr * m_hat / (np.sqrt(v_hat) + self.eps)


class Mask:
    """Bernoulli masks, scaled."""

    def __init__(self, rate, rng):
        if not 0.0 <= rate < 1.0:
            raise ValueError("rate must be in [0, 1)")
        self.rate, self.rng = rate, rng

    def __call__(self, array):
        keep = self.rng.permutation(np.arange(array.size) >= round(self.rate * array.size)).reshape(array.shape)
        return np.where(keep, array / (1.0 - self.rate), 0.0)


class History:
    """Where gradient descent has been."""

    def __init__(self, start):
        self.places = [start]

    @property
    def here(self):
        return self.places[-1]

    def move(self, step):
        self.places.append(self.here + step)
