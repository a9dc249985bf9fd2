"""zca_whiten: correlated images, whitened by what is fitted on others; known wrong transforms are named."""

from __future__ import annotations

import numpy as np

from autograder.student import Student
from autograder.suite import check, question
from shared.assertions import expect_array, expect_shape
from shared.text import Text

WHITEN = "zca_whiten(X_train, X)"


SHAPE = (3, 2, 3)


def correlated(n: int, seed: int) -> np.ndarray:
    """Return images with neighbouring pixels alike, of mean 0.3 and deviation about 1: float64 (n, 3, 2, 3)."""
    size = int(np.prod(SHAPE))
    mixing = np.random.default_rng(1).normal(size=(size, size)) / np.sqrt(size)
    drawn = np.random.default_rng(seed).normal(size=(n, size)) @ mixing
    images: np.ndarray = drawn.reshape(n, *SHAPE) + np.linspace(0.1, 0.5, size).reshape(SHAPE)
    return images


def whitening(X_train: np.ndarray, X: np.ndarray, epsilon: float, kind: str = "zca") -> np.ndarray:
    """Whiten, rightly or as a known mistake does."""
    flat = X_train.reshape(len(X_train), -1).astype(np.float64)
    mean = np.zeros(flat.shape[1]) if kind == "uncentred" else flat.mean(axis=0)
    values, vectors = np.linalg.eigh((flat - mean).T @ (flat - mean) / len(flat))
    factors = 1 / (np.sqrt(np.maximum(values, 0)) + epsilon if kind == "outside" else np.sqrt(values + epsilon))
    if kind == "unrooted":
        factors = 1 / (values + epsilon)
    transform = vectors * factors @ (np.eye(len(values)) if kind == "pca" else vectors.T)
    offset = X.reshape(len(X), -1).mean(axis=0) if kind == "own mean" else mean
    found: np.ndarray = ((X.reshape(len(X), -1) - offset) @ transform).reshape(X.shape)
    return found


MISTAKES = (
    (
        "pca",
        Text("this is PCA whitening: turn back with the eigenvectors", "c'est le blanchiment ACP : revenez à la base"),
    ),
    ("outside", Text("epsilon is added under the root", "epsilon s'ajoute sous la racine")),
    ("unrooted", Text("the root of the eigenvalues is missing", "il manque la racine des valeurs propres")),
    ("uncentred", Text("the images are not centred first", "les images ne sont pas d'abord centrées")),
    ("own mean", Text("centre X by the training images' mean", "centrez X par la moyenne d'entraînement")),
)


def expect_whitened(student: Student, epsilon: float | None) -> None:
    """Expect new images whitened by what is fitted on the training images; None leaves epsilon at its default."""
    X_train, X = correlated(3000, 3), correlated(40, 4) * 1.5 + 0.2
    options = {} if epsilon is None else {"epsilon": epsilon}
    used = 1e-2 if epsilon is None else epsilon
    value = student.zca_whiten(X_train, X, **options)
    call = WHITEN if epsilon is None else f"zca_whiten(X_train, X, epsilon={epsilon:g})"
    expect_shape(value, X.shape, call=call, what=Text("the shape of X", "la forme de X"))
    expect_array(
        value,
        whitening(X_train, X, used),
        call=call,
        rtol=5e-3,  # the covariance may be divided by n or by n - 1
        atol=2e-3,
        what=Text("V diag(1 / sqrt(eigenvalue + epsilon)) V'", "V diag(1 / sqrt(valeur propre + epsilon)) V'"),
        mistakes=(
            *((whitening(X_train, X, used, kind), words) for kind, words in MISTAKES),
            (whitening(X, X, used), Text("fitted on X, not on X_train", "ajusté sur X, non sur X_train")),
            (whitening(X_train, X, 1e-2), Text("the argument epsilon is not used", "l'argument epsilon ne sert pas")),
            (whitening(X_train, X, 0.0), Text("epsilon is left out", "epsilon est oublié")),
        ),
    )


@question("zca_whiten")
@check("identity", en="The covariance becomes the identity", fr="La covariance devient l'identité")
def test_identity(student: Student) -> None:
    """On data of unit scale the whitened training images have hardly any correlation left."""
    X = np.random.default_rng(5).normal(size=(4000, 2, 3, 1))
    X[:, 1] = 0.6 * X[:, 0] + 0.8 * X[:, 1]
    value = student.zca_whiten(X, X)
    expect_shape(value, X.shape, call="zca_whiten(X, X)", what=Text("the shape of X", "la forme de X"))
    # With the default epsilon the variances are v / (v + 0.01): 0.97 where v is 0.4, the smallest eigenvalue here.
    expect_array(
        np.cov(np.asarray(value).reshape(4000, -1).T),
        np.eye(6),
        call="covariance of zca_whiten(X, X)",
        rtol=0,
        atol=0.06,
        what=Text("close to the identity", "proche de l'identité"),
    )


@question("zca_whiten")
@check(
    "values",
    en="New images, fitted on the training images",
    fr="Nouvelles images, ajustement sur l'entraînement",
    weight=2,
)
def test_whitened(student: Student) -> None:
    """Other images are centred and transformed by what was fitted on the training images."""
    expect_whitened(student, None)


@question("zca_whiten")
@check("epsilon", en="epsilon under the root", fr="epsilon sous la racine")
def test_epsilon(student: Student) -> None:
    """Another epsilon is honoured."""
    expect_whitened(student, 0.3)
