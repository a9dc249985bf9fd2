"""The functional API, "sgd" by its name, keys asked for before they are read, a figure made without pyplot."""

import os

import h5py
import keras
import numpy as np
from matplotlib.figure import Figure

N_CLASSES = 6


def read(path, prefix):
    if not os.path.exists(path):
        raise FileNotFoundError(path)
    with h5py.File(path, mode="r") as file:
        missing = {f"{prefix}_set_x", f"{prefix}_set_y"} - set(file.keys())
        if missing:
            raise ValueError(f"{os.path.basename(path)} lacks {sorted(missing)}")
        x = np.array(file[f"{prefix}_set_x"], dtype=np.float32)
        y = np.array(file[f"{prefix}_set_y"])
        classes = file["list_classes"][()].tolist()
    x /= np.float32(255)
    return (x, one_hot(y, N_CLASSES)), classes


def load_signs(train_path, test_path):
    train, classes = read(train_path, "train")
    test, _ = read(test_path, "test")
    return train, test, classes


def one_hot(labels, num_classes):
    labels = np.ravel(labels)
    if np.any(labels < 0) or np.any(labels >= num_classes):
        raise ValueError("label out of range")
    return keras.utils.to_categorical(labels, num_classes)


def value_range(images):
    return images.min().astype(float), images.max().astype(float)


def signs_model():
    inputs = keras.Input(shape=(64, 64, 3), name="hand")
    x = keras.layers.Conv2D(filters=32, kernel_size=(3, 3), activation="relu", name="edges")(inputs)
    x = keras.layers.Conv2D(filters=32, kernel_size=(3, 3), activation="relu", name="parts")(x)
    x = keras.layers.MaxPool2D(pool_size=(2, 2))(x)
    x = keras.layers.Flatten()(x)
    outputs = keras.layers.Dense(6, activation="softmax", name="digit")(x)
    model = keras.Model(inputs, outputs, name="signs")
    model.compile("sgd", "categorical_crossentropy", metrics=["acc"])
    return model


def train_signs(model, X_train, Y_train, X_test, Y_test, epochs=100, batch_size=32):
    return model.fit(
        x=X_train, y=Y_train, validation_data=(X_test, Y_test), epochs=epochs, batch_size=batch_size, verbose=2
    )


def predict_digit(model, image):
    batch = image[None].astype("float32")
    if image.dtype == "uint8":
        batch = batch / 255
    probabilities = model.predict(batch, verbose=0).ravel()
    return probabilities.argmax(), probabilities.max()


def save_weights(model, path):
    if path[-11:] != ".weights.h5":
        raise ValueError("the path must end in .weights.h5, got " + path)
    model.save_weights(path, overwrite=True)
    return path


def load_weights(model, path):
    if path[-11:] != ".weights.h5":
        raise ValueError("the path must end in .weights.h5, got " + path)
    model.load_weights(path)
    return model


def plot_history(history):
    figure = Figure(figsize=(9, 3.5))
    left, right = figure.subplots(1, 2)
    for axes, name in ((left, "loss"), (right, "accuracy")):
        axes.plot(history.epoch, history.history[name], label="train")
        axes.plot(history.epoch, history.history["val_" + name], "--", label="test")
        axes.set_title(name)
    figure.legend(*left.get_legend_handles_labels(), loc="upper right")
    return figure
