"""Sizes, counts and pictures; the network and its training are in training.py."""
import math

import keras
import numpy as np


def output_shape(x, y, z, k, p, s):
    if k < 1:
        raise ValueError("k doit etre >= 1")
    if s < 1:
        raise ValueError("s doit etre >= 1")
    if p < 0:
        raise ValueError("p doit etre >= 0")
    if k > x + 2 * p or k > y + 2 * p:
        raise ValueError("le filtre ne tient pas")
    hauteur = math.floor((x + 2 * p - k) / s) + 1
    largeur = math.floor((y + 2 * p - k) / s) + 1
    return [hauteur, largeur, 1]


def param_count(x, y, z, k, p, s, use_bias=True):
    n = 0
    for _ in range(z):
        n = n + k**2
    if use_bias:
        n = n + 1
    return n


def dense_equivalent_param_count(x, y, z, k, p, s, use_bias=True):
    h, l, _ = output_shape(x, y, z, k, p, s)
    sorties = h * l
    entrees = x * y * z
    total = entrees * sorties
    if use_bias == True:
        total += sorties
    return total


def receptive_field(layers):
    if not layers:
        return 1
    (k, s), rest = layers[0], layers[1:]
    return (receptive_field(rest) - 1) * s + k


def dense_as_convolution(kernel, bias, input_shape):
    return kernel.reshape(list(input_shape) + [kernel.shape[1]]), bias


def normalize(X, mean, std):
    return ((X.astype("float32") / 255 - np.float32(mean)) / np.float32(std)).astype("float32")


def random_crop_flip(images, rng, size=28):
    n, h, w, c = images.shape
    if not 0 < size <= min(h, w):
        raise ValueError("size")

    def one(image):
        r, q = rng.choice(h - size + 1), rng.choice(w - size + 1)
        piece = image[r : r + size, q : q + size]
        return piece[:, ::-1] if rng.choice([True, False]) else piece

    return np.stack([one(image) for image in images])


def center_crop(images, size=28):
    a, b = ((side - size) / 2 for side in images.shape[1:3])
    return images[:, int(a) : int(a) + size, int(b) : int(b) + size, :]
